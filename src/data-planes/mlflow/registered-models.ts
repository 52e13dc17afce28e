import { Type } from 'typebox'
import { checkAlias } from '../../domain/models/aliases.ts'
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
import { isPrompt } from '../../domain/models/prompts.ts'
import { createModel } from '../../domain/models/register-model.ts'
import { renameModel } from '../../domain/models/rename-model.ts'
import { registeredModelFields } from '../../domain/search/fields.ts'
import { parseFilter } from '../../domain/search/filter.ts'
import type { FieldValue } from '../../domain/search/matches.ts'
import { type OrderBy, parseOrder } from '../../domain/search/order.ts'
import { pageToken, readPageToken } from '../../domain/search/page-token.ts'
import { searchItems } from '../../domain/search/search-items.ts'
import { fault } from '../../faults.ts'
import type { Repositories } from '../../store/store.ts'
import { limitOf } from './listing.ts'
import { mlflow, required } from './mlflow-operation.ts'
import type { Asked } from './present.ts'
import { latestOf, presentModel, presentVersion, registryTag, withPrompts } from './present-models.ts'
import { KeyValue, Whole } from './schemas.ts'

const read = 'models/read'
const write = 'models/write'
const text = Type.Optional(Type.String())
const DEFAULT_RESULTS = 100
const MOST_RESULTS = 1000

const shown = async (from: Repositories, workspace: Asked['workspace'], model: ModelView) => ({
  model,
  versions: await versionsOf(from, workspace.id, model.name),
})

const attributes: Readonly<Record<string, (model: ModelView) => string | number>> = {
  name: ({ name }) => name,
  timestamp: ({ modifiedAt }) => Date.parse(modifiedAt),
  last_updated_timestamp: ({ modifiedAt }) => Date.parse(modifiedAt),
  creation_timestamp: ({ createdAt }) => Date.parse(createdAt),
}

const reader =
  (model: ModelView) =>
  (entity: string, key: string): FieldValue =>
    entity === 'tags' ? registryTag(model, key) : attributes[key.toLowerCase()]?.(model)

const BY_NAME: OrderBy = { entity: 'attributes', key: 'name', descending: false }

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
      max_results: Type.Optional(Whole),
      order_by: Type.Optional(Type.Array(Type.String())),
      page_token: text,
    }),
    async answer({ store }, { input, ...asked }) {
      const filter = parseFilter(input.filter ?? '', registeredModelFields)
      const shownToo = withPrompts(filter)
      const found = (await modelsOf(store, asked.workspace.id)).filter(
        (model) => !model.archived && (shownToo || !isPrompt(model.tags)),
      )
      const page = searchItems(found, {
        filter,
        order: [...parseOrder(input.order_by ?? [], registeredModelFields), BY_NAME],
        read: reader,
        limit: limitOf(input.max_results, { usual: DEFAULT_RESULTS, most: MOST_RESULTS }),
        after: readPageToken(input.page_token),
      })
      return {
        registered_models: await Promise.all(
          page.items.map(async (model) => presentModel(store, await shown(store, asked.workspace, model), asked)),
        ),
        ...(page.next !== undefined && { next_page_token: pageToken(page.next) }),
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
    name: 'renameRegisteredModel',
    method: 'POST',
    path: '/registered-models/rename',
    right: write,
    input: Type.Object({ name: text, new_name: text }),
    async answer(deps, { input, caller, ...asked }) {
      const name = required('name', input.name)
      const newName = required('new_name', input.new_name)
      const model = await renameModel(deps, asked.workspace.id, { name, newName, by: caller })
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
      checkAlias(required('alias', input.alias))
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
