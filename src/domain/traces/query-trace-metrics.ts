import { fault } from '../../faults.ts'
import type { Repositories } from '../../store/store.ts'
import { searchTraces } from './search-traces.ts'
import { spansOf } from './spans.ts'
import type { TraceCondition } from './trace-conditions.ts'
import { type Measured, type MetricKind, metricViews } from './trace-measures.ts'

export interface Aggregation {
  readonly type: 'COUNT' | 'SUM' | 'AVG' | 'MIN' | 'MAX' | 'PERCENTILE'
  /** 0 to 100, of PERCENTILE alone. */
  readonly percentile?: number
}

export interface TraceMetricsQuery {
  readonly experimentIds: readonly string[]
  readonly view: string
  readonly metric: string
  readonly aggregations: readonly Aggregation[]
  readonly dimensions: readonly string[]
  readonly conditions: readonly TraceCondition[]
  /** Groups by times of so many seconds; both bounds are needed then. */
  readonly intervalSeconds?: number | undefined
  /** Epoch milliseconds; both belong to it. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly limit: number
}

export interface DataPoint {
  readonly dimensions: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, number>>
}

const BUCKET = 'time_bucket'

/**
 * Numbers of traces, of their spans or of what was said of them, by groups: by time first, then by the dimensions.
 *
 * @throws ParameterInvalid for what the metric has not
 */
export async function queryTraceMetrics(
  store: Repositories,
  workspace: string,
  query: TraceMetricsQuery,
): Promise<readonly DataPoint[]> {
  const kind = checked(query)
  const { dimensions, intervalSeconds: seconds, metric } = query
  const groups = new Map<string, { words: readonly string[]; numbers: number[]; seen: Set<string> }>()
  for await (const one of measuredOf(store, workspace, query, kind)) {
    const number = kind.counts ? 1 : one.numbers[metric]
    const words = groupOf(one, dimensions, seconds)
    const mark = kind.different === undefined ? undefined : one.words[kind.different]
    if (number === undefined || words === undefined || (kind.different !== undefined && mark === undefined)) continue
    const key = JSON.stringify(words)
    const group = groups.get(key) ?? { words, numbers: [], seen: new Set() }
    groups.set(key, group)
    if (mark !== undefined && group.seen.has(mark)) continue
    if (mark !== undefined) group.seen.add(mark)
    group.numbers.push(number)
  }
  const names = [...(seconds ? [BUCKET] : []), ...dimensions]
  return [...groups.values()]
    .toSorted((a, b) => compared(a.words, b.words))
    .slice(0, query.limit)
    .map(({ words, numbers }) => ({
      dimensions: Object.fromEntries(names.map((name, index) => [name, words[index] ?? ''])),
      values: Object.fromEntries(query.aggregations.map((each) => [labelOf(each), aggregated(each, numbers)])),
    }))
}

/** What the conditions and the times leave. What a span cost is asked for by its own time, all else by its trace's. */
async function* measuredOf(
  store: Repositories,
  workspace: string,
  { experimentIds, view, conditions, from, to }: TraceMetricsQuery,
  kind: MetricKind,
): AsyncGenerator<Measured> {
  const ownTime = view === 'SPANS' && kind.sums === true
  const isWithin = (at: number) => at >= (from ?? at) && at <= (to ?? at)
  const every = { experimentIds, filter: [], order: [], limit: Number.MAX_SAFE_INTEGER }
  for (const trace of (await searchTraces(store, workspace, every)).items) {
    if (!ownTime && !isWithin(trace.at)) continue
    if (!conditions.every(({ ofTrace }) => ofTrace?.(trace) ?? true)) continue
    const spans = view === 'SPANS' ? await spansOf(store, workspace, trace.id) : []
    for (const one of metricViews[view]?.measured(trace, spans) ?? []) {
      if (ownTime && !isWithin(one.at)) continue
      if (conditions.every(({ ofPart }) => ofPart?.(one) ?? true)) yield one
    }
  }
}

function checked(query: TraceMetricsQuery): MetricKind {
  const refuse = (reason: string) => fault('ParameterInvalid', { reason })
  const view = Object.hasOwn(metricViews, query.view) ? metricViews[query.view] : undefined
  if (!view) throw refuse(`view_type must be one of ${Object.keys(metricViews).join(', ')}, got '${query.view}'.`)
  const kind = Object.hasOwn(view.metrics, query.metric) ? view.metrics[query.metric] : undefined
  if (!kind) {
    throw refuse(`metric_name must be one of ${Object.keys(view.metrics).join(', ')}, got '${query.metric}'.`)
  }
  const types = kind.counts ? ['COUNT'] : [...(kind.sums ? ['SUM'] : []), 'AVG', 'MIN', 'MAX', 'PERCENTILE']
  for (const { type, percentile } of query.aggregations) {
    if (!types.includes(type)) {
      throw refuse(`Invalid aggregation type '${type}' of ${query.metric}; supported are ${types.join(', ')}.`)
    }
    if ((type === 'PERCENTILE') !== (percentile !== undefined)) {
      throw refuse('A percentile_value is required for PERCENTILE, and allowed for nothing else.')
    }
    if (percentile !== undefined && !(percentile >= 0 && percentile <= 100)) {
      throw refuse(`A percentile_value is between 0 and 100, got ${percentile}.`)
    }
  }
  const unknown = query.dimensions.find((name) => !kind.dimensions.includes(name))
  if (unknown !== undefined) {
    throw refuse(`Invalid dimension '${unknown}' of ${query.metric}; supported are ${kind.dimensions.join(', ')}.`)
  }
  if ((query.intervalSeconds ?? 0) < 0) throw refuse('time_interval_seconds is at least 0.')
  if (query.intervalSeconds && (query.from === undefined || query.to === undefined)) {
    throw refuse('start_time_ms and end_time_ms are required if time_interval_seconds is set.')
  }
  return kind
}

/** The group of a thing; undefined where it lacks one of the words. */
function groupOf({ at, words }: Measured, dimensions: readonly string[], seconds?: number): string[] | undefined {
  const found = dimensions.map((name) => words[name])
  if (found.some((word) => word === undefined)) return undefined
  const bucket = seconds ? [isoOf(Math.floor(at / (seconds * 1000)) * seconds * 1000)] : []
  return [...bucket, ...found.map(String)]
}

/** As Python writes a whole second of universal time. */
const isoOf = (at: number): string => new Date(at).toISOString().replace('.000Z', '+00:00')

function compared(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((word, index) => word !== b[index])
  return at < 0 ? 0 : (a[at] ?? '') < (b[at] ?? '') ? -1 : 1
}

/** `P` and the percentile as Python writes a float; else the type itself. */
const labelOf = ({ type, percentile }: Aggregation): string =>
  percentile === undefined ? type : `P${Number.isInteger(percentile) ? `${percentile}.0` : percentile}`

function aggregated({ type, percentile = 0 }: Aggregation, numbers: readonly number[]): number {
  if (type === 'COUNT') return numbers.length
  const sum = numbers.reduce((total, number) => total + number, 0)
  if (type === 'SUM') return sum
  if (type === 'AVG') return sum / numbers.length
  const sorted = numbers.toSorted((a, b) => a - b)
  const share = { MIN: 0, MAX: 1, PERCENTILE: percentile / 100 }[type]
  // Between two numbers by the straight line, as numpy's default has it.
  const place = share * (sorted.length - 1)
  const below = sorted[Math.floor(place)] ?? 0
  const above = sorted[Math.ceil(place)] ?? below
  return below + (above - below) * (place - Math.floor(place))
}
