import type { Columns, Row } from './compile.ts'
import { type Sink, stageOf } from './stages.ts'
import type { Moment, Query } from './syntax.ts'

export interface Asked {
  readonly query: Query
  readonly columns: Columns
  /** The table, in parts, in an order that stays the same from call to call. */
  readonly rows: AsyncIterable<readonly Row[]>
  readonly now: Moment
  /** How many of the result's rows to leave out, and the most to answer with. */
  readonly skip: number
  readonly top: number
}

export interface Found {
  readonly columns: Columns
  readonly rows: readonly Row[]
  /** How many rows the result has on all of its pages. */
  readonly total: number
}

/** The columns of a query's result: reads and checks it whole, without a row. @throws QueryInvalid */
export const checkQuery = ({ query, columns, now }: Pick<Asked, 'query' | 'columns' | 'now'>): Columns =>
  query.operators.reduce((before, operator) => stageOf(operator, before, now).columns, columns)

/** Sends a table's rows through a query and answers one page of what comes out. @throws QueryInvalid */
export async function runQuery({ query, columns, rows, now, skip, top }: Asked): Promise<Found> {
  const stages = []
  let left = columns
  for (const operator of query.operators) {
    const stage = stageOf(operator, left, now)
    stages.push(stage)
    left = stage.columns
  }
  const page: Row[] = []
  let total = 0
  const result: Sink = {
    push(row) {
      if (total >= skip && page.length < top) page.push(row)
      total++
      return true
    },
    end: () => undefined,
  }
  const sink = stages.reduceRight((next, stage) => stage.into(next), result)
  await feed(sink, rows)
  return { columns: left, rows: page, total }
}

async function feed(sink: Sink, parts: AsyncIterable<readonly Row[]>): Promise<void> {
  for await (const part of parts) {
    for (const row of part) {
      if (!sink.push(row)) return sink.end()
    }
  }
  sink.end()
}
