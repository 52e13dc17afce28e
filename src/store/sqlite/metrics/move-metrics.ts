import { CompiledQuery, sql } from 'kysely'
import type { Database, Session } from '../../sql/session.ts'
import type { Batch } from './metric-writer.ts'

const POINTS = 50_000

interface Row {
  readonly run: number
  readonly key: string
  readonly id: number
}

/**
 * Brings the metrics of an earlier version, which stood in the main database, where they are kept now, and removes them
 * there. Cut short, it begins again with the next start: points that are there already are not added twice.
 */
export async function moveMetrics(
  database: Database,
  add: (batch: Batch & { readonly cells: Float64Array<ArrayBuffer> }) => Promise<void>,
): Promise<void> {
  const there = await rows<{ name: string }>(
    database.read,
    "select name from sqlite_master where name = 'metric_points'",
  )
  if (there.length === 0) return
  for (const { run, key, id } of await rows<Row>(database.read, 'select run, key, id from metric_series')) {
    for (let from = 0; ; from += POINTS) {
      const points = await rows<{ step: number; at: number; value: number; nan: number }>(
        database.read,
        `select step, at, value, nan from metric_points where series = ${id}
          order by step, at, value, nan limit ${POINTS} offset ${from}`,
      )
      const cells = Float64Array.from(
        points.flatMap(({ step, at, value, nan }) => [0, step, at, nan ? Number.NaN : value]),
      )
      if (points.length > 0) await add({ run, keys: [key], cells })
      if (points.length < POINTS) break
    }
  }
  await database.write(async ({ db }) => {
    await sql.raw('drop table metric_points').execute(db)
    await sql.raw('drop table metric_series').execute(db)
  })
}

const rows = async <Found>(session: Session, text: string): Promise<readonly Found[]> =>
  await session.run(CompiledQuery.raw(text) as CompiledQuery<Found>, [])
