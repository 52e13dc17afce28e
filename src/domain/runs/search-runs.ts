import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { FindRuns, Run } from '../../store/runs.ts'
import type { Page, Repositories, Store } from '../../store/store.ts'
import type { Comparison, Entity } from '../search/filter.ts'
import { type FieldValue, matches } from '../search/matches.ts'
import type { OrderBy } from '../search/order.ts'
import { searchItems } from '../search/search-items.ts'
import { indexedFilter, indexedOrder } from './indexed-search.ts'
import { jobKinds } from './job-runs.ts'
import { mlflowStatus } from './run-states.ts'
import { shownTags } from './shown-tags.ts'

export interface SearchRuns {
  readonly find: Omit<FindRuns, 'after' | 'limit' | 'oldestFirst'>
  readonly filter: readonly Comparison[]
  readonly order: readonly OrderBy[]
  readonly limit: number
  /** A `next` of an earlier page of the same search. */
  readonly after?: string
  /** What attributes are searched by and how they are read; a run's own unless the search is for something else. */
  readonly attributes?: RunAttributes
}

/** By folded name. */
export type RunAttributes = Readonly<Record<string, (run: Run) => string | number | undefined>>

const CHUNK = 500

/** What a search means by runs, unless it names kinds. */
const runKinds: readonly string[] = ['interactive', ...jobKinds]

/** Attributes of a run by MLflow's and run history's names. */
const runAttributes: RunAttributes = {
  run_id: ({ id }) => id,
  runid: ({ id }) => id,
  run_name: ({ displayName }) => displayName,
  'run name': ({ displayName }) => displayName,
  displayname: ({ displayName }) => displayName,
  name: ({ displayName }) => displayName,
  user_id: (run) => shownTags(run)['mlflow.user'],
  status: ({ status }) => mlflowStatus(status),
  azure_status: ({ status }) => status,
  parentrunid: ({ parentId }) => parentId,
  rootrunid: ({ rootId }) => rootId,
  hidden: ({ hidden }) => String(hidden),
  start_time: ({ startedAt, createdAt }) => Date.parse(startedAt ?? createdAt),
  experiment_id: ({ experimentId }) => experimentId,
  created: ({ createdAt }) => Date.parse(createdAt),
  end_time: ({ endedAt }) => (endedAt === undefined ? undefined : Date.parse(endedAt)),
  createdutc: ({ createdAt }) => createdAt,
  starttimeutc: ({ startedAt }) => startedAt,
  endtimeutc: ({ endedAt }) => endedAt,
  runnumber: ({ number }) => number,
  experimentid: ({ experimentId }) => experimentId,
}

/**
 * Runs that satisfy a filter, a page at a time, in the asked order; the last started first where that says nothing. All runs,
 * in no order, are the newest first. What an index can't tell is asked of the runs while they are read, so that a search
 * reads no further than its page.
 *
 * @throws ParameterInvalid for an attribute that runs do not have
 */
export async function searchRuns(
  from: Repositories & Partial<Pick<Store, 'runSearches'>>,
  workspace: string,
  search: SearchRuns,
): Promise<Page<Run>> {
  const { filter, order, attributes = runAttributes } = search
  for (const { entity, key } of [...filter, ...order]) {
    if (entity === 'attributes' && !Object.hasOwn(attributes, key.toLowerCase())) {
      throw fault('ParameterInvalid', { reason: `Invalid attribute key '${key}' specified.` })
    }
  }
  const bounded = { ...search, find: { kinds: runKinds, ...search.find } }
  if (order.length === 0 && (filter.length === 0 || search.attributes)) {
    return await newestFirst(from, workspace, bounded)
  }
  return (await byIndex(from, workspace, bounded)) ?? (await ordered(from, workspace, bounded))
}

/** How the tokens of searches by index begin. */
const INDEXED = 'i '

