import { basename } from 'node:path'
import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { Resources } from '../../store/resources.ts'
import { readCompute } from '../computes/compute.ts'
import type { Deps } from '../deps.ts'
import type { JobSubmission } from '../runs/submit-job.ts'
import { asCommand } from './parallel-command.ts'
import { parallelSettings } from './parallel-settings.ts'
import { resolveCompute } from './resolve-compute.ts'
import { checkBlanks } from './resolve-inputs.ts'
import { type JobRequest, resolveJob } from './resolve-job.ts'

/**
 * A parallel job as it is handed over: a command job whose command is the driver of `python/parallel`.
 *
 * Its nodes are slots of one machine, so all of its worker processes run on one of them, as many as on all together.
 *
 * @throws JobInvalid, and what a reference is refused with
 */
export async function resolveParallel(
  deps: Pick<Deps, 'store' | 'engines'>,
  { workspace, name, properties }: JobRequest,
): Promise<JobSubmission> {
  const settings = parallelSettings(properties)
  checkBlanks(settings.programArguments, properties)
  await demandNodes(deps.store.resources, workspace, {
    compute: textAt(properties.computeId),
    count: settings.instanceCount,
  })
  const submission = await resolveJob(deps, {
    workspace,
    name,
    properties: {
      ...asCommand(properties),
      inputs: withBytes(objectAt(properties.inputs), settings.input),
      resources: { ...objectAt(properties.resources), instanceCount: 1 },
    },
  })
  const model = submission.spec.inputs.find(({ name }) => name === settings.model)
  const modelFolder = model?.source && basename(model.source.path)
  return {
    ...submission,
    spec: {
      ...submission.spec,
      driver: { name: 'parallel', settings: { ...settings, ...(modelFolder && { modelFolder }) } },
    },
  }
}

/** @throws JobInvalid where a compute never has as many nodes, and what naming none is refused with */
export async function demandNodes(
  resources: Resources,
  workspace: string,
  { compute: named, count }: { readonly compute: string | undefined; readonly count: number },
): Promise<void> {
  const compute = await resolveCompute(resources, workspace, named)
  const maxNodes = compute && readCompute(compute.body).maxNodes
  if (maxNodes !== undefined && count > maxNodes)
    throw fault('JobInvalid', { reason: `The job asks for ${count} nodes, and its compute has ${maxNodes} at most.` })
}

/** @throws JobInvalid: Azure has no parallel jobs but as steps */
export async function refuseParallelAlone(): Promise<void> {
  throw fault('JobInvalid', { reason: 'A parallel job can only be a step of a pipeline job.' })
}

/** The input that is split is read by the driver, which needs its bytes where Azure's reads them by their address. */
function withBytes(inputs: JsonObject, name: string): JsonObject {
  const input = inputs[name]
  const mode = isObject(input) ? textAt(input.mode)?.toLowerCase() : undefined
  return isObject(input) && mode !== 'download' ? { ...inputs, [name]: { ...input, mode: 'ReadOnlyMount' } } : inputs
}
