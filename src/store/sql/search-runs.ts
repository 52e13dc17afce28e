import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely'
import type { RunCondition, RunOrder, RunSearch, RunTerm } from '../run-search.ts'
import { valueKeys } from './run-values.ts'
import { filtered } from './runs.ts'
import type { Session } from './session.ts'
import type { RunRow, Tables } from './tables.ts'

/** A condition that so few runs satisfy is asked first, and what it leaves is sorted. */
const FEW = 3_000

export type FoundRow = Pick<RunRow, 'body' | 'workspace' | 'id_key'> & { readonly seq: number }
type Select = SelectQueryBuilder<Tables, 'runs', FoundRow>
type Fragment = RawBuilder<unknown>

/**
 * A page of runs by SQL. Where a condition leaves few runs, those are gone through; else the runs are gone through in the
 * asked order, by an index, until the page is full. Which of the two is counted, with a bound, rather than guessed.
 */
export async function searchRunRows(
  session: Session,
  workspace: string,
  search: RunSearch,
): Promise<{ readonly rows: readonly FoundRow[]; readonly next?: string }> {
  const start = await startOf(session, search.after)
  const plan = new Plan(session, workspace, { ...search, bound: start.bound })
  const few = await plan.fewest()
  if (few) return turned(await plan.sorted(few, start.skip), start, search.limit)
  const [first] = search.order
  if (!first || !isWalk(first)) return turned(await plan.sorted(undefined, start.skip), start, search.limit)
  // Those that have the value come first, in the order of its index; then those that have none.
  const rows: FoundRow[] = []
  let { phase, skip } = start
  if (phase === 0) {
    rows.push(...(await plan.along(first, skip)))
    if (rows.length > search.limit) return turned(rows, start, search.limit)
    phase = 1
    skip = 0
  }
  const rest = await plan.without(first, skip, search.limit + 1 - rows.length)
  const all = [...rows, ...rest]
  if (all.length <= search.limit) return { rows: all }
  const shown = search.limit - rows.length
  return { rows: all.slice(0, search.limit), next: `${start.bound}:1:${skip + shown}` }
}

interface Start {
  /** Runs with a greater number came after the first page. */
  readonly bound: number
  readonly phase: number
  readonly skip: number
}

async function startOf({ db }: Session, after: string | undefined): Promise<Start> {
  if (after !== undefined) {
    const [bound = 0, phase = 0, skip = 0] = after.split(':').map(Number)
    return { bound, phase, skip }
  }
  const newest = await db.selectFrom('runs').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst()
  return { bound: newest?.seq ?? 0, phase: 0, skip: 0 }
}

const turned = (rows: readonly FoundRow[], { bound, skip }: Start, limit: number) =>
  rows.length <= limit ? { rows } : { rows: rows.slice(0, limit), next: `${bound}:0:${skip + limit}` }

/** One search: its conditions, and the ways to go through the runs. */
class Plan {
  readonly #session: Session
  readonly #workspace: string
  readonly #search: RunSearch & { readonly bound: number }

  constructor(session: Session, workspace: string, search: RunSearch & { readonly bound: number }) {
    this.#session = session
    this.#workspace = workspace
    this.#search = search
  }

  /** The condition that the fewest runs satisfy, as a query of their numbers; undefined where all leave many. */
  async fewest(): Promise<Fragment | undefined> {
    let best: { readonly runs: Fragment; readonly count: number } | undefined
    const { experimentIds, parentId } = this.#search.find
    const sources = this.#search.where.flatMap((condition) => indexedRuns(condition) ?? [])
    if (experimentIds) {
      sources.push(
        sql`select seq as run from runs where workspace = ${this.#workspace} and experiment_id in (${sql.join(experimentIds)})`,
      )
    }
    if (parentId !== undefined) {
      sources.push(
        sql`select seq as run from runs where workspace = ${this.#workspace} and parent_key = ${parentId.toLowerCase()}`,
      )
    }
    for (const runs of sources) {
      const most = best?.count ?? FEW
      const { rows } = await sql<{ count: number }>`select count(*) as count from (${runs} limit ${most})`.execute(
        this.#session.db,
      )
      const count = rows[0]?.count ?? 0
      if (count < most) best = { runs, count }
    }
    return best?.runs
  }

  /** All that match among `few`, or all runs, sorted; without an order that is the table's own. */
  sorted(few: Fragment | undefined, skip: number): Promise<readonly FoundRow[]> {
    const source = few && { of: sql`(select distinct run from (${few}))`, where: [] }
    return this.#page({ source, order: this.#search.order, skip, limit: this.#search.limit + 1 })
  }

  /** Those that have the value of an order, gone through in its order. */
  along({ term, descending }: Walk, skip: number): Promise<readonly FoundRow[]> {
    const [, ...further] = this.#search.order
    const range = this.#search.where.filter((condition) => sameTerm(condition.term, term)).flatMap(rangeOf)
    const source = {
      of: term.of === 'metric' ? sql`metrics.series` : sql`run_values`,
      where: [
        sql`w.key = ${term.of === 'metric' ? metricKey(term.key) : indexKey(term)}`,
        sql`w.value is not null`,
        ...range,
      ],
      lead: sql`w.value ${sql.raw(descending ? 'desc' : 'asc')}`,
    }
    return this.#page({ source, order: further, skip, limit: this.#search.limit + 1 })
  }

  /** Those that have no value of an order's first term. */
  without({ term }: Walk, skip: number, limit: number): Promise<readonly FoundRow[]> {
    const [, ...further] = this.#search.order
    return this.#page({ also: sql`${termValue(term)} is null`, order: further, skip, limit })
  }

