import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, plainText, textAt } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { Reads } from '../datastores/resolve-uri.ts'

/** The job whose steps a pipeline component is to have, by id, by name or as `azureml:name`. */
export const sourceJob = (spec: JsonObject): string | undefined =>
  textAt(spec.sourceJobId)?.replace(/^.*[/:]/, '') || undefined

/**
 * A component's specification with the steps of the job that it was made of: what the job was given becomes the default
 * of its inputs.
 *
 * @throws AssetInvalid where there is no such pipeline
 */
export async function componentOfJob(from: Reads, workspace: string, spec: JsonObject): Promise<JsonObject> {
  const name = sourceJob(spec)
  if (name === undefined) return spec
  const run = await from.runs.get(foldId(workspace), name)
  const refuse = (why: string) =>
    fault('AssetInvalid', { reason: `The component can't be made of the job '${name}': ${why}.` })
  if (!run?.job) throw refuse('there is no such job')
  if (run.kind !== 'pipeline') throw refuse(`it is a ${run.kind} job, and only pipelines have steps`)
  return {
    ...spec,
    jobs: run.job.jobs,
    settings: objectAt(run.job.settings),
    inputs: ports(run.job.inputs, (input) =>
      input.jobInputType === 'literal'
        ? { type: typeOf(plainText(input.value)), default: plainText(input.value) }
        : { type: input.jobInputType, default: input.uri },
    ),
    outputs: ports(run.job.outputs, (output) => ({ type: output.jobOutputType })),
  }
}

const ports = (sent: JsonObject[string], port: (job: JsonObject) => JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(objectAt(sent)).flatMap(([name, value]) =>
      name === 'default' ? [] : [[name, port(objectAt(value))]],
    ),
  )

const typeOf = (value: string): string =>
  /^[+-]?\d+$/.test(value)
    ? 'integer'
    : /^(true|false)$/i.test(value)
      ? 'boolean'
      : value.trim() !== '' && !Number.isNaN(Number(value))
        ? 'number'
        : 'string'
