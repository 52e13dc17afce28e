import { randomBytes } from 'node:crypto'
import { Type } from 'typebox'
import { artifactRoot, loggedModelPath, SOURCE_RUN } from '../../domain/models/model-source.ts'
import { changeRun } from '../../domain/runs/change-run.ts'
import { createRun } from '../../domain/runs/create-run.ts'
import { findRun } from '../../domain/runs/find-run.ts'
import { searchRuns } from '../../domain/runs/search-runs.ts'
import { parseFilter } from '../../domain/search/filter.ts'
import { parseOrder } from '../../domain/search/order.ts'
import { pageToken, readPageToken } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import type { Run, RunStatus } from '../../store/runs.ts'
import type { Repositories } from '../../store/store.ts'
import { mlflow, required, runIdOf } from './mlflow-operation.ts'
import { type Asked, presentMetric, renderingOf } from './present.ts'
import { KeyValue, keyValues, RunIds, Whole } from './schemas.ts'

const read = 'models/read'
const write = 'models/write'
const KIND = 'logged-model'
const TYPE = 'mlflow.modelType'
const text = Type.Optional(Type.String())
const pairs = Type.Optional(Type.Array(KeyValue))
const DEFAULT_RESULTS = 50

const words: readonly (readonly [string, RunStatus])[] = [
  ['LOGGED_MODEL_PENDING', 'Running'],
  ['LOGGED_MODEL_READY', 'Completed'],
  ['LOGGED_MODEL_UPLOAD_FAILED', 'Failed'],
]
const statusOf: ReadonlyMap<string, RunStatus> = new Map(words)
const wordOf: ReadonlyMap<RunStatus, string> = new Map(words.map(([word, status]) => [status, word]))

const recordOf = (sent: readonly { readonly key: string; readonly value?: string }[] | undefined) =>
  Object.fromEntries((sent ?? []).map(({ key, value = '' }) => [key, value]))

/** @throws RunNotFound for an id that is no logged model's */
async function findModel(from: Repositories, { workspace }: Asked, id: string): Promise<Run> {
  const model = await findRun(from, workspace.key, { runId: id })
  if (model.kind !== KIND || model.deletedAt !== undefined) throw fault('RunNotFound', { run: id })
  return model
}

async function present(from: Repositories, model: Run, asked: Asked): Promise<JsonObject> {
  const { run, path } = loggedModelPath(model)
  const source = model.properties[SOURCE_RUN]
  const metrics = await from.runs.latestMetrics(model.workspace, model.id)
  return {
    info: {
      model_id: model.id,
      experiment_id: model.experimentId,
      name: model.displayName,
      creation_timestamp_ms: Date.parse(model.createdAt),
      last_updated_timestamp_ms: Date.parse(model.endedAt ?? model.createdAt),
      artifact_uri: `${artifactRoot(renderingOf(asked), { id: run, experimentId: model.experimentId })}/${path}`,
      status: wordOf.get(model.status) ?? 'LOGGED_MODEL_STATUS_UNSPECIFIED',
      model_type: model.properties[TYPE] ?? '',
      ...(source && { source_run_id: source }),
      tags: keyValues(model.tags),
    },
    data: {
      params: keyValues(model.params),
      metrics: metrics.map((metric) => ({
        ...presentMetric(metric),
        model_id: model.id,
        ...(source && { run_id: source }),
      })),
    },
  }
}

