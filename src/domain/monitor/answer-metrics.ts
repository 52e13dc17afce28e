import type { JsonObject } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Run, RunStatus } from '../../store/runs.ts'
import type { Page, Repositories } from '../../store/store.ts'
import type { Aggregation, MetricDefinition } from './definitions.ts'
import { type Point, type Series, seriesOf } from './dimensions.ts'
import type { MetricQuery } from './query-metrics.ts'

/** The state of a run whose begin a metric counts. */
const COUNTS: Readonly<Record<string, RunStatus>> = {
  'Not Started Runs': 'NotStarted',
  'Queued Runs': 'Queued',
  'Preparing Runs': 'Preparing',
  'Starting Runs': 'Starting',
  'Started Runs': 'Running',
  'Finalizing Runs': 'Finalizing',
  'Cancel Requested Runs': 'CancelRequested',
  'Completed Runs': 'Completed',
  'Failed Runs': 'Failed',
  'Cancelled Runs': 'Canceled',
}

/** What `metrics` of a resource answers: a series of each asked metric, with a value where something was measured. */
export async function answerMetrics(
  from: Repositories,
  resource: StoredResource,
  query: MetricQuery,
): Promise<JsonObject> {
  const begins = query.metrics.some((one) => one.from === 'runs') ? await beginsOf(from, resource, query) : []
  const samples = query.metrics.some((one) => one.from === 'samples')
    ? await from.samples.find(resource.id, iso(query.from), iso(query.to))
    : []
  const pointsOf = ({ name, from: kind }: MetricDefinition): readonly Point[] =>
    kind === 'runs'
      ? begins.filter(({ status }) => status === COUNTS[name]).map(({ at }) => ({ at, value: 1 }))
      : samples.flatMap(({ at, values }) => {
          const value = values[name]
          return value === undefined ? [] : [{ at: Date.parse(at), value }]
        })
  const allOf = (metric: MetricDefinition): readonly Series[] =>
    query.dimensions.length > 0
      ? seriesOf(metric.name, samples, query.dimensions)
      : [{ labels: [], points: pointsOf(metric) }]
  return {
    cost: 0,
    timespan: `${iso(query.from)}/${iso(query.to)}`,
    interval: query.interval,
    namespace: resource.type,
    resourceregion: String(resource.body.location ?? ''),
    value: query.metrics.map((metric) => ({
      id: `${resource.id}/providers/Microsoft.Insights/metrics/${metric.name}`,
      type: 'Microsoft.Insights/metrics',
      name: { value: metric.name, localizedValue: metric.name },
      displayDescription: metric.description,
      unit: metric.unit,
      timeseries: allOf(metric).map(({ labels, points }) => ({
        metadatavalues: query.dimensions.map(({ name }, at) => ({
          name: { value: name, localizedValue: name },
          value: labels[at] ?? '',
        })),
        data: dataOf(metric, points, query),
      })),
      errorCode: 'Success',
    })),
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()

/** The longest that a run may be under way, as in Azure: who looks for its end need not look at older ones. */
const LONGEST_RUN_MS = 30 * 86_400_000

/** When runs of a workspace entered a state, within the asked time. */
async function beginsOf(
  from: Repositories,
  { id }: StoredResource,
  { from: begin, to }: MetricQuery,
): Promise<readonly { readonly status: RunStatus; readonly at: number }[]> {
  const found: { status: RunStatus; at: number }[] = []
  let after: string | undefined
  do {
    const page: Page<Run> = await from.runs.find(foldId(id), { limit: 500, ...(after !== undefined && { after }) })
    for (const { spans } of page.items) {
      for (const { status, at } of spans) {
        const time = Date.parse(at)
        if (time >= begin && time < to) found.push({ status, at: time })
      }
    }
    const oldest = page.items.at(-1)
    after = oldest && Date.parse(oldest.createdAt) < begin - LONGEST_RUN_MS ? undefined : page.next
    // Others get their turn between two pages of many runs.
    await new Promise(setImmediate)
  } while (after !== undefined)
  return found
}

function dataOf(metric: MetricDefinition, points: readonly Point[], query: MetricQuery): JsonObject[] {
  const { from, to, stepMs, aggregations = [metric.primary] } = query
  const buckets = Map.groupBy(points, ({ at }) => Math.floor((at - from) / stepMs))
  const data: JsonObject[] = []
  for (let start = from, index = 0; start < to; start += stepMs, index++) {
    const values = (buckets.get(index) ?? []).map(({ value }) => value)
    // That no run entered a state is known; what nobody measured is not.
    const known = values.length > 0 || metric.from === 'runs'
    const cells = known ? aggregations.map((one) => [one.toLowerCase(), aggregate(one, values)] as const) : []
    data.push({ timeStamp: iso(start), ...Object.fromEntries(cells) })
  }
  return data
}

function aggregate(aggregation: Aggregation, values: readonly number[]): number {
  const total = values.reduce((sum, value) => sum + value, 0)
  if (aggregation === 'Total') return total
  if (aggregation === 'Count') return values.length
  if (values.length === 0) return 0
  if (aggregation === 'Average') return total / values.length
  return aggregation === 'Minimum' ? Math.min(...values) : Math.max(...values)
}
