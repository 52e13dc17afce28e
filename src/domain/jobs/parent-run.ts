import { fault } from '../../faults.ts'
import { type JsonObject, textAt } from '../../json.ts'
import type { Run } from '../../store/runs.ts'
import type { Repositories } from '../../store/store.ts'

/**
 * The run that a job asks to be a child of (`parentJobName`); undefined where it asks for none. Any run of the workspace
 * may be one that says itself what its children are: a job that submits further ones, or a run of MLflow's.
 *
 * @throws JobInvalid
 */
export async function parentRun(
  { runs }: Pick<Repositories, 'runs'>,
  workspace: string,
  job: JsonObject,
): Promise<Run | undefined> {
  const name = textAt(job.parentJobName)
  if (!name) return undefined
  const refuse = (reason: string) => fault('JobInvalid', { reason }, { target: 'properties.parentJobName' })
  const parent = await runs.get(workspace, name)
  if (!parent || parent.deletedAt !== undefined)
    throw refuse(`The job '${name}', which parentJobName names, is not there.`)
  if (own.has(parent.kind))
    throw refuse(`The job '${name}' is a ${parent.kind} job: its children are what it begins itself.`)
  return parent
}

/** A sweep judges all that it has, and a pipeline ends when all of it has. */
const own: ReadonlySet<string> = new Set(['sweep', 'pipeline'])
