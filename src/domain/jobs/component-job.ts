import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { Deps } from '../deps.ts'
import { findComponent } from '../pipelines/component.ts'
import { stepInputs } from '../pipelines/step-inputs.ts'
import { stepJob } from '../pipelines/step-job.ts'
import type { JobRequest } from './resolve-job.ts'

/**
 * A job that names a component instead of a command, as the job that it means; any other job as it is.
 *
 * @throws JobInvalid, and what a reference is refused with
 */
export async function withComponent(deps: Pick<Deps, 'store' | 'blobs'>, request: JobRequest): Promise<JobRequest> {
  const { workspace, name, properties } = request
  const reference = textAt(properties.componentId)
  if (!reference || textAt(properties.command)) return request
  const component = await findComponent(deps.store, workspace, reference)
  const given = objectAt(properties.inputs)
  const inputs = await stepInputs({ ...deps, workspace, inputs: {}, outputOf: async () => undefined }, name, {
    component,
    given: withSnakeCase(given),
  })
  const job = stepJob({
    name,
    planned: { kind: 'command', node: { outputs: {} }, after: [], component },
    settings: { continueOnStepFailure: false, forceRerun: false },
    computeId: textAt(properties.computeId) ?? textAt(component.spec.compute),
    inputs,
    pipelineOutputs: {},
  })
  const own = Object.fromEntries(
    Object.entries(properties).filter(([, value]) => value !== null && value !== undefined),
  )
  return {
    ...request,
    properties: {
      ...job,
      ...own,
      inputs,
      outputs: { ...objectAt(job.outputs), ...objectAt(properties.outputs) },
      environmentVariables: { ...objectAt(job.environmentVariables), ...objectAt(properties.environmentVariables) },
    },
  }
}

/** A job's inputs as a node's. */
const withSnakeCase = (inputs: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => {
      const { jobInputType, ...rest } = objectAt(input)
      return [name, { ...rest, job_input_type: jobInputType }]
    }),
  )
