import { randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import { finalStatuses, type Run, type RunStatus } from '../../store/runs.ts'
import type { Deps } from '../deps.ts'
import { findRun, type RunPath } from './find-run.ts'
import { moved } from './run-states.ts'

export interface RunChange {
  readonly displayName?: string
  readonly description?: string
  /** Replaces the tags, as run history's PATCH of a run does for the keys that it names. */
  readonly tags?: Readonly<Record<string, string>>
  readonly removeTags?: readonly string[]
  readonly properties?: Readonly<Record<string, string>>
  /** Archived, or brought back. */
  readonly hidden?: boolean
  /** Only for a run whose work is done elsewhere. */
  readonly status?: RunStatus
  readonly startedAt?: string
  readonly endedAt?: string
  readonly deleted?: boolean
  /** Datasets to add; one that stands there to the letter is not added again. */
  readonly addDatasets?: readonly JsonObject[]
  readonly addModels?: NonNullable<Run['models']>
  readonly addWarnings?: Run['warnings']
  readonly error?: NonNullable<Run['error']>
  /** What run history's clients report beyond what is known of runs here; keys that it names are replaced. */
  readonly reported?: JsonObject
  readonly removeServices?: readonly string[]
  readonly addParams?: Readonly<Record<string, string>>
}

/**
 * Changes a run.
 *
 * @throws RunNotFound, RunIsAJob where a status is set on a job, RunFinished where an ended run would begin again
 */
export async function changeRun(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  workspace: string,
  request: RunChange & { readonly path: RunPath },
): Promise<Run> {
  const at = now().toISOString()
  return await store.write(async (within) => {
    const run = await findRun(within, workspace, request.path)
    const changed = { ...described(withStatus(run, request, at), request, at), etag: randomUUID() }
    await within.runs.put(changed)
    return changed
  })
}

function described(run: Run, change: RunChange, at: string): Run {
  const tags = { ...run.tags, ...change.tags }
  for (const tag of change.removeTags ?? []) delete tags[tag]
  const { deletedAt, ...live } = run
  const deleted = change.deleted ?? deletedAt !== undefined
  return {
    ...live,
    ...(change.displayName && { displayName: change.displayName }),
    ...(change.description !== undefined && { description: change.description }),
    tags,
    properties: { ...run.properties, ...change.properties },
    ...(change.hidden !== undefined && { hidden: change.hidden }),
    ...(deleted && { deletedAt: deletedAt ?? at }),
    ...(change.addWarnings && { warnings: [...run.warnings, ...change.addWarnings] }),
    ...(change.error && { error: change.error }),
    ...((change.reported || change.removeServices) && { reported: reportedOf(run, change) }),
    ...(change.addModels && { models: [...(run.models ?? []), ...change.addModels] }),
    ...(change.addParams && { params: { ...run.params, ...change.addParams } }),
    ...(change.addDatasets && { datasets: united(run.datasets ?? [], change.addDatasets) }),
  }
}

/** Services, and those of nodes, are added to one by one; the rest is replaced. */
function reportedOf(run: Run, { reported = {}, removeServices = [] }: RunChange): JsonObject {
  const services = { ...objectAt(run.reported?.services), ...objectAt(reported.services) }
  for (const name of removeServices) delete services[name]
  const nodes = objectAt(run.reported?.instances)
  const told = Object.entries(objectAt(reported.instances))
  const instances = {
    ...nodes,
    ...Object.fromEntries(told.map(([node, of]) => [node, { ...objectAt(nodes[node]), ...objectAt(of) }])),
  }
  return {
    ...run.reported,
    ...reported,
    ...(Object.keys(services).length > 0 || run.reported?.services ? { services } : {}),
    ...(Object.keys(instances).length > 0 && { instances }),
  }
}

function united(known: readonly JsonObject[], added: readonly JsonObject[]): readonly JsonObject[] {
  const there = new Set(known.map((one) => JSON.stringify(one)))
  return [...known, ...added.filter((one) => !there.has(JSON.stringify(one)))]
}

function withStatus(run: Run, { status, startedAt, endedAt }: RunChange, at: string): Run {
  if (status === undefined || status === run.status) return startedAt ? { ...run, startedAt } : run
  if (run.job) throw fault('RunIsAJob', { run: run.id })
  // MLflow reopens an ended run with RUNNING to log more to it; run history's clients never do.
  const open: Run = finalStatuses.has(run.status) ? { ...run, status: 'NotStarted' } : run
  const next = moved(open, status, finalStatuses.has(status) ? (endedAt ?? at) : (startedAt ?? at))
  if (next.status !== status) throw fault('RunFinished', { run: run.id, status: run.status, wanted: status })
  const { endedAt: ended, ...going } = next
  return finalStatuses.has(status) ? { ...going, endedAt: endedAt ?? ended ?? at } : going
}
