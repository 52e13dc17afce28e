import { randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import type { Json, JsonObject } from '../../json.ts'
import type { MetricPoint } from '../../store/metrics.ts'
import type { Store } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { writableRun } from '../runs/find-run.ts'
import { checkBatch, limitsFor } from './limits.ts'
import { announce } from './log-batch.ts'

export const SCALAR = 'azureml.v1.scalar'
const TABLE = 'azureml.v1.table'

/** One row of a metric of run history. `at` is epoch milliseconds, with their parts. */
export interface MetricRow {
  readonly id?: string
  readonly at: number
  readonly step?: number
  readonly data: JsonObject
}

/** What a client of run history logs under a name: numbers, texts, tables, or where an image or a JSON document lies. */
export interface TypedMetric {
  readonly name: string
  /** `azureml.v1.scalar`, `azureml.v1.table`, `azureml.v2.image` and the like. */
  readonly type?: string
  /** The columns' types, by name. */
  readonly columns?: Readonly<Record<string, string>>
  readonly rows: readonly MetricRow[]
}

/** A metric as it is listed. */
export interface MetricDefinition {
  readonly name: string
  readonly type: string
  readonly columns: Readonly<Record<string, string>>
}

/**
 * Keeps what a client of run history logs. Numbers are points of a series, the same that MLflow sees; everything else is
 * kept row by row, with its type.
 *
 * @throws RunNotFound, RunIsDeleted, ParameterInvalid
 */
export async function logTyped(
  deps: Pick<Deps, 'store' | 'runSignals' | 'settings'>,
  workspace: string,
  { run, metrics }: { readonly run: string; readonly metrics: readonly TypedMetric[] },
): Promise<void> {
  const owner = await writableRun(deps.store, workspace, run)
  const points = apart(metrics.filter(isSeries).flatMap(pointsOf))
  const limits = limitsFor(deps.settings)
  for (let from = 0; from < points.length; from += BATCH) {
    // Clients of run history tell times finer than MLflow's limits know.
    const whole = points.slice(from, from + BATCH).map((point) => ({ ...point, at: Math.floor(point.at) }))
    checkBatch({ metrics: whole, params: [], tags: [] }, limits)
  }
  const others = metrics.filter((metric) => !isSeries(metric))
  const records = others.flatMap((metric) => metric.rows.map((row) => recordOf(metric, row)))
  if (records.length === 0) await deps.store.metrics.add(workspace, owner.id, points)
  else {
    await deps.store.write(async ({ runRecords, pendingPoints }) => {
      await runRecords.add(workspace, owner.id, records)
      await pendingPoints.add(workspace, owner.id, points)
    })
  }
  announce(deps.runSignals, owner, points)
}

/** MLflow's limit, which `checkBatch` keeps. */
const BATCH = 1000

/** A series has one column, named as the metric, and numbers in it. */
const isSeries = ({ name, type = SCALAR, rows }: TypedMetric): boolean =>
  type === SCALAR &&
  rows.every(({ data }) => Object.keys(data).length === 1 && typeof numberOf(data[name]) === 'number')

/** JSON has no NaN and no infinities: clients write them as words. */
function numberOf(value: Json | undefined): number | undefined {
  if (typeof value === 'number') return value
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : undefined
}

const pointsOf = ({ name, rows }: TypedMetric): MetricPoint[] =>
  rows.map(({ at, step, data }) => ({ key: name, value: numberOf(data[name]) ?? 0, step: step ?? 0, at }))

/** Values that a client logs in the same moment are values of their own: the later ones get a moment of their own. */
function apart(points: readonly MetricPoint[]): readonly MetricPoint[] {
  const latest = new Map<string, number>()
  return points.map((point) => {
    const place = `${point.step} ${point.key}`
    const before = latest.get(place)
    const at = before !== undefined && point.at <= before ? before + MOMENT : point.at
    latest.set(place, at)
    return { ...point, at }
  })
}

/** As fine as a double tells times of our days apart. */
const MOMENT = 1 / 1024

function recordOf(metric: TypedMetric, row: MetricRow) {
  const { name, type, columns = {} } = metric
  const kept = Object.keys(columns).length > 0 ? columns : columnsOf(row.data)
  const single = Object.keys(kept).length === 1 && Object.hasOwn(kept, name)
  const { at, step = null, data } = row
  const body = { type: type ?? (single ? SCALAR : TABLE), columns: { ...kept }, at, step, data }
  return { kind: 'metric' as const, name, id: row.id ?? randomUUID(), body }
}

const columnsOf = (data: JsonObject): Record<string, string> =>
  Object.fromEntries(Object.entries(data).map(([name, value]) => [name, typeOf(value)]))

/** The word of the metric service for a value's type. */
function typeOf(value: Json | undefined): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'Int' : 'Double'
  if (typeof value === 'boolean') return 'Bool'
  if (Array.isArray(value)) return `${value.every((one) => typeof one === 'number') ? 'Double' : 'String'}Array`
  return 'String'
}

