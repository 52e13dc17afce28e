import { Type } from 'typebox'
import type { Deps } from '../../domain/deps.ts'
import {
  listTyped,
  logTyped,
  type MetricDefinition,
  type MetricRow,
  momentOf,
  readTyped,
  type TypedMetric,
} from '../../domain/metrics/typed-metrics.ts'
import { findRun } from '../../domain/runs/find-run.ts'
import { pageToken, readPageToken } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import { historyRefusal } from '../history-errors.ts'
import { type Face, operation } from '../operation.ts'

const PAGE = 1000
/** Points of a chart. */
const CHART = 2000
const read = 'experiments/runs/read'
const write = 'experiments/runs/write'
const MaybeText = Type.Optional(Type.Union([Type.String(), Type.Null()]))

const Named = Type.Object({
  metricName: Type.String(),
  continuationToken: MaybeText,
  startTime: MaybeText,
  endTime: MaybeText,
})
const Batch = Type.Object({
  values: Type.Array(
    Type.Object({
      name: Type.String(),
      columns: Type.Optional(Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()])),
      properties: Type.Optional(Type.Union([Type.Object({ uxMetricType: MaybeText }), Type.Null()])),
      value: Type.Array(
        Type.Object({
          metricId: MaybeText,
          createdUtc: MaybeText,
          step: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
          data: Type.Record(Type.String(), Type.Any()),
        }),
      ),
    }),
  ),
})

const presentDefinition = (run: string, { name, type, columns }: MetricDefinition): JsonObject => ({
  metricKey: { name, namespace: null, labels: [], columnNames: Object.keys(columns) },
  dataContainerId: `dcid.${run}`,
  name,
  columns: { ...columns },
  properties: { uxMetricType: type },
  namespace: null,
  standardSchemaId: null,
})

const presentRow = ({ id, at, step, data }: MetricRow): JsonObject => ({
  metricId: id ?? null,
  createdUtc: new Date(at).toISOString(),
  step: step ?? null,
  data,
})

/** Rows that a client asks for by time: `after` a call of `get_metrics` with a timestamp. */
function between(rows: readonly MetricRow[], startTime: string | null | undefined, endTime: string | null | undefined) {
  if (!startTime && !endTime) return rows
  const from = startTime ? momentOf(startTime, new Date(0)) : Number.NEGATIVE_INFINITY
  const to = endTime ? momentOf(endTime, new Date(0)) : Number.POSITIVE_INFINITY
  return rows.filter(({ at }) => at >= from && at <= to)
}

async function removeMetrics({ store }: Pick<Deps, 'store'>, workspace: string, id: string): Promise<JsonObject> {
  const run = await findRun(store, workspace, { runId: id })
  await store.write(({ runRecords }) => runRecords.remove(workspace, run.id, 'metric'))
  await store.metrics.remove(workspace, run.id)
  return {}
}

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
        const found = await listTyped(store, workspace.key, run.id)
        return { value: found.map((one) => presentDefinition(run.id, one)) }
      },
    }),
    operation({
      name: 'Metric.getFullFidelityMetric',
      method: 'POST',
      path: '/runs/{runId}/full',
      right: read,
      body: Named,
      async answer({ store }, { workspace, params, body }) {
        const run = await findRun(store, workspace.key, params)
        const after = readPageToken(body.continuationToken ?? undefined)
        const found = await readTyped(store, workspace.key, {
          run: run.id,
          name: body.metricName,
          limit: PAGE,
          ...(after !== undefined && { after }),
        })
        return {
          ...presentDefinition(run.id, found),
          value: between(found.rows, body.startTime, body.endTime).map(presentRow),
          ...(found.next !== undefined && { continuationToken: pageToken(found.next) }),
        }
      },
    }),
    operation({
      name: 'Metric.getSampledMetric',
      method: 'POST',
      path: '/runs/{runId}/sample',
      right: read,
      body: Named,
      async answer({ store }, { workspace, params, body }) {
        const run = await findRun(store, workspace.key, params)
        const asked = { run: run.id, name: body.metricName, most: CHART }
        const found = await readTyped(store, workspace.key, asked)
        return {
          ...presentDefinition(run.id, found),
          value: found.rows.map(presentRow),
          isPartialResult: found.rows.length < found.total,
          numValuesLogged: found.total,
          derivedLabelValues: {},
        }
      },
    }),
    operation({
      name: 'Metric.postRunMetrics',
      method: 'POST',
      path: '/runs/{runId}/batch',
      right: write,
      body: Batch,
      async answer(deps, { workspace, params, body }) {
        const metrics = body.values.map(
          ({ name, columns, properties, value }): TypedMetric => ({
            name,
            ...(properties?.uxMetricType && { type: properties.uxMetricType }),
            ...(columns && { columns }),
            rows: value.map(({ metricId, createdUtc, step, data }) => ({
              ...(metricId && { id: metricId }),
              at: momentOf(createdUtc, deps.now()),
              ...(typeof step === 'number' && { step }),
              data,
            })),
          }),
        )
        await logTyped(deps, workspace.key, { run: params.runId, metrics })
        return { errors: [] }
      },
    }),
    operation({
      name: 'Metric.deleteMetricsByRunId',
      method: 'DELETE',
      path: '/runs/{runId}/deleteMetrics',
      right: 'experiments/runs/delete',
      answer: (deps, { workspace, params }) => removeMetrics(deps, workspace.key, params.runId),
    }),
    operation({
      name: 'Metric.deleteMetricsByDataContainerId',
      method: 'DELETE',
      path: '/experiments/{experimentId}/containers/{dataContainerId}/deleteMetrics',
      right: 'experiments/runs/delete',
      async answer(deps, { workspace, params }) {
        const run = /^dcid\.(?<run>.+)$/.exec(params.dataContainerId)?.groups?.run
        if (run === undefined) throw fault('RunNotFound', { run: params.dataContainerId })
        await findRun(deps.store, workspace.key, { runId: run, experimentId: params.experimentId })
        return await removeMetrics(deps, workspace.key, run)
      },
    }),
  ],
}
