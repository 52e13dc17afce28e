import { Type } from 'typebox'
import type { Deps } from '../../domain/deps.ts'
import {
  changeModel,
  findVersion,
  type ModelView,
  modelsOf,
  removeModel,
  versionsOf,
} from '../../domain/models/models.ts'
import { registerModel } from '../../domain/models/register-model.ts'
import { readOffset } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import { Answer, type Face, operation, type Workspace } from '../operation.ts'
import { presentPage } from '../paging.ts'
import { modelManagementRefusal } from './errors.ts'
import { applyPatch, JsonPatch } from './json-patch.ts'

const DEFAULT_COUNT = 100
const text = Type.Optional(Type.String())
const MaybeTexts = Type.Optional(Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()]))
const MaybeText = Type.Optional(Type.Union([Type.String(), Type.Null()]))

/** A model by the id that this service gives: `name:version`, or a name for its newest version. */
async function modelAt({ store }: Deps, workspace: Workspace, id: string): Promise<ModelView> {
  const colon = id.lastIndexOf(':')
  if (colon > 0)
    return await findVersion(store, workspace.id, { name: id.slice(0, colon), version: id.slice(colon + 1) })
  const [newest] = await versionsOf(store, workspace.id, id)
  if (!newest) throw fault('ModelNotFound', { model: id })
  return newest
}

const presentModel = (model: ModelView): JsonObject => ({
  id: `${model.name}:${model.version}`,
  name: model.name,
  version: /^\d+$/.test(model.version) ? Number(model.version) : model.version,
  framework: model.type === 'mlflow_model' ? 'MLflow' : 'Custom',
  frameworkVersion: null,
  url: model.uri,
  mimeType: 'application/x-python',
  modelFormat: model.type,
  description: model.description ?? null,
  createdTime: model.createdAt,
  modifiedTime: model.modifiedAt,
  unpack: false,
  parentModelId: null,
  runId: model.run ?? null,
  experimentName: null,
  kvTags: model.tags,
  properties: model.properties,
  derivedModelIds: [],
  datasets: [],
  stage: model.stage,
  createdBy: { userObjectId: model.resource.system.createdBy, userName: model.resource.system.createdBy },
})

interface Selection {
  readonly name?: string | undefined
  readonly runId?: string | undefined
  readonly tags?: string | undefined
  readonly latestVersionOnly?: boolean | undefined
}

async function select({ store }: Deps, workspace: Workspace, wanted: Selection): Promise<readonly ModelView[]> {
  const models = wanted.name === undefined ? await modelsOf(store, workspace.id) : [{ name: wanted.name }]
  const tags = (wanted.tags ?? '').split(',').filter((tag) => tag !== '')
  const found: ModelView[] = []
  for (const { name } of models) {
    const versions = (await versionsOf(store, workspace.id, name)).filter(
      (version) =>
        !version.archived &&
        (wanted.runId === undefined || version.run === wanted.runId) &&
        tags.every((tag) => hasTag(version, tag)),
    )
    found.push(...(wanted.latestVersionOnly ? versions.slice(0, 1) : versions))
  }
  return found.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
}

/** A tag that is asked for as `key` or `key=value`. */
function hasTag({ tags }: ModelView, asked: string): boolean {
  const [key = '', ...value] = asked.split('=')
  return Object.hasOwn(tags, key) && (value.length === 0 || tags[key] === value.join('='))
}

/** Model management v1.0: registered models as azureml's first clients, and Microsoft's REST article, know them. */
export const modelManagementFace: Face = {
  name: 'Model management',
  prefixes: ['/modelmanagement/v1.0'],
  refuse: modelManagementRefusal,
  operations: [
    operation({
      name: 'MLModels.query',
      method: 'GET',
      path: '/models',
      right: 'models/read',
      query: Type.Object({
        name: text,
        runId: text,
        tags: text,
        tag: text,
        count: Type.Optional(Type.Integer({ minimum: 1 })),
        offset: Type.Optional(Type.Integer({ minimum: 0 })),
        $skipToken: text,
        latestVersionOnly: Type.Optional(Type.Boolean()),
      }),
      async answer(deps, { workspace, query, ...asked }) {
        const found = await select(deps, workspace, { ...query, tags: query.tags ?? query.tag })
        const start = query.$skipToken === undefined ? (query.offset ?? 0) : readOffset(query.$skipToken)
        const end = start + (query.count ?? DEFAULT_COUNT)
        const page = { items: found.slice(start, end), ...(end < found.length && { next: String(end) }) }
        return presentPage(page, presentModel, { asked: { ...asked, workspace }, parameter: '$skipToken' })
      },
    }),
    operation({
      name: 'MLModels.register',
      method: 'POST',
      path: '/models',
      right: 'models/write',
      body: Type.Object({
        name: Type.String(),
        url: Type.String(),
        description: MaybeText,
        runId: MaybeText,
        kvTags: MaybeTexts,
        properties: MaybeTexts,
      }),
      async answer(deps, { workspace, body, caller }) {
        const model = await registerModel(deps, workspace.id, {
          name: body.name,
          source: body.url,
          makesModel: true,
          by: caller,
          run: body.runId ?? undefined,
          description: body.description ?? undefined,
          tags: body.kvTags ?? {},
          properties: body.properties ?? {},
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
        const { name, version, description, tags, properties } = await modelAt(deps, workspace, params.id)
        const patched = applyPatch({ description: description ?? '', kvTags: tags, properties }, body)
        const changed = await changeModel(deps, workspace.id, {
          name,
          version,
          by: caller,
          description: patched.description,
          tags: patched.kvTags,
          removeTags: Object.keys(tags).filter((tag) => !Object.hasOwn(patched.kvTags, tag)),
          properties: patched.properties,
        })
        return presentModel(changed)
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
  ],
}
