import { Type } from 'typebox'
import { logBatch } from '../../domain/metrics/log-batch.ts'
import type { Measured } from '../../domain/models/measures.ts'
import { changeRun } from '../../domain/runs/change-run.ts'
import { findRun } from '../../domain/runs/find-run.ts'
import { fault } from '../../faults.ts'
import type { MetricPoint } from '../../store/runs.ts'
import { mlflow, required, runIdOf } from './mlflow-operation.ts'
import { KeyValue, RunIds, Value, Whole } from './schemas.ts'

const write = 'experiments/runs/write'

const OfModel = {
  model_id: Type.Optional(Type.String()),
  dataset_name: Type.Optional(Type.String()),
  dataset_digest: Type.Optional(Type.String()),
}
const Metric = Type.Object({
  key: Type.String(),
  value: Value,
  timestamp: Type.Optional(Whole),
  step: Type.Optional(Whole),
  ...OfModel,
})
const Batch = Type.Object({
  run_id: Type.Optional(Type.String()),
  metrics: Type.Optional(Type.Array(Metric)),
  params: Type.Optional(Type.Array(KeyValue)),
  tags: Type.Optional(Type.Array(KeyValue)),
})

interface Sent {
  readonly key: string
  readonly value: number | string
  readonly timestamp?: number | string
  readonly step?: number | string
  readonly model_id?: string
  readonly dataset_name?: string
  readonly dataset_digest?: string
}

const pointOf = ({ key, value, timestamp, step }: Sent): MetricPoint => ({
  key,
  value: Number(value),
  at: Number(timestamp ?? 0),
  step: Number(step ?? 0),
})

/** MLflow 3 names the model that a metric measures: it is that model's metric too. */
function measuredOf(run: string, sent: readonly Sent[]): Measured {
  const ofModels = sent.flatMap(({ model_id: model, dataset_name: name, dataset_digest: digest = '', ...metric }) =>
    model ? [{ model, measure: { ...pointOf(metric), run, ...(name && { dataset: { name, digest } }) } }] : [],
  )
  const byModel = Map.groupBy(ofModels, ({ model }) => model)
  return new Map([...byModel].map(([model, all]) => [model, all.map(({ measure }) => measure)]))
}

const pair = ({ key, value = '' }: { readonly key: string; readonly value?: string }) => [key, value] as const
const nothing = { metrics: [], params: [], tags: [] }

const batch = (name: string, path: string) =>
  mlflow({
    name,
    method: 'POST',
    path,
    right: write,
    input: Batch,
    async answer(deps, { input, workspace }) {
      const run = runIdOf(input)
      await logBatch(deps, workspace.key, {
        run,
        measured: measuredOf(run, input.metrics ?? []),
        metrics: (input.metrics ?? []).map(pointOf),
        params: (input.params ?? []).map(pair),
        tags: (input.tags ?? []).map(pair),
      })
      return {}
    },
  })

/** What MLflow logs to a run. */
export const loggingOperations = [
  mlflow({
    name: 'logMetric',
    method: 'POST',
    path: '/runs/log-metric',
    right: write,
    input: Type.Object({
      ...RunIds,
      key: Type.Optional(Type.String()),
      value: Type.Optional(Value),
      timestamp: Type.Optional(Whole),
      step: Type.Optional(Whole),
      ...OfModel,
    }),
    async answer(deps, { input, workspace }) {
      const { run_id, run_uuid, key, value, ...when } = input
      const run = runIdOf(input)
      const sent = { key: required('key', key), value: required('value', value), ...when }
      const measured = measuredOf(run, [sent])
      await logBatch(deps, workspace.key, { ...nothing, run, measured, metrics: [pointOf(sent)] })
      return {}
    },
  }),
  mlflow({
    name: 'logParam',
    method: 'POST',
    path: '/runs/log-parameter',
    right: write,
    input: Type.Object({ ...RunIds, key: Type.Optional(Type.String()), value: Type.Optional(Type.String()) }),
    async answer(deps, { input, workspace }) {
      const param = [required('key', input.key), input.value ?? ''] as const
      await logBatch(deps, workspace.key, { ...nothing, run: runIdOf(input), params: [param] })
      return {}
    },
  }),
  mlflow({
    name: 'setTag',
    method: 'POST',
    path: '/runs/set-tag',
    right: write,
    input: Type.Object({ ...RunIds, key: Type.Optional(Type.String()), value: Type.Optional(Type.String()) }),
    async answer(deps, { input, workspace }) {
      const tag = [required('key', input.key), input.value ?? ''] as const
      await logBatch(deps, workspace.key, { ...nothing, run: runIdOf(input), tags: [tag] })
      return {}
    },
  }),
  batch('logBatch', '/runs/log-batch'),
  {
    // azureml-mlflow's own: it polls for a batch that got a tracking id. Everything is on disk when this answers.
    ...batch('logBatchAsync', '/runs/log-batch-async'),
    path: '/api/2.0/preview/mlflow/runs/log-batch-async',
  },
  {
    ...mlflow({
      name: 'getRunDataStatus',
      method: 'GET',
      path: '/runs/get-run-data-status',
      right: 'experiments/runs/read',
      input: Type.Object({ ...RunIds, batch_tracking_id: Type.Optional(Type.String()) }),
      async answer({ store }, { input, workspace }) {
        await findRun(store, workspace.key, { runId: runIdOf(input) })
        // No batch is acknowledged before it is on disk.
        return { is_complete: true }
      },
    }),
    path: '/api/2.0/preview/mlflow/runs/get-run-data-status',
  },
  mlflow({
    name: 'logModel',
    method: 'POST',
    path: '/runs/log-model',
    right: write,
    input: Type.Object({ ...RunIds, model_json: Type.Optional(Type.String()) }),
    async answer(deps, { input, workspace }) {
      const run = await findRun(deps.store, workspace.key, { runId: runIdOf(input) })
      const models = modelHistory(run.tags[MODEL_HISTORY])
      models.push(modelOf(required('model_json', input.model_json)))
      // No tag that a client sets, so its limit does not hold: a signature may be long.
      await changeRun(deps, workspace.key, {
        path: { runId: run.id },
        tags: { [MODEL_HISTORY]: JSON.stringify(models) },
      })
      return {}
    },
  }),
  mlflow({
    name: 'logInputs',
    method: 'POST',
    path: '/runs/log-inputs',
    right: write,
    input: Type.Object({
      ...RunIds,
      datasets: Type.Optional(Type.Array(Type.Record(Type.String(), Type.Any()))),
      models: Type.Optional(Type.Array(Type.Object({ model_id: Type.String() }))),
    }),
    async answer(deps, { input, workspace }) {
      await changeRun(deps, workspace.key, {
        path: { runId: runIdOf(input) },
        addDatasets: input.datasets ?? [],
        addModels: (input.models ?? []).map(({ model_id: id }) => ({ id, role: 'input', step: 0 })),
      })
      return {}
    },
  }),
]

const MODEL_HISTORY = 'mlflow.log-model.history'

function modelHistory(text: string | undefined): unknown[] {
  const known: unknown = JSON.parse(text ?? '[]')
  return Array.isArray(known) ? known : []
}

function modelOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw fault('ParameterInvalid', { reason: 'model_json is no JSON.' }, { cause })
  }
}
