import { fault } from '../../faults.ts'
import { durationSeconds } from '../computes/duration.ts'
import { type Aggregation, type MetricDefinition, metricsOf } from './definitions.ts'
import { readFilter, type WantedDimension } from './dimensions.ts'

/** What a request for metrics asks, checked. Times are epoch milliseconds. */
export interface MetricQuery {
  readonly metrics: readonly MetricDefinition[]
  readonly aggregations: readonly Aggregation[] | undefined
  /** By what values are told apart. */
  readonly dimensions: readonly WantedDimension[]
  readonly from: number
  readonly to: number
  readonly stepMs: number
  /** As it is shown. */
  readonly interval: string
}

const HOUR_MS = 3_600_000
const MOST_POINTS = 20_000
const INTERVALS = ['PT1M', 'PT5M', 'PT15M', 'PT30M', 'PT1H', 'PT6H', 'PT12H', 'P1D', 'FULL']
const AGGREGATIONS: readonly Aggregation[] = ['Average', 'Minimum', 'Maximum', 'Total', 'Count']

/**
 * Reads `metricnames`, `timespan`, `interval`, `aggregation` and `$filter`.
 *
 * @throws MetricUnknown, MetricQueryInvalid
 */
export function readMetricQuery(query: URLSearchParams, type: string, now: Date): MetricQuery {
  const text = (name: string): string | undefined =>
    [...query].find(([key]) => key.toLowerCase() === name)?.[1].trim() || undefined
  const namespace = text('metricnamespace')
  if (namespace !== undefined && namespace.toLowerCase() !== type.toLowerCase()) {
    throw invalid(`the namespace '${namespace}' is not that of '${type}'`)
  }
  const { from, to } = spanOf(text('timespan'), now)
  const interval = text('interval')?.toUpperCase() ?? 'PT1M'
  if (!INTERVALS.includes(interval)) throw invalid(`the interval '${interval}' is none of ${INTERVALS.join(', ')}`)
  const stepMs = interval === 'FULL' ? to - from : (durationSeconds(interval) ?? 60) * 1000
  if ((to - from) / stepMs > MOST_POINTS) throw invalid(`the timespan holds more than ${MOST_POINTS} intervals`)
  const metrics = metricsNamed(text('metricnames'), type)
  const filter = text('$filter')
  return {
    metrics,
    dimensions: filter === undefined ? [] : readFilter(filter, metrics),
    aggregations: aggregationsOf(text('aggregation')),
    from: interval === 'FULL' ? from : Math.floor(from / stepMs) * stepMs,
    to,
    stepMs,
    interval,
  }
}

const invalid = (reason: string) => fault('MetricQueryInvalid', { reason })

function metricsNamed(names: string | undefined, type: string): readonly MetricDefinition[] {
  const all = metricsOf(type)
  if (names === undefined) return all.slice(0, 1)
  return names.split(',').map((name) => {
    const wanted = name.trim().replaceAll('%2', ',').toLowerCase()
    const found = all.find((one) => one.name.toLowerCase() === wanted)
    if (found) return found
    throw fault('MetricUnknown', { type, metric: name.trim(), valid: all.map((one) => one.name).join(',') })
  })
}

function aggregationsOf(names: string | undefined): readonly Aggregation[] | undefined {
  return names?.split(',').map((name) => {
    const found = AGGREGATIONS.find((one) => one.toLowerCase() === name.trim().toLowerCase())
    if (!found) throw invalid(`the aggregation '${name.trim()}' is none of ${AGGREGATIONS.join(', ')}`)
    return found
  })
}

/** `{begin}/{end}`, or a duration up to now; the last hour where nothing is said. */
function spanOf(timespan: string | undefined, now: Date): { readonly from: number; readonly to: number } {
  if (timespan === undefined) return { from: now.getTime() - HOUR_MS, to: now.getTime() }
  const seconds = durationSeconds(timespan)
  if (seconds !== undefined && seconds > 0) return { from: now.getTime() - seconds * 1000, to: now.getTime() }
  // az encodes the times once more than needed.
  const [begin, end, more] = timespan
    .replaceAll(/%3A/gi, ':')
    .replaceAll(/%2F/gi, '/')
    .replaceAll(/%2B/gi, '+')
    .split('/')
  const [from, to] = [begin, end].map((time = '') => Date.parse(/[zZ]$|[+-]\d\d:?\d\d$/.test(time) ? time : `${time}Z`))
  if (from === undefined || to === undefined || Number.isNaN(from + to) || more !== undefined) {
    throw invalid(`the timespan '${timespan}' is no '{begin}/{end}' and no duration`)
  }
  if (to <= from) throw invalid('the end of the timespan lies before its begin')
  return { from, to }
}
