import { Type } from 'typebox'
import { findRun } from '../../domain/runs/find-run.ts'
import { pageToken, readPageToken } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import { limitOf } from './listing.ts'
import { mlflow, required, runIdOf } from './mlflow-operation.ts'
import { presentMetric } from './present.ts'
import { RunIds, Whole } from './schemas.ts'

const right = 'experiments/runs/read'
const text = Type.Optional(Type.String())
const MOST_POINTS = 25_000
const MOST_RUNS = 100
/** Points of a run in a chart: more than a screen has pixels is of no use. */
const MOST_IN_CHART = 2500
const USUAL_IN_CHART = 320

/** The runs that a request for several names. @throws ParameterInvalid for none, or too many of them */
function runsOf(name: string, ids: readonly string[] | undefined): readonly string[] {
  const found = [...new Set(ids ?? [])]
  if (found.length === 0) {
    throw fault('ParameterInvalid', { reason: `Missing value for required parameter '${name}': at least one ${name}.` })
  }
  if (found.length > MOST_RUNS) {
    const reason = `Invalid value for parameter '${name}' supplied: at most ${MOST_RUNS} runs, got ${found.length}.`
    throw fault('ParameterInvalid', { reason })
  }
  return found
}

/** @throws ParameterInvalid where only one of both is given, or none lies between them */
function stepsOf(start: number | string | undefined, end: number | string | undefined) {
  if (start === undefined && end === undefined) return {}
  if (start === undefined || end === undefined) {
    const reason = 'If either start step or end step are specified, both must be specified.'
    throw fault('ParameterInvalid', { reason })
  }
  const [from, to] = [Number(start), Number(end)]
  if (from > to) {
    throw fault('ParameterInvalid', {
      reason: `end_step must be greater than start_step. Found start_step=${from} and end_step=${to}.`,
    })
  }
  return { from, to }
}

/** What runs measured, point by point. */
export const metricOperations = [
  mlflow({
    name: 'getMetricHistory',
    method: 'GET',
    path: '/metrics/get-history',
    right,
    input: Type.Object({ ...RunIds, metric_key: text, max_results: Type.Optional(Whole), page_token: text }),
    async answer({ store }, { input, workspace }): Promise<JsonObject> {
      const key = required('metric_key', input.metric_key)
      const run = await findRun(store, workspace.key, { runId: runIdOf(input) })
      const after = readPageToken(input.page_token)
      const asked = limitOf(input.max_results, { usual: MOST_POINTS, most: Number.MAX_SAFE_INTEGER })
      const page = await store.metrics.history(workspace.key, run.id, key, {
        limit: Math.min(asked, MOST_POINTS),
        ...(after !== undefined && { after }),
      })
      return {
        metrics: page.items.map(presentMetric),
        ...(page.next !== undefined && { next_page_token: pageToken(page.next) }),
      }
    },
  }),
  mlflow({
    name: 'getMetricHistoryBulk',
    method: 'GET',
    path: '/metrics/get-history-bulk',
    right,
    input: Type.Object({
      run_id: Type.Optional(Type.Array(Type.String())),
      metric_key: text,
      max_results: Type.Optional(Whole),
    }),
    async answer({ store }, { input, workspace }): Promise<JsonObject> {
      const ids = runsOf('run_id', input.run_id).toSorted()
      const key = required('metric_key', input.metric_key)
      const limit = Math.min(
        limitOf(input.max_results, { usual: MOST_POINTS, most: Number.MAX_SAFE_INTEGER }),
        MOST_POINTS,
      )
      const metrics: JsonObject[] = []
      for (const id of ids) {
        const run = await findRun(store, workspace.key, { runId: id })
        const { items } = await store.metrics.history(workspace.key, run.id, key, { limit: limit - metrics.length })
        metrics.push(...items.map((point) => ({ ...presentMetric(point), run_id: run.id })))
        if (metrics.length === limit) break
      }
      return { metrics }
    },
  }),
  mlflow({
    name: 'getMetricHistoryBulkInterval',
    method: 'GET',
    path: '/metrics/get-history-bulk-interval',
    right,
    input: Type.Object({
      run_ids: Type.Optional(Type.Array(Type.String())),
      metric_key: text,
      start_step: Type.Optional(Whole),
      end_step: Type.Optional(Whole),
      max_results: Type.Optional(Whole),
    }),
    async answer({ store }, { input, workspace }): Promise<JsonObject> {
      const ids = runsOf('run_ids', input.run_ids)
      const key = required('metric_key', input.metric_key)
      const most = limitOf(input.max_results, { usual: USUAL_IN_CHART, most: MOST_IN_CHART })
      const range = { most, ...stepsOf(input.start_step, input.end_step) }
      const series = await Promise.all(
        ids.map(async (id) => {
          const run = await findRun(store, workspace.key, { runId: id })
          const points = await store.metrics.sample(workspace.key, run.id, key, range)
          return points.map((point) => ({ ...presentMetric(point), run_id: run.id }))
        }),
      )
      return { metrics: series.flat() }
    },
  }),
]
