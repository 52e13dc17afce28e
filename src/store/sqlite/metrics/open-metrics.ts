import { join } from 'node:path'
import { CompiledQuery } from 'kysely'
import { fault } from '../../../faults.ts'
import { type MetricPoint, type MetricSummary, type Metrics, placeOf } from '../../metrics.ts'
import type { Database } from '../../sql/session.ts'
import { Connection } from '../connection.ts'
import { makePrivateFile } from '../private-file.ts'
import { cellsOf } from './cells.ts'
import { MetricReader, type PointsRead, type SeriesRow, type Wanted } from './metric-reader.ts'
import { metricThreads } from './metric-threads.ts'
import { moveMetrics } from './move-metrics.ts'
import { type Promised, promisedPoints, withoutPromises } from './pending-points.ts'
import { countOf } from './points.ts'
import { METRICS_FILE, prepareMetrics } from './schema.ts'

/** A series of more points is read by a thread of its own. */
const LONG = 10_000

const runNumber = CompiledQuery.raw('select seq from runs where workspace = ? and id_key = ?')

export interface OpenMetrics extends Metrics {
  /** Takes over what an earlier version kept in the main database, and what the last server had promised. */
  takeOver(): Promise<void>
  /** Adds what a write has promised; the promise is forgotten in the background. */
  keep(promised: readonly Promised[]): Promise<void>
  /** Gives back the space of runs that are gone, in the background. */
  collect(): void
  close(): Promise<void>
}

/** Makes the file of metrics of a data directory where it is missing; it may be attached from then on. */
export function makeMetrics(directory: string): string {
  const path = join(directory, METRICS_FILE)
  makePrivateFile(path)
  const connection = new Connection(path)
  prepareMetrics(connection)
  connection.close()
  return path
}

/**
 * The metrics of a data directory: a file and a writing thread of their own. Runs are those of `database`; a run that is
 * removed there has left its number, and its points go after it.
 */
export function openMetrics(path: string, database: Database): OpenMetrics {
  const connection = new Connection(path, { readOnly: true })
  connection.exec('PRAGMA cache_size = -8000; PRAGMA mmap_size = 268435456')
  const reader = new MetricReader(connection)
  const threads = metricThreads(path)
  const numberOf = async (workspace: string, id: string): Promise<number | undefined> =>
    (
      await database.read.run<{ seq: number }>(runNumber as CompiledQuery<{ seq: number }>, [
        workspace,
        id.toLowerCase(),
      ])
    )[0]?.seq
  const read = async (run: number, key: string, wanted: Wanted): Promise<PointsRead> =>
    reader.count(run, key) > LONG ? await threads.read(run, key, wanted) : reader.read(run, key, wanted)
  const keep = async (promised: readonly Promised[]): Promise<void> => {
    if (promised.length === 0) return
    await Promise.all(promised.map(({ batch }) => threads.add(batch)))
    // A promise that stands for longer is kept again with the next start, which adds nothing twice.
    database.write((session) => withoutPromises(session, promised)).catch(() => undefined)
  }
  let collecting: Promise<void> | undefined
  let closed = false

  return {
    async add(workspace, id, points) {
      if (points.length === 0) return
      const run = await numberOf(workspace, id)
      if (run === undefined) throw fault('RunNotFound', { run: id })
      await threads.add({ run, ...cellsOf(points) })
    },
    async remove(workspace, id) {
      const run = await numberOf(workspace, id)
      if (run !== undefined) await threads.remove(run)
    },
    async latest(workspace, id) {
      const run = await numberOf(workspace, id)
      return run === undefined ? [] : reader.series(run).map(latestOf)
    },
    async summaries(workspace, id) {
      const run = await numberOf(workspace, id)
      return run === undefined ? [] : reader.series(run).map(summaryOf)
    },
    async history(workspace, id, key, { after, limit } = {}) {
      const run = await numberOf(workspace, id)
      if (run === undefined) return { items: [] }
      const found = await read(run, key, {
        kind: 'page',
        ...(after !== undefined && { after: readPlace(after) }),
        ...(limit !== undefined && { limit }),
      })
      const items = pointsOf(key, found)
      const last = items.at(-1)
      return { items, ...(found.more && last && { next: placeOf(last) }) }
    },
    async sample(workspace, id, key, { most, from, to }) {
      const run = await numberOf(workspace, id)
      if (run === undefined) return []
      const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
      return pointsOf(key, await read(run, key, { kind: 'sample', most, ...range }))
    },
    async takeOver() {
      await moveMetrics(database, threads.add)
      await keep(await promisedPoints(database.read))
    },
    keep,
    collect() {
      collecting ??= collectAll(database, { remove: threads.remove, isClosed: () => closed })
        // What is left stands in the database, and is collected with the next removal or start.
        .catch(() => undefined)
        .finally(() => {
          collecting = undefined
        })
    },
    async close() {
      closed = true
      await threads.close()
      await collecting
      connection.close()
    },
  }
}

async function collectAll(
  database: Database,
  { remove, isClosed }: { readonly remove: (run: number) => Promise<void>; readonly isClosed: () => boolean },
): Promise<void> {
  while (!isClosed()) {
    const [next] = await database.read.db.selectFrom('metric_garbage').select('run').limit(1).execute()
    if (!next) return
    await remove(next.run)
    await database.write(({ db }) => db.deleteFrom('metric_garbage').where('run', '=', next.run).execute())
  }
}

/** A value that is null is NaN. */
const latestOf = ({ name, step, at, value }: SeriesRow): MetricPoint => ({
  key: name,
  value: value ?? Number.NaN,
  step,
  at,
})

const summaryOf = (row: SeriesRow): MetricSummary => ({
  ...latestOf(row),
  points: row.points,
  ...(row.low !== null && row.high !== null && { low: row.low, high: row.high }),
})

const pointsOf = (key: string, { points }: PointsRead): readonly MetricPoint[] =>
  Array.from({ length: countOf(points) }, (_, at) => ({
    key,
    value: points.values[at] ?? 0,
    step: points.steps[at] ?? 0,
    at: points.ats[at] ?? 0,
  }))

function readPlace(text: string): readonly [number, number, number] {
  const [step = 0, at = 0, value = 0] = text.split(' ').map(Number)
  return [step, at, value]
}
