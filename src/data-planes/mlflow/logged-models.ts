import { randomBytes } from 'node:crypto'
import { Type } from 'typebox'
import { openArtifacts, runContainer } from '../../domain/artifacts/artifacts.ts'
import { listFolder } from '../../domain/artifacts/list-folder.ts'
import { experimentIdsOf } from '../../domain/experiments/find-experiment.ts'
import { checkLoggedModel, checkParams } from '../../domain/metrics/limits.ts'
import { findLoggedModel, LOGGED_MODEL, loggedModelStatus, MODEL_TYPE } from '../../domain/models/logged-model.ts'
import { loggedModelPath, SOURCE_RUN } from '../../domain/models/model-source.ts'
import { searchLoggedModels } from '../../domain/models/search-logged-models.ts'
import { changeRun } from '../../domain/runs/change-run.ts'
import { createRun } from '../../domain/runs/create-run.ts'
import { findRun } from '../../domain/runs/find-run.ts'
import { loggedModelFields } from '../../domain/search/fields.ts'
import { parseFilter } from '../../domain/search/filter.ts'
import { parseOrder } from '../../domain/search/order.ts'
import { pageToken, readPageToken } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import { Answer } from '../operation.ts'
import { limitOf } from './listing.ts'
import { mlflow, required, runIdOf } from './mlflow-operation.ts'
import { presentEntries } from './present-artifacts.ts'
import { loggedModelRoot, presentLoggedModel } from './present-logged-model.ts'
import { KeyValue, RunIds, recordOf, Whole } from './schemas.ts'

