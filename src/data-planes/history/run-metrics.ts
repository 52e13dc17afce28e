import { type Static, Type } from 'typebox'
import type { Deps } from '../../domain/deps.ts'
import { findExperiment } from '../../domain/experiments/find-experiment.ts'
import {
  listTyped,
  logTyped,
  momentOf,
  pointNamed,
  type ReadMetric,
  readTyped,
  SCALAR,
  type TypedMetric,
} from '../../domain/metrics/typed-metrics.ts'
import { findRun } from '../../domain/runs/find-run.ts'
import { metricQuery } from '../../domain/search/metric-query.ts'
import { pageToken, readOffset } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import { operation, type Workspace } from '../operation.ts'
import { runOperation } from './run-operation.ts'
import { MaybeText, QueryParams } from './schemas.ts'

const read = 'experiments/runs/read'
const write = 'experiments/runs/write'
/** Runs whose metrics are answered at once. */
const RUNS = 50

/** A metric as clients wrote it before the metric service: cells, and a schema of their types. */
const Metric = Type.Object({
  metricId: Type.Optional(MaybeText),
  metricType: Type.Optional(MaybeText),
  createdUtc: Type.Optional(MaybeText),
  name: Type.String({ minLength: 1 }),
  dataLocation: Type.Optional(MaybeText),
  cells: Type.Optional(Type.Union([Type.Array(Type.Record(Type.String(), Type.Any())), Type.Null()])),
  schema: Type.Optional(
    Type.Union([
      Type.Object({
        properties: Type.Optional(
          Type.Union([Type.Array(Type.Object({ propertyId: Type.String(), type: Type.String() })), Type.Null()]),
        ),
      }),
      Type.Null(),
    ]),
  ),
})

function metricOf(sent: Static<typeof Metric>, now: Date): TypedMetric {
  const { name, metricId, metricType, dataLocation, schema } = sent
  const at = momentOf(sent.createdUtc, now)
  const cells = sent.cells?.length ? sent.cells : dataLocation ? [{ [name]: dataLocation }] : []
  const columns = Object.fromEntries((schema?.properties ?? []).map(({ propertyId, type }) => [propertyId, type]))
  return {
    name,
    type: metricType || SCALAR,
    ...(dataLocation ? { columns: { [name]: 'artifact' } } : Object.keys(columns).length > 0 && { columns }),
    rows: cells.map((data, place) => ({ ...(metricId && { id: `${metricId}/${place}` }), at, data })),
  }
}

/** A run's metric as it was written: one with all its cells. */
const presentMetric = (run: string, metric: ReadMetric): JsonObject => {
  const { name, type, columns, rows } = metric
  const [first] = rows
  const isArtifact = Object.values(columns).some((one) => one.toLowerCase() === 'artifact')
  return {
    runId: run,
    metricId: first?.id ?? null,
    dataContainerId: `dcid.${run}`,
    metricType: type,
    createdUtc: new Date(first?.at ?? 0).toISOString(),
    name,
    description: '',
    label: null,
    numCells: rows.length,
    dataLocation: isArtifact ? (first?.data[name] ?? null) : null,
    cells: rows.map(({ data }) => data),
    schema: {
      numProperties: Object.keys(columns).length,
      properties: Object.entries(columns).map(([propertyId, kind]) => ({ propertyId, name: propertyId, type: kind })),
    },
  }
}

async function metricsOf(deps: Deps, workspace: Workspace, run: string): Promise<readonly JsonObject[]> {
  const found = await listTyped(deps.store, workspace.key, run)
  return await Promise.all(
    found.map(async ({ name }) => presentMetric(run, await readTyped(deps.store, workspace.key, { run, name }))),
  )
}

const experimentPaths = ['/experimentids/{experiment}', '/experiments/{experiment}'] as const

/** Metrics at run history's own paths, which azureml-core writes where it does not use the metric service. */
export const runMetricOperations = [
  ...runOperation({
    name: 'RunMetric.post',
    method: 'POST',
    suffix: '/metrics',
    onlyByExperiment: true,
    right: write,
    body: Metric,
    async answer(deps, { workspace, path, body }) {
      const run = await findRun(deps.store, workspace.key, path)
      await logTyped(deps, workspace.key, { run: run.id, metrics: [metricOf(body, deps.now())] })
      return undefined
    },
  }),
  ...runOperation({
    name: 'RunMetric.postBatch',
    method: 'POST',
    suffix: '/batch/metrics',
    onlyByExperiment: true,
    right: write,
    body: Type.Object({ values: Type.Array(Metric) }),
    async answer(deps, { workspace, path, body }) {
      const run = await findRun(deps.store, workspace.key, path)
      const metrics = body.values.map((one) => metricOf(one, deps.now()))
      await logTyped(deps, workspace.key, { run: run.id, metrics })
      return undefined
    },
  }),
  ...runOperation({
    name: 'RunMetric.waitOnIngest',
    method: 'GET',
    suffix: '/metricsingest/wait',
    onlyByExperiment: true,
    right: read,
    async answer({ store }, { workspace, path }) {
      // Metrics are on disk and seen by everybody when they are acknowledged: there is nothing to wait for.
      await findRun(store, workspace.key, path)
      return {}
    },
  }),
  ...experimentPaths.flatMap((path) => [
    operation({
      name: 'RunMetric.getByQuery',
      method: 'POST',
      path: `${path}/metrics:query`,
      right: read,
      body: QueryParams,
      async answer(deps, { workspace, params, body }) {
        const { id } = await findExperiment(deps.store, workspace.key, params.experiment)
        const { runs, accepts } = metricQuery(body.filter ?? '')
        const start = readOffset(body.continuationToken ?? undefined)
        const asked = runs.slice(start, start + RUNS)
        const known = await Promise.all(asked.map((run) => deps.store.runs.get(workspace.key, run)))
        const here = known.flatMap((run) => (run?.experimentId === id ? [run.id] : []))
        const all = await Promise.all(here.map((run) => metricsOf(deps, workspace, run)))
        return {
          value: all.flat().filter(accepts),
          ...(start + RUNS < runs.length && { continuationToken: pageToken(String(start + RUNS)) }),
        }
      },
    }),
    operation({
      name: path.includes('ids') ? 'Metric.getMetricDetailsByExperimentId' : 'Metric.getMetricDetailsByExperimentName',
      method: 'GET',
      path: `${path}/metrics/{metricId}`,
      right: read,
      async answer(deps, { workspace, params }) {
        const { id } = await findExperiment(deps.store, workspace.key, params.experiment)
        const named = pointNamed(params.metricId) ?? (await deps.store.runRecords.named(workspace.key, params.metricId))
        const run = named && (await deps.store.runs.get(workspace.key, named.run))
        if (!run || run.experimentId !== id) {
          throw fault('MetricNotFound', { metric: params.metricId, run: params.experiment })
        }
        return presentMetric(run.id, await readTyped(deps.store, workspace.key, { run: run.id, name: named.name }))
      },
    }),
  ]),
]
