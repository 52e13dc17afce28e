import { Type } from 'typebox'
import { logBatch } from '../../domain/metrics/log-batch.ts'
import { findRun } from '../../domain/runs/find-run.ts'
import { pageToken, readPageToken } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import type { MetricPoint } from '../../store/runs.ts'
import { historyRefusal } from '../history-errors.ts'
import { type Face, operation } from '../operation.ts'

const PAGE = 1000
const read = 'experiments/runs/read'

const Named = Type.Object({
  metricName: Type.String(),
  continuationToken: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})

/** A scalar series as the metric service writes it: a table of one column that has the metric's name. */
const presentSeries = (run: string, name: string, points: readonly MetricPoint[]): JsonObject => ({
  dataContainerId: `dcid.${run}`,
  name,
  columns: { [name]: 'Double' },
  properties: { uxMetricType: 'azureml.v1.scalar' },
  namespace: null,
  standardSchemaId: null,
  value: points.map(({ step, at, value }) => ({
    metricId: `${run}/${name}/${step}/${at}`,
    createdUtc: new Date(at).toISOString(),
    step,
    data: { [name]: Number.isFinite(value) ? value : String(value) },
  })),
})

/** The metric service of run history. */
export const metricFace: Face = {
  name: 'Metrics',
  prefixes: ['/metric/v2.0'],
  refuse: historyRefusal,
  operations: [
    operation({
      name: 'Metric.listMetric',
      method: 'POST',
      path: '/runs/{runId}/list',
      right: read,
      async answer({ store }, { workspace, params }) {
        const run = await findRun(store, workspace.key, params)
        const latest = await store.runs.latestMetrics(workspace.key, run.id)
        return {
          value: latest.map(({ key }) => ({
            dataContainerId: `dcid.${run.id}`,
            name: key,
            columns: { [key]: 'Double' },
            properties: { uxMetricType: 'azureml.v1.scalar' },
            namespace: null,
            standardSchemaId: null,
          })),
        }
      },
    }),
    ...(['full', 'sample'] as const).map((kind) =>
      operation({
        name: kind === 'full' ? 'Metric.getFullFidelityMetric' : 'Metric.getSampledMetric',
        method: 'POST',
        path: `/runs/{runId}/${kind}`,
        right: read,
        body: Named,
        async answer({ store }, { workspace, params, body }) {
          const run = await findRun(store, workspace.key, params)
          const after = readPageToken(body.continuationToken ?? undefined)
          const page = await store.runs.metricHistory(workspace.key, run.id, body.metricName, {
            limit: PAGE,
            ...(after !== undefined && { after }),
          })
          if (page.items.length === 0 && after === undefined) {
            throw fault('MetricNotFound', { metric: body.metricName, run: run.id })
          }
          return {
            ...presentSeries(run.id, body.metricName, page.items),
            ...(kind === 'sample' && { isPartialResult: page.next !== undefined, derivedLabelValues: {} }),
            ...(page.next !== undefined && { continuationToken: pageToken(page.next) }),
          }
        },
      }),
    ),
    operation({
      name: 'Metric.postRunMetrics',
      method: 'POST',
      path: '/runs/{runId}/batch',
      right: 'experiments/runs/write',
      body: Type.Object({
        values: Type.Array(
          Type.Object({
            name: Type.String(),
            value: Type.Array(
              Type.Object({
                createdUtc: Type.Optional(Type.Union([Type.String(), Type.Null()])),
                step: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
                data: Type.Record(Type.String(), Type.Any()),
              }),
            ),
          }),
        ),
      }),
      async answer(deps, { workspace, params, body }) {
        const metrics = body.values.flatMap(({ name, value }) =>
          value.flatMap(({ createdUtc, step, data }) =>
            Object.entries(data).map(([column, cell]): MetricPoint => {
              const key = Object.keys(data).length === 1 ? name : `${name}.${column}`
              if (typeof cell !== 'number')
                throw fault('ParameterInvalid', {
                  reason: `Metric '${key}' is no number: tables and images are not kept as metrics here.`,
                })
              return {
                key,
                value: cell,
                step: step ?? 0,
                at: createdUtc ? Date.parse(createdUtc) : deps.now().getTime(),
              }
            }),
          ),
        )
        await logBatch(deps, workspace.key, { run: params.runId, metrics, params: [], tags: [] })
        return { errors: [] }
      },
    }),
  ],
}