const read = 'models/read'
const write = 'models/write'
const text = Type.Optional(Type.String())
const pairs = Type.Optional(Type.Array(KeyValue))
const DEFAULT_RESULTS = 100
const MOST_RESULTS = 1000
const Dataset = Type.Object({ dataset_name: Type.String(), dataset_digest: text })

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
      const [params, tags] = [recordOf(input.params), recordOf(input.tags)]
      checkLoggedModel({ name: input.name, params, tags })
      const model = await createRun(deps, asked.workspace.key, {
        id,
        kind: LOGGED_MODEL,
        experiment: required('experiment_id', input.experiment_id),
        displayName: input.name || id,
        status: 'Running',
        params,
        tags,
        properties: { [MODEL_TYPE]: input.model_type ?? '', ...(source && { [SOURCE_RUN]: source.id }) },
        createdBy: { objectId: caller.objectId, name: caller.displayName },
      })
      return { model: await presentLoggedModel(deps.store, model, asked) }
    },
  }),
  mlflow({
    name: 'getLoggedModel',
    method: 'GET',
    path: '/logged-models/{model_id}',
    right: read,
    async answer({ store }, { params, ...asked }) {
      const model = await findLoggedModel(store, asked.workspace.key, params.model_id ?? '')
      return { model: await presentLoggedModel(store, model, asked) }
    },
  }),
  mlflow({
    name: 'finalizeLoggedModel',
    method: 'PATCH',
    path: '/logged-models/{model_id}',
    right: write,
    input: Type.Object({ model_id: text, status: text }),
    async answer(deps, { input, params, ...asked }) {
      const { id } = await findLoggedModel(deps.store, asked.workspace.key, params.model_id ?? '')
      const status = loggedModelStatus(required('status', input.status))
      const model = await changeRun(deps, asked.workspace.key, { path: { runId: id }, status })
      return { model: await presentLoggedModel(deps.store, model, asked) }
    },
  }),
  mlflow({
    name: 'deleteLoggedModel',
    method: 'DELETE',
    path: '/logged-models/{model_id}',
    right: 'models/delete',
    async answer(deps, { params, workspace }) {
      const { id } = await findLoggedModel(deps.store, workspace.key, params.model_id ?? '')
      await changeRun(deps, workspace.key, { path: { runId: id }, deleted: true })
      return {}
    },
  }),
  mlflow({
    name: 'setLoggedModelTags',
    method: 'PATCH',
    path: '/logged-models/{model_id}/tags',
    right: write,
    input: Type.Object({ model_id: text, tags: pairs }),
    async answer(deps, { input, params, ...asked }) {
      const { id } = await findLoggedModel(deps.store, asked.workspace.key, params.model_id ?? '')
      const tags = recordOf(input.tags)
      checkLoggedModel({ tags })
      const model = await changeRun(deps, asked.workspace.key, { path: { runId: id }, tags })
      return { model: await presentLoggedModel(deps.store, model, asked) }
    },
  }),
  mlflow({
    name: 'deleteLoggedModelTag',
    method: 'DELETE',
    path: '/logged-models/{model_id}/tags/{tag_key}',
    right: write,
    async answer(deps, { params, workspace }) {
      const { id, tags } = await findLoggedModel(deps.store, workspace.key, params.model_id ?? '')
      const tag = params.tag_key ?? ''
      if (!Object.hasOwn(tags, tag)) throw fault('LoggedModelTagNotFound', { tag, model: id })
      await changeRun(deps, workspace.key, { path: { runId: id }, removeTags: [tag] })
      return {}
    },
  }),
  mlflow({
    name: 'logLoggedModelParams',
    method: 'POST',
    path: '/logged-models/{model_id}/params',
    right: write,
    input: Type.Object({ model_id: text, params: pairs }),
    async answer(deps, { input, params, workspace }) {
      const model = await findLoggedModel(deps.store, workspace.key, params.model_id ?? '')
      const added = recordOf(input.params)
      checkParams(added)
      await changeRun(deps, workspace.key, { path: { runId: model.id }, addParams: added })
      return {}
    },
  }),
  mlflow({
    name: 'listLoggedModelArtifacts',
    method: 'GET',
    path: '/logged-models/{model_id}/artifacts/directories',
    right: read,
    input: Type.Object({ artifact_directory_path: text, page_token: text }),
    async answer(deps, { input, params, ...asked }): Promise<JsonObject> {
      const model = await findLoggedModel(deps.store, asked.workspace.key, params.model_id ?? '')
      const { run, path } = loggedModelPath(model)
      const artifacts = await openArtifacts(deps, runContainer(model.workspace, run))
      const folder = (input.artifact_directory_path ?? '').replace(/\/+$/, '')
      const entries = await listFolder(deps, artifacts.at(folder === '' ? path : `${path}/${folder}`))
      return { root_uri: loggedModelRoot(model, asked), files: presentEntries(entries, folder) }
    },
  }),
  mlflow({
    name: 'getLoggedModelArtifact',
    method: 'GET',
    path: '/logged-models/{model_id}/artifacts/files',
    right: read,
    input: Type.Object({ artifact_file_path: text }),
    async answer(deps, { input, params, workspace }) {
      const model = await findLoggedModel(deps.store, workspace.key, params.model_id ?? '')
      const { run, path } = loggedModelPath(model)
      const file = required('artifact_file_path', input.artifact_file_path)
      const artifacts = await openArtifacts(deps, runContainer(model.workspace, run))
      await artifacts.get(`${path}/${file}`)
      const bytes = await deps.blobs.read(artifacts.at(`${path}/${file}`))
      const headers = { 'content-disposition': 'attachment', 'x-content-type-options': 'nosniff' }
      return new Answer(200, bytes, 'application/octet-stream', headers)
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
      datasets: Type.Optional(Type.Array(Dataset)),
      max_results: Type.Optional(Whole),
      order_by: Type.Optional(
        Type.Array(
          Type.Object({
            field_name: Type.String(),
            ascending: Type.Optional(Type.Boolean()),
            dataset_name: text,
            dataset_digest: text,
          }),
        ),
      ),
      page_token: text,
    }),
    async answer({ store }, { input, ...asked }): Promise<JsonObject> {
      const { key } = asked.workspace
      const order = (input.order_by ?? []).map(
        ({ field_name, ascending = true }) => `${field_name} ${ascending ? 'ASC' : 'DESC'}`,
      )
      const page = await searchLoggedModels(store, key, {
        ...(input.experiment_ids && { experimentIds: await experimentIdsOf(store, key, input.experiment_ids) }),
        filter: parseFilter(input.filter ?? '', loggedModelFields),
        order: parseOrder(order, loggedModelFields),
        datasets: (input.datasets ?? []).map(({ dataset_name, dataset_digest }) => ({
          name: dataset_name,
          digest: dataset_digest,
        })),
        limit: limitOf(input.max_results, { usual: DEFAULT_RESULTS, most: MOST_RESULTS }),
        after: readPageToken(input.page_token),
      })
      return {
        models: await Promise.all(page.items.map((model) => presentLoggedModel(store, model, asked))),
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
          id: (await findLoggedModel(deps.store, asked.workspace.key, model_id)).id,
          role: 'output' as const,
          step: Number(step ?? 0),
        })),
      )
      await changeRun(deps, asked.workspace.key, { path: { runId: runIdOf(input) }, addModels: models })
      return {}
    },
  }),
]
