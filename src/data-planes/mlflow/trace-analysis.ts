import { Type } from 'typebox'
import { experimentIdsOf } from '../../domain/experiments/find-experiment.ts'
import { traceFields } from '../../domain/search/fields.ts'
import { parseFilter } from '../../domain/search/filter.ts'
import { correlateFilters } from '../../domain/traces/correlate-filters.ts'
import { mlflow, required } from './mlflow-operation.ts'

const text = Type.Optional(Type.String())
/** Protocol buffers' JSON has words where JSON has no number. */
const number = (value: number): number | string => (Number.isNaN(value) ? 'NaN' : value)

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
]
