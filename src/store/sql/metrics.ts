import { fault } from '../../faults.ts'
import type { MetricPoint, Runs } from '../runs.ts'
import type { Session } from './session.ts'

type Metrics = Pick<Runs, 'addMetrics' | 'latestMetrics' | 'metricHistory'>

interface Point {
  readonly step: number
  readonly at: number
  readonly value: number
  readonly nan: number
}

/**
 * Metrics over any SQL database: a series per run and key that holds its latest point, and the points.
 *
 * NaN is kept as a mark beside a zero: SQLite turns it into NULL, and it orders as zero, as MLflow's own store has it.
 */
export function sqlMetrics({ db, run }: Session): Metrics {
  const runSeq = db.selectFrom('runs').select('seq').where('workspace', '=', '').where('id_key', '=', '').compile()
  const seriesOf = db
    .selectFrom('metric_series')
    .select(['id', 'step', 'at', 'value', 'nan'])
    .where('run', '=', 0)
    .where('key', '=', '')
    .compile()
  const newSeries = db
    .insertInto('metric_series')
    .values({ run: 0, key: '', step: 0, at: 0, value: 0, nan: 0 })
    .returning('id')
    .compile()
  const moveLatest = db
    .updateTable('metric_series')
    .set({ step: 0, at: 0, value: 0, nan: 0 })
    .where('id', '=', 0)
    .compile()
  const addPoint = db
    .insertInto('metric_points')
    .values({ series: 0, step: 0, at: 0, value: 0, nan: 0 })
    .onConflict((conflict) => conflict.doNothing())
    .compile()
  const latest = db
    .selectFrom('metric_series')
    .innerJoin('runs', 'runs.seq', 'metric_series.run')
    .select(['metric_series.key', 'metric_series.step', 'metric_series.at', 'metric_series.value', 'metric_series.nan'])
    .where('runs.workspace', '=', '')
    .where('runs.id_key', '=', '')
    .orderBy('metric_series.key')
    .compile()

  return {
    async addMetrics(workspace, id, points) {
      if (points.length === 0) return
      const [owner] = await run<{ seq: number }>(runSeq, [workspace, id.toLowerCase()])
      if (!owner) throw fault('RunNotFound', { run: id })
      for (const [key, added] of Map.groupBy(points, (point) => point.key)) {
        const stored = added.map(storedPoint)
        const newest = stored.reduce((best, point) => (isLater(point, best) ? point : best))
        const [known] = await run<Point & { id: number }>(seriesOf, [owner.seq, key])
        const series = known?.id ?? (await run<{ id: number }>(newSeries, [owner.seq, key, ...values(newest)]))[0]?.id
        if (known && isLater(newest, known)) await run(moveLatest, [...values(newest), known.id])
        for (const point of stored) await run(addPoint, [series, ...values(point)])
      }
    },
    async latestMetrics(workspace, id) {
      const rows = await run<Point & { key: string }>(latest, [workspace, id.toLowerCase()])
      return rows.map((row) => present(row.key, row))
    },
    async metricHistory(workspace, id, key, { after, limit } = {}) {
      let found = db
        .selectFrom('metric_points')
        .innerJoin('metric_series', 'metric_series.id', 'metric_points.series')
        .innerJoin('runs', 'runs.seq', 'metric_series.run')
        .select(['metric_points.step', 'metric_points.at', 'metric_points.value', 'metric_points.nan'])
        .where('runs.workspace', '=', workspace)
        .where('runs.id_key', '=', id.toLowerCase())
        .where('metric_series.key', '=', key)
        .orderBy('metric_points.step')
        .orderBy('metric_points.at')
        .orderBy('metric_points.value')
        .orderBy('metric_points.nan')
      if (after !== undefined) {
        const from = pointAfter(after)
        found = found.where(({ eb, refTuple, tuple }) =>
          eb(
            refTuple('metric_points.step', 'metric_points.at', 'metric_points.value', 'metric_points.nan'),
            '>',
            tuple(from.step, from.at, from.value, from.nan),
          ),
        )
      }
      if (limit !== undefined) found = found.limit(limit + 1)
      const rows = await found.execute()
      const items = limit === undefined ? rows : rows.slice(0, limit)
      const last = items.at(-1)
      return {
        items: items.map((row) => present(key, row)),
        ...(rows.length > items.length && last && { next: values(last).join(' ') }),
      }
    },
  }
}

const storedPoint = ({ step, at, value }: MetricPoint): Point =>
  Number.isNaN(value) ? { step, at, value: 0, nan: 1 } : { step, at, value, nan: 0 }

const values = (point: Point): readonly number[] => [point.step, point.at, point.value, point.nan]

const present = (key: string, point: Point): MetricPoint => ({
  key,
  value: point.nan ? Number.NaN : point.value,
  step: point.step,
  at: point.at,
})

/** The latest point has the greatest step, then time, then value. */
function isLater(a: Point, b: Point): boolean {
  if (a.step !== b.step) return a.step > b.step
  if (a.at !== b.at) return a.at > b.at
  return a.value > b.value
}

function pointAfter(text: string): Point {
  const [step = 0, at = 0, value = 0, nan = 0] = text.split(' ').map(Number)
  return { step, at, value, nan }
}
