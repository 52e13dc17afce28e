import { Type } from 'typebox'
import { detailsOf, type ModelDetails, sourceOf } from '../../domain/models/asset-documents.ts'
import { changeModel, type ModelView, removeModel } from '../../domain/models/models.ts'
import { registerModel } from '../../domain/models/register-model.ts'
import { type JsonObject, objectAt, plainCopy, textAt } from '../../json.ts'
import { Answer, type Operation, operation } from '../operation.ts'
import { presentPage } from '../paging.ts'
import { applyPatch, type Field, JsonPatch } from './json-patch.ts'
import { modelAt, presentModel } from './present-model.ts'
import { selection, selectModels } from './select-models.ts'

const MaybeText = Type.Optional(Type.Union([Type.String(), Type.Null()]))
const MaybeTexts = Type.Optional(Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()]))
const MaybeObject = Type.Optional(Type.Union([Type.Record(Type.String(), Type.Any()), Type.Null()]))

const Model = Type.Object({
  name: Type.String(),
  url: Type.String(),
  ...{ description: MaybeText, runId: MaybeText, kvTags: MaybeTexts, properties: MaybeTexts },
  ...{ framework: MaybeText, frameworkVersion: MaybeText, mimeType: MaybeText, experimentName: MaybeText },
  ...{ parentModelId: MaybeText, sampleInputData: MaybeText, sampleOutputData: MaybeText },
  resourceRequirements: MaybeObject,
  datasets: Type.Optional(Type.Union([Type.Array(Type.Record(Type.String(), Type.Any())), Type.Null()])),
  unpack: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
})

/** What is kept of a model that only this service has words for. */
const KEPT = [
  ...['framework', 'frameworkVersion', 'mimeType', 'unpack', 'experimentName', 'parentModelId', 'datasets'],
  ...['sampleInputData', 'sampleOutputData', 'resourceRequirements'],
]

const keptOf = (body: JsonObject): JsonObject => ({
  ...Object.fromEntries(KEPT.map((key) => [key, body[key] ?? undefined])),
  ...(textAt(body.url)?.startsWith('aml://asset/') && { url: body.url }),
})

const FIELDS: Readonly<Record<string, Field>> = {
  ...{ description: 'text', kvTags: 'texts', properties: 'texts', datasets: 'objects' },
  ...{ sampleInputData: 'text', sampleOutputData: 'text', resourceRequirements: 'object' },
  ...{ framework: 'text', frameworkVersion: 'text', experimentName: 'text' },
}

/** A change of a model as its patch says it: what is left out of tags and properties goes. */
function changeOf(model: ModelView, patched: JsonObject) {
  const { description, kvTags, properties, ...rest } = patched
  const [tags, own] = [texts(kvTags), texts(properties)]
  const gone = (before: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>) =>
    Object.keys(before).filter((key) => !Object.hasOwn(now, key))
  return {
    ...{ name: model.name, version: model.version, description: textAt(description) ?? '', tags, properties: own },
    ...{ removeTags: gone(model.tags, tags), removeProperties: gone(model.properties, own) },
    management: plainCopy(withoutNulls({ ...detailsOf(model), ...rest })),
  }
}

const texts = (value: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(objectAt(value)).map(([key, text]) => [key, textAt(text) ?? '']))

const withoutNulls = (from: ModelDetails & JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(from).filter(([, value]) => value !== null && value !== undefined))

/** Registered models as azureml's first clients, and Microsoft's REST article, know them. */
export const modelOperations: readonly Operation[] = [
  operation({
    name: 'MLModels.query',
    method: 'GET',
    path: '/models',
    right: 'models/read',
    query: Type.Object({ ...selection, $skipToken: Type.Optional(Type.String()) }),
    async answer(deps, { workspace, query: { $skipToken, ...wanted }, ...asked }) {
      const page = await selectModels(deps, workspace, { wanted, token: $skipToken })
      return presentPage(page, (model) => presentModel(model), {
        asked: { ...asked, workspace },
        parameter: '$skipToken',
      })
    },
  }),
  operation({
    name: 'MLModels.listQueryPost',
    method: 'POST',
    path: '/models/list',
    right: 'models/read',
    body: Type.Object({ ...selection, skipToken: MaybeText }),
    async answer(deps, { workspace, body: { skipToken, ...wanted }, ...asked }) {
      const page = await selectModels(deps, workspace, { wanted, token: skipToken ?? undefined })
      const shown = presentPage(page, (model) => presentModel(model), {
        asked: { ...asked, workspace },
        parameter: '$skipToken',
      })
      const { continuationToken } = shown
      return { ...shown, nextRequest: continuationToken ? { ...wanted, skipToken: continuationToken } : null }
    },
  }),
  operation({
    name: 'MLModels.register',
    method: 'POST',
    path: '/models',
    right: 'models/write',
    body: Model,
    async answer(deps, { workspace, body, caller }) {
      const model = await registerModel(deps, workspace.id, {
        name: body.name,
        source: await sourceOf(deps.store, workspace, body.url),
        makesModel: true,
        by: caller,
        run: body.runId ?? undefined,
        description: body.description ?? undefined,
        tags: body.kvTags ?? {},
        properties: body.properties ?? {},
        management: plainCopy(keptOf(body)),
      })
      return presentModel(model)
    },
  }),
  operation({
    name: 'MLModels.queryById',
    method: 'GET',
    path: '/models/{id}',
    right: 'models/versions/read',
    async answer(deps, { workspace, params }) {
      return presentModel(await modelAt(deps, workspace, params.id))
    },
  }),
  operation({
    name: 'MLModels.patch',
    method: 'PATCH',
    path: '/models/{id}',
    right: 'models/versions/write',
    body: JsonPatch,
    async answer(deps, { workspace, params, body, caller }) {
      const model = await modelAt(deps, workspace, params.id)
      const { description = null, tags: kvTags, properties } = model
      const known = { description, kvTags, properties }
      const patched = applyPatch('a model', { known, fields: FIELDS }, body)
      return presentModel(await changeModel(deps, workspace.id, { ...changeOf(model, patched), by: caller }))
    },
  }),
  operation({
    name: 'MLModels.delete',
    method: 'DELETE',
    path: '/models/{id}',
    right: 'models/versions/delete',
    async answer(deps, { workspace, params }) {
      const { name, version } = await modelAt(deps, workspace, params.id)
      await removeModel(deps, workspace.id, { name, version })
      return new Answer(200)
    },
  }),
]
