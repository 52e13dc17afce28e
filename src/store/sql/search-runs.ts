import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely'
import type { RunCondition, RunOrder, RunSearch } from '../run-search.ts'
import { blocksOf } from './run-blocks.ts'
import {
  type Fragment,
  holds,
  indexedRuns,
  isNullOf,
  rangeOf,
  sameTerm,
  termValue,
  type Walk,
  walkOf,
} from './run-terms.ts'
import { filtered } from './runs.ts'
import type { Session } from './session.ts'
import type { RunRow, Tables } from './tables.ts'

/** A condition that so few runs satisfy is asked first, and what it leaves is sorted. */
export const FEW = 3_000
/** By how much more that may be among many. */
const MORE = 7
/** Each of so many experiments is gone through by itself, and what was found put together. */
const APART = 20

export type FoundRow = Pick<RunRow, 'body' | 'workspace' | 'id_key'> & { readonly seq: number }
type Numbers = SelectQueryBuilder<Tables, 'runs', { seq: number }>

/**
 * A page of runs by SQL. Where a condition leaves few runs, those are sorted; else the runs are gone through in the asked
 * order, by an index, until there are enough. Which of the two is counted, with a bound, rather than guessed. Runs that an
 * order does not tell apart are gone through by the next one; behind all orders the last started comes first.
 */
export async function searchRunRows(
  session: Session,
  { workspace, few }: { readonly workspace: string; readonly few: number },
  search: RunSearch,
): Promise<{ readonly rows: readonly FoundRow[]; readonly next?: string }> {
  const { bound, skip } = await startOf(session, search.after)
  const end = skip + search.limit
  const runs = new Runs(session, { workspace, find: search.find, bound, few: fewOf(few, end, bound) })
  const found = await runs.first({ where: search.where, order: search.order, most: end + 1 })
  const rows = await rowsOf(session, found.slice(skip, end))
  return { rows, ...(found.length > end && { next: `${bound}:${end}` }) }
}

/** Sorting `n` of `all` runs is less work than going through all for `wanted` of the `n` as long as n² < wanted · all. */
const fewOf = (few: number, wanted: number, all: number): number =>
  Math.floor(Math.min(MORE * few, Math.max(few, Math.sqrt(wanted * all))))

/** Runs with a greater number than the bound came after the first page. */
async function startOf({ db }: Session, after: string | undefined): Promise<{ bound: number; skip: number }> {
  if (after !== undefined) {
    const [bound = 0, skip = 0] = after.split(':').map(Number)
    return { bound, skip }
  }
  const newest = await db.selectFrom('runs').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst()
  return { bound: newest?.seq ?? 0, skip: 0 }
}

async function rowsOf({ db }: Session, numbers: readonly number[]): Promise<readonly FoundRow[]> {
  const rows = await db
    .selectFrom('runs')
    .select(['seq', 'body', 'workspace', 'id_key'])
    .where(sql<boolean>`seq in (select value from json_each(${JSON.stringify(numbers)}))`)
    .execute()
  const byNumber = new Map(rows.map((row) => [row.seq, row]))
  return numbers.flatMap((number) => byNumber.get(number) ?? [])
}

interface Among {
  readonly workspace: string
  readonly find: RunSearch['find']
  readonly bound: number
  readonly few: number
}

/** What is looked for: the first `most` runs that satisfy all of `where`. */
interface Wanted {
  readonly where: readonly RunCondition[]
  readonly order: readonly RunOrder[]
  readonly most: number
}

/** Runs of a workspace, by their numbers. */
class Runs {
  readonly #session: Session
  readonly #among: Among

  constructor(session: Session, among: Among) {
    this.#session = session
    this.#among = among
  }

