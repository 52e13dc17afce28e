import type { SelectQueryBuilder } from 'kysely'
import type { JsonObject } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { RowSealing } from '../data-keys.ts'
import type { Metrics } from '../metrics.ts'
import type { RunSearches } from '../run-search.ts'
import { type FindRuns, finalStatuses, type Run, type Runs } from '../runs.ts'
import { sqlExperiments } from './experiments.ts'
import { putRunValues, startOf } from './run-values.ts'
import { bodyOf, clearBody, isReadable } from './sealed-body.ts'
import { FEW, searchRunRows } from './search-runs.ts'
import type { Session } from './session.ts'
import type { RunRow, Tables } from './tables.ts'

/** What it takes to read a run: a sealed one is bound to its workspace and id. */
const READ = ['seq', 'body', 'workspace', 'id_key'] as const
type Stored = Pick<RunRow, 'body' | 'workspace' | 'id_key'>
type Select = SelectQueryBuilder<Tables, 'runs', Stored & { seq: number }>

/**
 * Runs and experiments over any SQL database. A run's id compares folded: ARM's job names do. Runs and
 * experiments of a workspace with customer-managed keys are sealed.
 */
export function sqlRuns(
  session: Session,
  sealing: RowSealing,
  { metrics, noteRemoval }: { readonly metrics: Metrics; readonly noteRemoval: () => void },
): Runs {
  const { db, run } = session
  const byId = db.selectFrom('runs').select(READ).where('workspace', '=', '').where('id_key', '=', '').compile()
  const upsert = upsertOf(db)
  const bodies = db.selectFrom('runs').select(READ)
  const present = (row: Stored): Run => clearBody(sealing, placeOf(row.workspace, row.id_key), row.body)

  return {
    latestMetrics: metrics.latest,
    metricHistory: metrics.history,
    ...sqlExperiments(session, sealing),
    async get(workspace, id) {
      const [row] = await run<Stored>(byId, [workspace, id.toLowerCase()])
      return row && present(row)
    },
    async put(stored) {
      const row = rowOf(sealing, stored)
      const [kept] = await run(
        upsert,
        columns.map((column) => row[column]),
      )
      if (kept && sealing.scopeOf(stored.workspace) === undefined) await putRunValues(session, kept.seq, stored)
    },
    async remove(workspace, id) {
      noteRemoval()
      await db.deleteFrom('runs').where('workspace', '=', workspace).where('id_key', '=', id.toLowerCase()).execute()
    },
    async find(workspace, query) {
      const order = query.oldestFirst ? 'asc' : 'desc'
      let found = filtered(bodies.where('workspace', '=', workspace), withMarks(sealing, workspace, query)).orderBy(
        'seq',
        order,
      )
      if (query.after !== undefined) found = found.where('seq', query.oldestFirst ? '>' : '<', Number(query.after))
      if (query.limit !== undefined) found = found.limit(query.limit + 1)
      const rows = await found.execute()
      const items = query.limit === undefined ? rows : rows.slice(0, query.limit)
      const last = items.at(-1)
      return { items: items.map(present), ...(rows.length > items.length && last && { next: String(last.seq) }) }
    },
    async countByStatus(workspace, experimentId) {
      const rows = await db
        .selectFrom('runs')
        .select(['status', ({ fn }) => fn.countAll<number>().as('count')])
        .where('workspace', '=', workspace)
        .where('experiment_id', '=', experimentId)
        .where('deleted', '=', 0)
        .groupBy('status')
        .execute()
      return new Map(rows.map(({ status, count }) => [status as Run['status'], count]))
    },
    async unfinished() {
      const rows = await bodies.where('open', '=', 1).orderBy('seq').execute()
      // What can't be read now is gone on with when its key is back.
      return rows.filter((row) => isReadable(sealing, row.workspace)).map(present)
    },
    async unfinishedIn(workspace) {
      const rows = await db
        .selectFrom('runs')
        .select('id')
        .where('workspace', '=', workspace)
        .where('open', '=', 1)
        .execute()
      return rows.map(({ id }) => id)
    },
    async removeWorkspace(workspace) {
      noteRemoval()
      await db.deleteFrom('runs').where('workspace', '=', workspace).execute()
      await db.deleteFrom('experiments').where('workspace', '=', workspace).execute()
    },
  }
}

