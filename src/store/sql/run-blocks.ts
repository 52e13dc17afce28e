import { sql } from 'kysely'
import type { RunCondition } from '../run-search.ts'
import { rangeOf, sameTerm, type Walk } from './run-terms.ts'
import type { Session } from './session.ts'

/** So many values are looked at at once. */
const VALUES = 64

/** Runs that share a value, if they are many; else those of several values that follow one another. */
export interface Block {
  readonly where: readonly RunCondition[]
  readonly large: boolean
}

interface Value {
  readonly value: string | number
  /** How many runs have it, counted up to the bound of `few`. */
  readonly runs: number
}

/**
 * The next values of an order, each found by one step in its index however many runs have it, as blocks. `last` is the
 * value behind which it goes on; there is none where it does not.
 */
export async function blocksOf(
  { db }: Session,
  {
    walk: { term, descending, table, key },
    where,
    few,
    after,
  }: {
    readonly walk: Walk
    readonly where: readonly RunCondition[]
    readonly few: number
    readonly after: string | number | undefined
  },
): Promise<{ readonly blocks: readonly Block[]; readonly last?: string | number }> {
  const end = sql.raw(descending ? 'max' : 'min')
  const beyond = sql.raw(descending ? '<' : '>')
  const ranges = where.flatMap((one) => (sameTerm(one.term, term) ? (rangeOf(one) ?? []) : []))
  const kept = ranges.map((range) => sql` and ${range}`)
  const within = kept.length === 0 ? sql`` : sql.join(kept, sql``)
  const from = after === undefined ? sql`` : sql` and w.value ${beyond} ${after}`
  const next = sql`select ${end}(w.value) from ${table} as w where w.key = ${key}${within}`
  const { rows } = await sql<Value>`with recursive found(value) as (
      select (${next}${from})
      union all select (${next} and w.value ${beyond} found.value) from found where found.value is not null limit ${VALUES})
    select value, (select count(*) from (select 1 from ${table} as w where w.key = ${key} and w.value = found.value
      limit ${few})) as runs from found where value is not null`.execute(db)
  const last = rows.length === VALUES ? rows.at(-1)?.value : undefined
  return { blocks: blocksOfValues(rows), ...(last !== undefined && { last }) }

  function blocksOfValues(values: readonly Value[]): readonly Block[] {
    const blocks: Block[] = []
    let small: Value[] = []
    const close = () => {
      const [first, final] = [small[0], small.at(-1)]
      if (first && final) blocks.push({ where: between(first.value, final.value), large: false })
      small = []
    }
    for (const one of values) {
      if (one.runs < few) small.push(one)
      else {
        close()
        blocks.push({ where: [{ term, comparator: '=', value: one.value }], large: true })
      }
    }
    close()
    return blocks
  }

  function between(first: string | number, final: string | number): readonly RunCondition[] {
    return [
      { term, comparator: descending ? '<=' : '>=', value: first },
      { term, comparator: descending ? '>=' : '<=', value: final },
    ]
  }
}