  async first(wanted: Wanted): Promise<readonly number[]> {
    const few = await this.#fewest(wanted.where)
    if (few) return await this.#numbers(wanted, { source: { of: sql`(select distinct run from (${few}))` } })
    const [lead, ...rest] = wanted.order
    if (!lead || (isStart(lead) && this.#apart())) return await this.#byStart(wanted)
    const walk = walkOf(lead)
    // No index has the order.
    if (!walk) return await this.#numbers(wanted)
    const found = [...(await this.#along(walk, { ...wanted, order: rest }))]
    const left = wanted.most - found.length
    // Every run has begun once, or was made.
    const demanded = wanted.where.some((one) => sameTerm(one.term, walk.term) && one.comparator !== 'IS NULL')
    if (left === 0 || demanded || isStart(lead)) return found
    // Those that have no such value come last.
    const without = { where: [...wanted.where, isNullOf(walk.term)], order: rest, most: left }
    return [...found, ...(await this.first(without))]
  }

  /** The condition that the fewest runs satisfy, as a query of their numbers; undefined where all leave many. */
  async #fewest(where: readonly RunCondition[]): Promise<Fragment | undefined> {
    let best: { readonly runs: Fragment; readonly count: number } | undefined
    const { workspace, find, few } = this.#among
    const sources = where.flatMap((condition) => indexedRuns(condition) ?? [])
    const own = sql`select seq as run from runs where workspace = ${workspace}`
    if (find.experimentIds) sources.push(sql`${own} and experiment_id in (${sql.join(find.experimentIds)})`)
    if (find.parentId !== undefined) sources.push(sql`${own} and parent_key = ${find.parentId.toLowerCase()}`)
    for (const runs of sources) {
      const most = best?.count ?? few
      const counted = sql<{ count: number }>`select count(*) as count from (${runs} limit ${most})`
      const count = (await counted.execute(this.#session.db)).rows[0]?.count ?? 0
      if (count < most) best = { runs, count }
    }
    return best?.runs
  }

  #apart(): readonly string[] | undefined {
    const { experimentIds = [] } = this.#among.find
    return experimentIds.length > 0 && experimentIds.length <= APART ? experimentIds : undefined
  }

  /** By their start: an index has it per experiment. */
  async #byStart(wanted: Wanted): Promise<readonly number[]> {
    const experiments = this.#apart()
    if (!experiments) return await this.first({ ...wanted, order: [LAST_STARTED] })
    const [only, ...others] = experiments
    if (others.length === 0) return await this.#numbers(wanted, { experiment: only })
    const each = await Promise.all(experiments.map((experiment) => this.#numbers(wanted, { experiment })))
    const of = sql`(select value as run from json_each(${JSON.stringify(each.flat())}))`
    return await this.#numbers({ ...wanted, where: [] }, { source: { of } })
  }

  /**
   * Those that have the value of an order, gone through in its order. Where many runs share a value the index says nothing
   * of their order: they are looked for by the orders that follow, block by block.
   */
  async #along(walk: Walk, wanted: Wanted): Promise<readonly number[]> {
    const found: number[] = []
    let after: string | number | undefined
    for (let looked = 0; found.length < wanted.most; looked++) {
      const { blocks, last } = await blocksOf(this.#session, { walk, where: wanted.where, few: this.#among.few, after })
      // Values that tell runs apart are not looked at any further.
      if (looked === 0 && last !== undefined && !blocks.some(({ large }) => large)) {
        return await this.#walk(walk, wanted)
      }
      for (const { where, large } of blocks) {
        const part = { ...wanted, where: [...wanted.where, ...where], most: wanted.most - found.length }
        if (part.most > 0) found.push(...(large ? await this.first(part) : await this.#walk(walk, part)))
      }
      if (last === undefined) break
      after = last
    }
    return found
  }

  async #walk({ term, descending, table, key }: Walk, wanted: Wanted): Promise<readonly number[]> {
    const ranges = wanted.where.map((condition) => (sameTerm(condition.term, term) ? rangeOf(condition) : undefined))
    const source = {
      of: table,
      where: [sql`w.key = ${key}`, sql`w.value is not null`, ...ranges.filter((range) => range !== undefined)],
      lead: sql`w.value ${sql.raw(descending ? 'desc' : 'asc')}`,
    }
    // What the walk itself keeps to is not asked of each run again.
    const where = wanted.where.filter((_, at) => ranges[at] === undefined)
    return await this.#numbers({ ...wanted, where }, { source })
  }

  async #numbers({ where, order, most }: Wanted, { source, experiment }: From = {}): Promise<readonly number[]> {
    const { workspace, find, bound } = this.#among
    const { db } = this.#session
    // Which index leads is decided here and not by SQLite: CROSS JOIN keeps the order in which it is written.
    const base = source
      ? db.selectFrom(source.of.as('w')).crossJoin('runs').where(sql<boolean>`runs.seq = w.run`)
      : db.selectFrom('runs')
    let selected = filtered(
      (base as unknown as Numbers)
        .select('runs.seq')
        .where('workspace', '=', workspace)
        // The plus keeps SQLite from taking the bound for what leads.
        .where(sql<boolean>`+runs.seq <= ${bound}`) as never,
      experiment === undefined ? find : { ...find, experimentIds: [experiment] },
    ) as unknown as Numbers
    for (const condition of [...(source?.where ?? []), ...where.map(holds)]) {
      selected = selected.where(sql<boolean>`(${condition})`)
    }
    if (source?.lead) selected = selected.orderBy(source.lead)
    for (const { term, descending } of order) {
      const value = termValue(term)
      if (!isStart({ term, descending })) selected = selected.orderBy(sql`${value} is null`)
      selected = selected.orderBy(value, descending ? 'desc' : 'asc')
    }
    if (!order.some(isStart)) selected = selected.orderBy('runs.started', 'desc')
    const rows = await selected.orderBy('runs.id_key').limit(most).execute()
    return rows.map(({ seq }) => seq)
  }
}

interface From {
  /** What leads: runs' numbers as `run`, and what of them is taken, in which order. */
  readonly source?: { readonly of: RawBuilder<unknown>; readonly where?: readonly Fragment[]; readonly lead?: Fragment }
  readonly experiment?: string | undefined
}

const isStart = ({ term }: RunOrder): boolean => term.of === 'value' && term.key === 'start'

const LAST_STARTED: RunOrder = { term: { of: 'value', key: 'start' }, descending: true }