  async #page({ source, also, order, skip, limit }: PageOf): Promise<readonly FoundRow[]> {
    const { find, where, bound } = this.#search
    const { db } = this.#session
    // Which index leads is decided here and not by SQLite: CROSS JOIN keeps the order in which it is written.
    const base = source
      ? db.selectFrom(source.of.as('w')).crossJoin('runs').where(sql<boolean>`runs.seq = w.run`)
      : db.selectFrom('runs')
    let selected = filtered(
      (base as unknown as Select)
        .select(['runs.seq', 'runs.body', 'runs.workspace', 'runs.id_key'])
        .where('workspace', '=', this.#workspace)
        .where('seq', '<=', bound),
      find,
    )
    const conditions = [...(source?.where ?? []), ...(also ? [also] : []), ...where.map(holds)]
    for (const condition of conditions) selected = selected.where(sql<boolean>`(${condition})`)
    if (source?.lead) selected = selected.orderBy(source.lead)
    for (const { term, descending } of order) {
      const value = termValue(term)
      selected = selected.orderBy(sql`${value} is null`).orderBy(value, descending ? 'desc' : 'asc')
    }
    return await selected.orderBy('runs.seq', 'desc').limit(limit).offset(skip).execute()
  }
}

interface PageOf {
  /** What leads: runs' numbers as `run`, and what of them is taken, in which order. */
  readonly source?: { readonly of: Fragment; readonly where: readonly Fragment[]; readonly lead?: Fragment } | undefined
  readonly also?: Fragment
  readonly order: readonly RunOrder[]
  readonly skip: number
  readonly limit: number
}

type Indexed = Exclude<RunTerm, { of: 'column' }>
type Walk = RunOrder & { readonly term: Indexed }

/** Whether an index has the order: not where one value stands for another. */
const isWalk = (order: RunOrder): order is Walk =>
  order.term.of !== 'column' && !('orElse' in order.term && order.term.orElse)

const metricKey = (name: string): Fragment => sql`(select id from metrics.metric_keys where name = ${name})`

const indexKey = (term: Exclude<Indexed, { of: 'metric' }>): string => keyOf(term.of, term.key)

const keyOf = (of: keyof typeof valueKeys, key: string): string => valueKeys[of](key)

const rowValue = (key: string): Fragment => sql`(select value from run_values where run = runs.seq and key = ${key})`

/** A run's value of a term, NULL where it has none or NaN. */
function termValue(term: RunTerm): Fragment {
  if (term.of === 'column') return sql.ref(term.key)
  if (term.of === 'metric') {
    return sql`(select value from metrics.series where run = runs.seq and key = ${metricKey(term.key)})`
  }
  const own = rowValue(indexKey(term))
  if (term.of !== 'tag' || term.orElse === undefined) return own
  return sql`coalesce(${own}, ${rowValue(valueKeys.value(term.orElse))})`
}

function holds(condition: RunCondition): Fragment {
  const { term, comparator } = condition
  // NaN is there, and is no number that anything equals.
  if (term.of === 'metric' && comparator === '!=') {
    return sql`exists (select 1 from metrics.series as m where m.run = runs.seq and m.key = ${metricKey(term.key)}
      and (m.value is null or m.value <> ${condition.value}))`
  }
  return compared(termValue(term), condition)
}

const operators: Readonly<Record<string, string>> = { '=': '=', '!=': '<>', '>': '>', '>=': '>=', '<': '<', '<=': '<=' }

function compared(
  value: Fragment,
  { comparator, value: wanted }: Pick<RunCondition, 'comparator' | 'value'>,
): Fragment {
  switch (comparator) {
    case 'IS NULL':
      return sql`${value} is null`
    case 'IS NOT NULL':
      return sql`${value} is not null`
    case 'IN':
    case 'NOT IN':
      return sql`${value} ${sql.raw(comparator.toLowerCase())} (${sql.join(Array.isArray(wanted) ? wanted : [wanted])})`
    case 'LIKE':
      // SQLite's LIKE folds case, and GLOB does not.
      return sql`${value} glob ${globOf(String(wanted))}`
    case 'ILIKE':
      return sql`${value} like ${wanted}`
    default:
      return sql`${value} ${sql.raw(operators[comparator] ?? '=')} ${wanted}`
  }
}

const globOf = (pattern: string): string => pattern.replace(/[*?[]/g, '[$&]').replaceAll('%', '*').replaceAll('_', '?')

const ranged: ReadonlySet<string> = new Set(['=', '>', '>=', '<', '<='])

/** The condition on the value that an index is gone along by. */
const rangeOf = (condition: RunCondition): readonly Fragment[] =>
  ranged.has(condition.comparator) ? [compared(sql`w.value`, condition)] : []

const sameTerm = (a: RunTerm, b: RunTerm): boolean =>
  a.of === b.of && a.key === b.key && !('orElse' in a && a.orElse) && !('orElse' in b && b.orElse)

/** The numbers of the runs that satisfy a condition, or of some more, by an index; undefined where none helps. */
function indexedRuns(condition: RunCondition): Fragment | undefined {
  const { term, comparator, value } = condition
  if (term.of === 'column') {
    return term.key === 'id' && comparator === '='
      ? sql`select seq as run from runs where id_key = ${String(value).toLowerCase()}`
      : undefined
  }
  if (!ranged.has(comparator) && comparator !== 'IN') return undefined
  const matching = compared(sql`value`, condition)
  if (term.of === 'metric')
    return sql`select run from metrics.series where key = ${metricKey(term.key)} and ${matching}`
  const keys = [indexKey(term), ...(term.of === 'tag' && term.orElse ? [valueKeys.value(term.orElse)] : [])]
  return sql.join(
    keys.map((key) => sql`select run from run_values where key = ${key} and ${matching}`),
    sql` union all `,
  )
}