/** By an index; undefined where there is none that has the order: then all runs are read. */
async function byIndex(
  from: Repositories & Partial<Pick<Store, 'runSearches'>>,
  workspace: string,
  search: SearchRuns,
): Promise<Page<Run> | undefined> {
  const { filter, find, limit, after, attributes } = search
  const { runSearches } = from
  if (attributes || !runSearches?.canSearch(workspace)) return undefined
  if (after !== undefined && !after.startsWith(INDEXED)) return undefined
  const order = indexedOrder(search.order)
  if (!order) return undefined
  const { where, rest } = indexedFilter(filter)
  // Its place in the search by index, and how many runs behind that have been looked at.
  const [start = '', used = '0'] = after?.slice(INDEXED.length).split('/') ?? []
  const found: Run[] = []
  for (let place = start, skip = Number(used); ; skip = 0) {
    const chunk = rest.length === 0 ? limit : Math.max(CHUNK, skip + 1)
    const page = await runSearches.search(workspace, {
      ...{ find, where, order, limit: chunk },
      ...(place !== '' && { after: place }),
    })
    for (const [at, run] of page.items.entries()) {
      if (at < skip || (rest.length > 0 && !(await satisfies(from, run, { ...search, filter: rest })))) continue
      if (found.length === limit) return { items: found, next: `${INDEXED}${place}/${at}` }
      found.push(run)
    }
    if (page.next === undefined) return { items: found }
    if (rest.length === 0) return { items: found, next: `${INDEXED}${page.next}/0` }
    place = page.next
  }
}

/** Goes through the runs in chunks; the key of a page is that of its last chunk and how much of that was used. */
async function newestFirst(from: Repositories, workspace: string, search: SearchRuns): Promise<Page<Run>> {
  const found: Run[] = []
  const [start = '', used = '0'] = search.after?.split(':') ?? []
  let after = start
  let skip = Number(used)
  const limit = search.filter.length === 0 ? search.limit + 1 : CHUNK
  for (;;) {
    // The newest run alone first: a page that goes on behind it stays right while runs are added before it.
    const page = await from.runs.find(workspace, {
      ...search.find,
      limit: after === '' ? 1 : limit,
      ...(after && { after }),
    })
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

/** Behind the asked order, so that every run has one place: the newest first, as MLflow has it. */
const LAST_RESORT: readonly OrderBy[] = [
  { entity: 'attributes', key: 'start_time', descending: true },
  { entity: 'attributes', key: 'run_id', descending: false },
]

async function ordered(from: Repositories, workspace: string, search: SearchRuns): Promise<Page<Run>> {
  const { filter, limit, after, attributes = runAttributes } = search
  const metrics = new Map<string, ReadonlyMap<string, number>>()
  const { items } = await from.runs.find(workspace, search.find)
  for (const run of items) metrics.set(run.id, await metricsOf(from, run, search))
  return searchItems(items, {
    filter,
    order: [...search.order, ...LAST_RESORT],
    read: (run) => reader(run, { metrics: metrics.get(run.id) ?? new Map(), attributes }),
    limit,
    after,
  })
}

const satisfies = async (from: Repositories, run: Run, search: SearchRuns): Promise<boolean> =>
  matches(
    search.filter,
    reader(run, { metrics: await metricsOf(from, run, search), attributes: search.attributes ?? runAttributes }),
  )

async function metricsOf(
  from: Repositories,
  run: Run,
  { filter, order }: SearchRuns,
): Promise<ReadonlyMap<string, number>> {
  const asked = [...filter, ...order].some(({ entity }) => entity === 'metrics')
  const points = asked ? await from.runs.latestMetrics(run.workspace, run.id) : []
  return new Map(points.map(({ key, value }) => [key, value]))
}

interface Known {
  readonly metrics: ReadonlyMap<string, number>
  readonly attributes: RunAttributes
}

const reader =
  (run: Run, { metrics, attributes }: Known) =>
  (entity: Entity, key: string): FieldValue => {
    if (entity === 'metrics') return metrics.get(key)
    if (entity === 'params') return own(run.params, key)
    if (entity === 'tags') return own(shownTags(run), key)
    if (entity === 'datasets') return datasetValues(run.datasets ?? [], key)
    return attributes[key.toLowerCase()]?.(run)
  }

const own = (record: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined

/** What the datasets that a run read have at a key; their context is a tag of MLflow's at the input. */
function datasetValues(datasets: readonly JsonObject[], key: string): readonly string[] {
  const values = datasets.map((input) => {
    if (key !== 'context') return textAt(objectAt(input.dataset)[key])
    const tags = Array.isArray(input.tags) ? input.tags.map(objectAt) : []
    return textAt(tags.find((tag) => tag.key === DATASET_CONTEXT)?.value)
  })
  return values.filter((value) => value !== undefined)
}

const DATASET_CONTEXT = 'mlflow.data.context'
