import { Type } from 'typebox'
import { experimentIdsOf } from '../../domain/experiments/find-experiment.ts'
import { traceFields } from '../../domain/search/fields.ts'
import { parseFilter } from '../../domain/search/filter.ts'
import { correlateFilters } from '../../domain/traces/correlate-filters.ts'
import { queryTraceMetrics } from '../../domain/traces/query-trace-metrics.ts'
import { traceCondition } from '../../domain/traces/trace-conditions.ts'
import { mlflow, required } from './mlflow-operation.ts'
import { Whole } from './schemas.ts'

const text = Type.Optional(Type.String())
/** Protocol buffers' JSON has words where JSON has no number. */
const number = (value: number): number | string => (Number.isNaN(value) ? 'NaN' : value)
const whole = Type.Optional(Whole)
const wholeOf = (value: number | string | undefined): number | undefined =>
  value === undefined ? undefined : Number(value)
const texts = Type.Optional(Type.Array(Type.String()))
const MOST_POINTS = 1000

const Aggregation = Type.Object({
  aggregation_type: Type.Union(
    (['COUNT', 'SUM', 'AVG', 'PERCENTILE', 'MIN', 'MAX'] as const).map((type) => Type.Literal(type)),
  ),
  percentile_value: Type.Optional(Type.Number()),
})

/** What is worked out from traces. */
export const traceAnalysisOperations = [
  mlflow({
    name: 'calculateTraceFilterCorrelation',
    method: 'POST',
    api: '3.0',
    path: '/traces/calculate-filter-correlation',
    right: 'experiments/runs/read',
    input: Type.Object({
      experiment_ids: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
      ...{ filter_string1: text, filter_string2: text, base_filter: text },
    }),
    async answer({ store }, { input, workspace }) {
      const found = await correlateFilters(store, workspace.key, {
        experimentIds: await experimentIdsOf(store, workspace.key, required('experiment_ids', input.experiment_ids)),
        base: parseFilter(input.base_filter ?? '', traceFields),
        first: parseFilter(required('filter_string1', input.filter_string1), traceFields),
        second: parseFilter(required('filter_string2', input.filter_string2), traceFields),
      })
      return {
        npmi: number(found.npmi),
        npmi_smoothed: number(found.npmiSmoothed),
        filter1_count: found.first,
        filter2_count: found.second,
        joint_count: found.both,
        total_count: found.all,
      }
    },
  }),
  mlflow({
    name: 'queryTraceMetrics',
    method: 'POST',
    api: '3.0',
    path: '/traces/metrics',
    right: 'experiments/runs/read',
    input: Type.Object({
      experiment_ids: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
      ...{ view_type: text, metric_name: text, page_token: text },
      ...{ dimensions: texts, filters: texts },
      aggregations: Type.Optional(Type.Array(Aggregation, { minItems: 1 })),
      ...{ time_interval_seconds: whole, start_time_ms: whole, end_time_ms: whole },
      max_results: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_POINTS })),
    }),
    async answer({ store }, { input, workspace }) {
      const view = required('view_type', input.view_type)
      const metric = required('metric_name', input.metric_name)
      const points = await queryTraceMetrics(store, workspace.key, {
        experimentIds: await experimentIdsOf(store, workspace.key, required('experiment_ids', input.experiment_ids)),
        view,
        metric,
        aggregations: required('aggregations', input.aggregations).map(
          ({ aggregation_type: type, percentile_value: percentile }) => ({
            type,
            ...(percentile !== undefined && { percentile }),
          }),
        ),
        dimensions: input.dimensions ?? [],
        conditions: (input.filters ?? []).map((filter) => traceCondition(filter, view)),
        intervalSeconds: wholeOf(input.time_interval_seconds),
        from: wholeOf(input.start_time_ms),
        to: wholeOf(input.end_time_ms),
        limit: input.max_results ?? MOST_POINTS,
      })
      return { data_points: points.map((point) => ({ metric_name: metric, ...point })) }
    },
  }),
]
