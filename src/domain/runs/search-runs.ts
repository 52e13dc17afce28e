import { fault } from '../../faults.ts'
import type { FindRuns, Run } from '../../store/runs.ts'
import type { Page, Repositories } from '../../store/store.ts'
import { type Comparison, type Entity, matches } from '../search/filter.ts'
import { type OrderBy, sorted } from '../search/order.ts'
import { jobKinds } from './job-runs.ts'
import { mlflowStatus } from './run-states.ts'

export interface SearchRuns {
  readonly find: Omit<FindRuns, 'after' | 'limit' | 'oldestFirst'>
  readonly filter: readonly Comparison[]
  readonly order: readonly OrderBy[]
  readonly limit: number
  /** A `next` of an earlier page of the same search. */
  readonly after?: string
}

const CHUNK = 500

/** What a search means by runs, unless it names kinds. */
const runKinds: readonly string[] = ['interactive', ...jobKinds]

/** Attributes of a run by MLflow's and run history's names. */
const attributes: Readonly<Record<string, (run: Run) => string | number | undefined>> = {
  run_id: ({ id }) => id,
  runid: ({ id }) => id,
  run_name: ({ displayName }) => displayName,
  'run name': ({ displayName }) => displayName,
  displayname: ({ displayName }) => displayName,
  name: ({ displayName }) => displayName,
  user_id: ({ createdBy }) => createdBy.name,
  status: ({ status }) => mlflowStatus(status),
  azure_status: ({ status }) => status,
  parentrunid: ({ parentId }) => parentId,
  rootrunid: ({ rootId }) => rootId,
  hidden: ({ hidden }) => String(hidden),
  start_time: ({ startedAt, createdAt }) => Date.parse(startedAt ?? createdAt),
  model_id: ({ id }) => id,
  creation_timestamp: ({ createdAt }) => Date.parse(createdAt),
  creation_timestamp_ms: ({ createdAt }) => Date.parse(createdAt),
  source_run_id: ({ properties }) => properties['mlflow.sourceRunId'],
  created: ({ createdAt }) => Date.parse(createdAt),
  end_time: ({ endedAt }) => (endedAt === undefined ? undefined : Date.parse(endedAt)),
  createdutc: ({ createdAt }) => createdAt,
  starttimeutc: ({ startedAt }) => startedAt,
  endtimeutc: ({ endedAt }) => endedAt,
  runnumber: ({ number }) => number,
  experimentid: ({ experimentId }) => experimentId,
}

/**
 * Runs that satisfy a filter, a page at a time: newest first unless an order is given. A filter is applied while the
 * runs are read, so that a search without an order of its own reads no further than its page.
 *
 * @throws ParameterInvalid for an attribute that runs do not have
 */
export async function searchRuns(from: Repositories, workspace: string, search: SearchRuns): Promise<Page<Run>> {
  const { filter, order } = search
  for (const { entity, key } of [...filter, ...order]) {
    if (entity === 'attributes' && !(key.toLowerCase() in attributes)) {
      throw fault('ParameterInvalid', { reason: `Invalid attribute key '${key}' specified.` })
    }
  }
  const bounded = { ...search, find: { kinds: runKinds, ...search.find } }
  return order.length > 0 ? await ordered(from, workspace, bounded) : await newestFirst(from, workspace, bounded)
}

/** Goes through the runs in chunks; the key of a page is that of its last chunk and how much of that was used. */
async function newestFirst(from: Repositories, workspace: string, search: SearchRuns): Promise<Page<Run>> {
  const found: Run[] = []
  const [start = '', used = '0'] = search.after?.split(':') ?? []
  let after = start
  let skip = Number(used)
  const limit = search.filter.length === 0 ? search.limit + 1 : CHUNK
  for (;;) {
    const page = await from.runs.find(workspace, { ...search.find, limit, ...(after && { after }) })
    for (const [at, run] of page.items.entries()) {
      if (at < skip || !(await satisfies(from, run, search))) continue
      if (found.length === search.limit) return { items: found, next: `${after}:${at}` }
      found.push(run)
    }
    if (page.next === undefined) return { items: found }
    after = page.next
    skip = 0
  }
}

async function ordered(from: Repositories, workspace: string, search: SearchRuns): Promise<Page<Run>> {
  const found: { run: Run; metrics: ReadonlyMap<string, number> }[] = []
  for (const run of (await from.runs.find(workspace, search.find)).items) {
    const metrics = await metricsOf(from, run, search)
    if (matches(search.filter, reader(run, metrics))) found.push({ run, metrics })
  }
  const inOrder = sorted(found, search.order, ({ run, metrics }, entity, key) => reader(run, metrics)(entity, key))
  const start = Number(search.after ?? 0)
  const items = inOrder.slice(start, start + search.limit).map(({ run }) => run)
  const end = start + items.length
  return { items, ...(end < inOrder.length && { next: String(end) }) }
}

const satisfies = async (from: Repositories, run: Run, search: SearchRuns): Promise<boolean> =>
  matches(search.filter, reader(run, await metricsOf(from, run, search)))

async function metricsOf(
  from: Repositories,
  run: Run,
  { filter, order }: SearchRuns,
): Promise<ReadonlyMap<string, number>> {
  const asked = [...filter, ...order].some(({ entity }) => entity === 'metrics')
  const points = asked ? await from.runs.latestMetrics(run.workspace, run.id) : []
  return new Map(points.map(({ key, value }) => [key, value]))
}

const reader =
  (run: Run, metrics: ReadonlyMap<string, number>) =>
  (entity: Entity, key: string): string | number | undefined => {
    if (entity === 'metrics') return metrics.get(key)
    if (entity === 'params') return run.params[key]
    if (entity === 'tags') return run.tags[key]
    return attributes[key.toLowerCase()]?.(run)
  }