export function filtered(select: Select, query: FindRuns): Select {
  let found = select
  if (query.experimentIds) found = found.where('experiment_id', 'in', query.experimentIds)
  if (query.statuses) found = found.where('status', 'in', query.statuses)
  if (query.kinds) found = found.where('kind', 'in', query.kinds)
  if (query.parentId !== undefined) found = found.where('parent_key', '=', query.parentId.toLowerCase())
  if (query.rootId !== undefined) found = found.where('root_key', '=', query.rootId.toLowerCase())
  if (query.contentKey !== undefined) found = found.where('content_key', '=', query.contentKey)
  if (query.contentFamily !== undefined) found = found.where('content_family', '=', query.contentFamily)
  if (query.roots) found = found.whereRef('root_key', '=', 'id_key')
  if (query.computeId !== undefined) found = found.where('compute_key', '=', foldId(query.computeId))
  if (query.hidden !== undefined) found = found.where('hidden', '=', Number(query.hidden))
  if (query.deleted !== undefined) found = found.where('deleted', '=', Number(query.deleted))
  const tag = query.tag
  if (tag) {
    found = found.where(({ exists, selectFrom }) => {
      const held = selectFrom((eb) =>
        eb.fn<{ key: string; value: string }>('json_each', ['body', eb.val('$.tags')]).as('tag'),
      )
        .select('tag.key')
        .where('tag.key', '=', tag.key)
      return exists(tag.value === undefined ? held : held.where('tag.value', '=', tag.value))
    })
  }
  return found
}

const columns = [
  'workspace',
  'id_key',
  'id',
  'experiment_id',
  'kind',
  'status',
  'parent_key',
  'root_key',
  'compute_key',
  'content_key',
  'content_family',
  'hidden',
  'deleted',
  'open',
  'started',
  'body',
] as const

function upsertOf(db: Session['db']) {
  const blank = Object.fromEntries(columns.map((column) => [column, ''])) as unknown as Omit<RunRow, 'seq'>
  return db
    .insertInto('runs')
    .values(blank)
    .onConflict((conflict) =>
      conflict
        .columns(['workspace', 'id_key'])
        .doUpdateSet((row) =>
          Object.fromEntries(columns.slice(2).map((column) => [column, row.ref(`excluded.${column}`)])),
        ),
    )
    .returning('seq')
    .compile()
}

const rowOf = (sealing: RowSealing, run: Run): Omit<RunRow, 'seq'> => ({
  workspace: run.workspace,
  id_key: run.id.toLowerCase(),
  id: run.id,
  experiment_id: run.experimentId,
  kind: run.kind,
  status: run.status,
  parent_key: run.parentId?.toLowerCase() ?? null,
  root_key: run.rootId.toLowerCase(),
  compute_key: run.computeId === undefined ? null : foldId(run.computeId),
  content_key: run.content?.key ?? null,
  content_family: run.content?.family ?? null,
  hidden: Number(run.hidden),
  deleted: Number(run.deletedAt !== undefined),
  // An interactive run is its client's to end; no engine has it.
  open: Number(run.job !== undefined && !finalStatuses.has(run.status)),
  started: sealing.scopeOf(run.workspace) === undefined ? startOf(run) : 0,
  body: bodyOf(sealing, placeOf(run.workspace, run.id), run, markedTags(sealing, run)),
})

const placeOf = (workspace: string, id: string) => ({ key: workspace, context: `run:${workspace}/${id.toLowerCase()}` })

/** Searches by what is in clear, over what is committed; `few` runs are sorted, more are gone through by an index. */
export const sqlRunSearches = (session: Session, sealing: RowSealing, few: number = FEW): RunSearches => ({
  canSearch: (workspace) => sealing.scopeOf(workspace) === undefined,
  async search(workspace, search) {
    const { rows, next } = await searchRunRows(session, { workspace, few }, search)
    const items = rows.map(({ body }): Run => JSON.parse(body))
    return { items, ...(next !== undefined && { next }) }
  },
})

/** A sealed run is found by its tags through marks of them. */
function markedTags(sealing: RowSealing, { workspace, tags }: Run): JsonObject {
  const scope = sealing.scopeOf(workspace)
  if (scope === undefined) return {}
  const marks = Object.entries(tags).map(([key, value]) => [sealing.mark(scope, key), sealing.mark(scope, value)])
  return { tags: Object.fromEntries(marks) }
}

function withMarks(sealing: RowSealing, workspace: string, query: FindRuns): FindRuns {
  const scope = sealing.scopeOf(workspace)
  if (scope === undefined || !query.tag) return query
  const { key, value } = query.tag
  const marked = { key: sealing.mark(scope, key), ...(value !== undefined && { value: sealing.mark(scope, value) }) }
  return { ...query, tag: marked }
}