/** All metrics of a run: its series, and what is kept row by row. */
export async function listTyped(store: Store, workspace: string, run: string): Promise<readonly MetricDefinition[]> {
  const series = await store.metrics.summaries(workspace, run)
  const kept = await store.runRecords.first(workspace, run, 'metric')
  const names = new Set(kept.map(({ name }) => name))
  return [
    ...series.filter(({ key }) => !names.has(key)).map(({ key }) => definition(key, SCALAR, { [key]: 'Double' })),
    ...kept.map(({ name, body }) => definition(name, String(body.type), columnsIn(body))),
  ]
}

const definition = (name: string, type: string, columns: Readonly<Record<string, string>>): MetricDefinition => ({
  name,
  type,
  columns,
})

const columnsIn = (body: JsonObject): Record<string, string> => (body.columns ?? {}) as Record<string, string>

export interface ReadMetric extends MetricDefinition {
  readonly rows: readonly MetricRow[]
  /** How many there are in all. */
  readonly total: number
  readonly next?: string
}

/** A page of a metric's rows, or with `most` so many that draw the same line. @throws MetricNotFound */
export async function readTyped(
  store: Store,
  workspace: string,
  asked: {
    readonly run: string
    readonly name: string
    readonly limit?: number
    readonly after?: string
    readonly most?: number
  },
): Promise<ReadMetric> {
  const { run, name, limit, after, most } = asked
  const [kept] = (await store.runRecords.find(workspace, run, { kind: 'metric', name, limit: 1 })).items
  const summary = (await store.metrics.summaries(workspace, run)).find(({ key }) => key === name)
  if (!summary && !kept) throw fault('MetricNotFound', { metric: name, run })
  const page = { ...(limit !== undefined && { limit }), ...(after !== undefined && { after }) }
  if (kept) {
    // Numbers that came under the name of a table, or before a text, are read with it.
    const numbers = after === undefined && summary ? (await store.metrics.history(workspace, run, name)).items : []
    const { items, next } = await store.runRecords.find(workspace, run, { kind: 'metric', name, ...page })
    const rows = [...numbers.map(rowOf(run)), ...items.map(({ id, body }) => ({ id, ...rowIn(body) }))]
    const all = { ...definition(name, String(kept.body.type), columnsIn(kept.body)), rows, total: rows.length }
    return { ...all, ...(next !== undefined && { next }) }
  }
  const series = definition(name, SCALAR, { [name]: 'Double' })
  const total = summary?.points ?? 0
  if (most !== undefined) {
    const points = await store.metrics.sample(workspace, run, name, { most })
    return { ...series, rows: points.map(rowOf(run)), total }
  }
  const { items, next } = await store.metrics.history(workspace, run, name, page)
  return { ...series, rows: items.map(rowOf(run)), total, ...(next !== undefined && { next }) }
}

const rowIn = (body: JsonObject): MetricRow => ({
  at: Number(body.at),
  ...(typeof body.step === 'number' && { step: body.step }),
  data: (body.data ?? {}) as JsonObject,
})

const rowOf =
  (run: string) =>
  ({ key, step, at, value }: MetricPoint): MetricRow => ({
    id: pointId(run, { key, step, at }),
    at,
    step,
    data: { [key]: Number.isFinite(value) ? value : String(value) },
  })

/** A point has no id of its own: what tells it apart is one. */
const pointId = (run: string, { key, step, at }: Pick<MetricPoint, 'key' | 'step' | 'at'>): string =>
  Buffer.from(JSON.stringify([run, key, step, at])).toString('base64url')

/** The run and the name in the id of a point; undefined for an id that is none. */
export function pointNamed(id: string): { readonly run: string; readonly name: string } | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(id, 'base64url').toString())
    if (!Array.isArray(parts) || typeof parts[0] !== 'string' || typeof parts[1] !== 'string') return undefined
    return { run: parts[0], name: parts[1] }
  } catch {
    return undefined
  }
}

/** Epoch milliseconds of a time, with its microseconds; `now` where a client names none. @throws ParameterInvalid */
export function momentOf(text: string | null | undefined, now: Date): number {
  if (!text) return now.getTime()
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw fault('ParameterInvalid', { reason: `'${text}' is no time.` })
  const beyond = /\.\d{3}(?<micros>\d{1,3})/.exec(text)?.groups?.micros ?? '0'
  return ms + Number(beyond.padEnd(3, '0')) / 1000
}