/** MLflow 3's logged models. */
export const loggedModelOperations = [
  mlflow({
    name: 'createLoggedModel',
    method: 'POST',
    path: '/logged-models',
    right: write,
    input: Type.Object({
      experiment_id: text,
      name: text,
      model_type: text,
      source_run_id: text,
      params: pairs,
      tags: pairs,
    }),
    async answer(deps, { input, caller, ...asked }) {
      const id = `m-${randomBytes(16).toString('hex')}`
      const source =
        input.source_run_id && (await findRun(deps.store, asked.workspace.key, { runId: input.source_run_id }))
      const model = await createRun(deps, asked.workspace.key, {
        id,
        kind: KIND,
        experiment: required('experiment_id', input.experiment_id),
        displayName: input.name || id,
        status: 'Running',
        params: recordOf(input.params),
        tags: recordOf(input.tags),
        properties: { [TYPE]: input.model_type ?? '', ...(source && { [SOURCE_RUN]: source.id }) },
        createdBy: { objectId: caller.objectId, name: caller.displayName },
      })
      return { model: await present(deps.store, model, asked) }
    },
  }),
  mlflow({
    name: 'getLoggedModel',
    method: 'GET',
    path: '/logged-models/{model_id}',
    right: read,
    async answer({ store }, { params, ...asked }) {
      return { model: await present(store, await findModel(store, asked, params.model_id ?? ''), asked) }
    },
  }),
  mlflow({
    name: 'finalizeLoggedModel',
    method: 'PATCH',
    path: '/logged-models/{model_id}',
    right: write,
    input: Type.Object({ status: text }),
    async answer(deps, { input, params, ...asked }) {
      const { id } = await findModel(deps.store, asked, params.model_id ?? '')
      const word = required('status', input.status)
      const status = statusOf.get(word)
      if (!status) throw fault('RunStatusInvalid', { status: word })
      const model = await changeRun(deps, asked.workspace.key, { path: { runId: id }, status })
      return { model: await present(deps.store, model, asked) }
    },
  }),
  mlflow({
    name: 'deleteLoggedModel',
    method: 'DELETE',
    path: '/logged-models/{model_id}',
    right: 'models/delete',
    async answer(deps, { params, ...asked }) {
      const { id } = await findModel(deps.store, asked, params.model_id ?? '')
      await changeRun(deps, asked.workspace.key, { path: { runId: id }, deleted: true })
      return {}
    },
  }),
  mlflow({
    name: 'setLoggedModelTags',
    method: 'PATCH',
    path: '/logged-models/{model_id}/tags',
    right: write,
    input: Type.Object({ tags: pairs }),
    async answer(deps, { input, params, ...asked }) {
      const { id } = await findModel(deps.store, asked, params.model_id ?? '')
      await changeRun(deps, asked.workspace.key, { path: { runId: id }, tags: recordOf(input.tags) })
      return {}
    },
  }),
  mlflow({
    name: 'deleteLoggedModelTag',
    method: 'DELETE',
    path: '/logged-models/{model_id}/tags/{tag_key}',
    right: write,
    async answer(deps, { params, ...asked }) {
      const { id } = await findModel(deps.store, asked, params.model_id ?? '')
      await changeRun(deps, asked.workspace.key, { path: { runId: id }, removeTags: [params.tag_key ?? ''] })
      return {}
    },
  }),
  mlflow({
    name: 'logLoggedModelParams',
    method: 'POST',
    path: '/logged-models/{model_id}/params',
    right: write,
    input: Type.Object({ params: pairs }),
    async answer(deps, { input, params, ...asked }) {
      const { id } = await findModel(deps.store, asked, params.model_id ?? '')
      await changeRun(deps, asked.workspace.key, { path: { runId: id }, addParams: recordOf(input.params) })
      return {}
    },
  }),
  mlflow({
    name: 'searchLoggedModels',
    method: 'POST',
    path: '/logged-models/search',
    right: read,
    input: Type.Object({
      experiment_ids: Type.Optional(Type.Array(Type.String())),
      filter: text,
      max_results: Type.Optional(Whole),
      order_by: Type.Optional(
        Type.Array(Type.Object({ field_name: Type.String(), ascending: Type.Optional(Type.Boolean()) })),
      ),
      page_token: text,
    }),
    async answer({ store }, { input, ...asked }): Promise<JsonObject> {
      const after = readPageToken(input.page_token)
      const order = (input.order_by ?? []).map(
        ({ field_name, ascending = true }) => `${field_name} ${ascending ? 'ASC' : 'DESC'}`,
      )
      const page = await searchRuns(store, asked.workspace.key, {
        find: { kinds: [KIND], deleted: false, ...(input.experiment_ids && { experimentIds: input.experiment_ids }) },
        filter: parseFilter(input.filter ?? ''),
        order: parseOrder(order),
        limit: Number(input.max_results ?? DEFAULT_RESULTS),
        ...(after !== undefined && { after }),
      })
      return {
        models: await Promise.all(page.items.map((model) => present(store, model, asked))),
        ...(page.next !== undefined && { next_page_token: pageToken(page.next) }),
      }
    },
  }),
  mlflow({
    name: 'logOutputs',
    method: 'POST',
    path: '/runs/outputs',
    right: 'experiments/runs/write',
    input: Type.Object({
      ...RunIds,
      models: Type.Optional(Type.Array(Type.Object({ model_id: Type.String(), step: Type.Optional(Whole) }))),
    }),
    async answer(deps, { input, ...asked }) {
      const models = await Promise.all(
        (input.models ?? []).map(async ({ model_id, step }) => ({
          id: (await findModel(deps.store, asked, model_id)).id,
          role: 'output' as const,
          step: Number(step ?? 0),
        })),
      )
      await changeRun(deps, asked.workspace.key, { path: { runId: runIdOf(input) }, addModels: models })
      return {}
    },
  }),
]
