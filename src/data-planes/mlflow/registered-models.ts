import { Type } from 'typebox'
import {
  aliasesOf,
  changeModel,
  findModel,
  findVersion,
  type ModelView,
  modelsOf,
  removeModel,
  versionsOf,
} from '../../domain/models/models.ts'
import { createModel } from '../../domain/models/register-model.ts'
import { matches, parseFilter } from '../../domain/search/filter.ts'
import { parseOrder, sorted } from '../../domain/search/order.ts'
import { pageToken, readOffset } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import type { Repositories } from '../../store/store.ts'
import { mlflow, required } from './mlflow-operation.ts'
import type { Asked } from './present.ts'
import { latestOf, presentModel, presentVersion, registryTag } from './present-models.ts'
import { KeyValue } from './schemas.ts'

const read = 'models/read'
const write = 'models/write'
const text = Type.Optional(Type.String())
const DEFAULT_RESULTS = 100

const shown = async (from: Repositories, workspace: Asked['workspace'], model: ModelView) => ({
  model,
  versions: await versionsOf(from, workspace.id, model.name),
})

const attribute = (model: ModelView, key: string): string | number => {
  if (key.toLowerCase() === 'name') return model.name
  if (/^(last_updated_)?timestamp$/i.test(key)) return Date.parse(model.modifiedAt)
  if (/^creation_timestamp$/i.test(key)) return Date.parse(model.createdAt)
  throw fault('ParameterInvalid', { reason: `Invalid attribute key '${key}' specified.` })
}

const value = (model: ModelView, entity: string, key: string): string | number | undefined =>
  entity === 'tags' ? registryTag(model, key) : attribute(model, key)

const latestVersions = (method: 'GET' | 'POST') =>
  mlflow({
    name: 'getLatestVersions',
    method,
    path: '/registered-models/get-latest-versions',
    right: read,
    input: Type.Object({ name: text, stages: Type.Optional(Type.Union([Type.Array(Type.String()), Type.String()])) }),
    async answer({ store }, { input, ...asked }) {
      const { name } = await findModel(store, asked.workspace.id, required('name', input.name))
      const stages = input.stages === undefined ? undefined : [input.stages].flat()
      const latest = latestOf(await versionsOf(store, asked.workspace.id, name), stages)
      return { model_versions: await Promise.all(latest.map((version) => presentVersion(store, version, asked))) }
    },
  })

/** MLflow's registered models: ARM's models. */
export const registeredModelOperations = [
  mlflow({
    name: 'createRegisteredModel',
    method: 'POST',
    path: '/registered-models/create',
    right: write,
    input: Type.Object({ name: text, description: text, tags: Type.Optional(Type.Array(KeyValue)) }),
    async answer(deps, { input, caller, ...asked }) {
      const model = await createModel(deps, asked.workspace.id, {
        name: required('name', input.name),
        description: input.description,
        tags: Object.fromEntries((input.tags ?? []).map((tag) => [tag.key, tag.value ?? ''])),
        by: caller,
      })
      return { registered_model: await presentModel(deps.store, { model, versions: [] }, asked) }
    },
  }),
  mlflow({
    name: 'getRegisteredModel',
    method: 'GET',
    path: '/registered-models/get',
    right: read,
    input: Type.Object({ name: text }),
    async answer({ store }, { input, ...asked }) {
      const model = await findModel(store, asked.workspace.id, required('name', input.name))
      return { registered_model: await presentModel(store, await shown(store, asked.workspace, model), asked) }
    },
  }),
  mlflow({
    name: 'searchRegisteredModels',
    method: 'GET',
    path: '/registered-models/search',
    right: read,
    input: Type.Object({
      filter: text,
      max_results: Type.Optional(Type.Integer({ minimum: 1 })),
      order_by: Type.Optional(Type.Array(Type.String())),
      page_token: text,
    }),
    async answer({ store }, { input, ...asked }) {
      const filter = parseFilter(input.filter ?? '')
      const found = (await modelsOf(store, asked.workspace.id)).filter(
        (model) => !model.archived && matches(filter, (entity, key) => value(model, entity, key)),
      )
      const order = input.order_by?.length ? input.order_by : ['name ASC']
      const inOrder = sorted(found, parseOrder(order), value)
      const start = readOffset(input.page_token)
      const end = start + (input.max_results ?? DEFAULT_RESULTS)
      const page = await Promise.all(
        inOrder
          .slice(start, end)
          .map(async (model) => presentModel(store, await shown(store, asked.workspace, model), asked)),
      )
      return {
        registered_models: page,
        ...(end < inOrder.length && { next_page_token: pageToken(String(end)) }),
      }
    },
  }),
  mlflow({
    name: 'updateRegisteredModel',
    method: 'PATCH',
    path: '/registered-models/update',
    right: write,
    input: Type.Object({ name: text, description: text }),
    async answer(deps, { input, caller, ...asked }) {
      const model = await changeModel(deps, asked.workspace.id, {
        name: required('name', input.name),
        description: input.description ?? '',
        by: caller,
      })
      return {
        registered_model: await presentModel(deps.store, await shown(deps.store, asked.workspace, model), asked),
      }
    },
  }),
  mlflow({
    name: 'deleteRegisteredModel',
    method: 'DELETE',
    path: '/registered-models/delete',
    right: 'models/delete',
    input: Type.Object({ name: text }),
    async answer(deps, { input, workspace }) {
      await removeModel(deps, workspace.id, { name: required('name', input.name) })
      return {}
    },
  }),
  latestVersions('GET'),
  latestVersions('POST'),
  mlflow({
    name: 'setRegisteredModelTag',
    method: 'POST',
    path: '/registered-models/set-tag',
    right: write,
    input: Type.Object({ name: text, key: text, value: text }),
    async answer(deps, { input, caller, workspace }) {
      const tags = { [required('key', input.key)]: input.value ?? '' }
      await changeModel(deps, workspace.id, { name: required('name', input.name), tags, by: caller })
      return {}
    },
  }),
  mlflow({
    name: 'deleteRegisteredModelTag',
    method: 'DELETE',
    path: '/registered-models/delete-tag',
    right: write,
    input: Type.Object({ name: text, key: text }),
    async answer(deps, { input, caller, workspace }) {
      const removeTags = [required('key', input.key)]
      await changeModel(deps, workspace.id, { name: required('name', input.name), removeTags, by: caller })
      return {}
    },
  }),
  mlflow({
    name: 'setRegisteredModelAlias',
    method: 'POST',
    path: '/registered-models/alias',
    right: write,
    input: Type.Object({ name: text, alias: text, version: text }),
    async answer(deps, { input, caller, workspace }) {
      const name = required('name', input.name)
      const version = required('version', input.version)
      await findVersion(deps.store, workspace.id, { name, version })
      await changeModel(deps, workspace.id, {
        name,
        aliases: { [required('alias', input.alias)]: version },
        by: caller,
      })
      return {}
    },
  }),
  mlflow({
    name: 'deleteRegisteredModelAlias',
    method: 'DELETE',
    path: '/registered-models/alias',
    right: write,
    input: Type.Object({ name: text, alias: text }),
    async answer(deps, { input, caller, workspace }) {
      const aliases = { [required('alias', input.alias)]: null }
      await changeModel(deps, workspace.id, { name: required('name', input.name), aliases, by: caller })
      return {}
    },
  }),
  mlflow({
    name: 'getModelVersionByAlias',
    method: 'GET',
    path: '/registered-models/alias',
    right: read,
    input: Type.Object({ name: text, alias: text }),
    async answer({ store }, { input, ...asked }) {
      const name = required('name', input.name)
      const alias = required('alias', input.alias)
      const model = await findModel(store, asked.workspace.id, name)
      const version = aliasesOf(model.resource)[alias]
      if (version === undefined) throw fault('AliasNotFound', { alias })
      const found = await findVersion(store, asked.workspace.id, { name, version })
      return { model_version: await presentVersion(store, found, asked) }
    },
  }),
]
