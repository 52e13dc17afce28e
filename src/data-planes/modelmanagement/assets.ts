import { Type } from 'typebox'
import { checkPath } from '../../domain/artifacts/artifacts.ts'
import {
  assetsOf,
  changeAssetDocument,
  findModelAsset,
  keepAsset,
  type ModelAsset,
  removeAssetDocument,
} from '../../domain/models/asset-documents.ts'
import { readOffset } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, plainCopy, textAt } from '../../json.ts'
import { Answer, type Operation, operation } from '../operation.ts'
import { presentPage } from '../paging.ts'
import { applyPatch, type Field, JsonPatch } from './json-patch.ts'
import { has, pairs } from './select-models.ts'

const text = Type.Optional(Type.String())
const MaybeText = Type.Optional(Type.Union([Type.String(), Type.Null()]))
const MaybeTexts = Type.Optional(Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()]))
const Artifact = Type.Object({ id: MaybeText, prefix: MaybeText })

const presentAsset = (asset: ModelAsset): JsonObject => ({
  id: asset.id,
  name: asset.name,
  type: asset.type ?? null,
  description: asset.description ?? null,
  artifacts: asset.artifacts.map(({ id, prefix }) => ({ id: id ?? null, prefix: prefix ?? null })),
  kvTags: asset.tags,
  properties: asset.properties,
  runid: asset.run ?? null,
  projectid: null,
  meta: asset.meta,
  createdTime: asset.createdAt,
})

/** Artifacts as they are kept. @throws ParameterInvalid for one that names nothing or two things, ArtifactPathInvalid */
function artifactsOf(sent: unknown): ModelAsset['artifacts'] {
  const list: readonly unknown[] = Array.isArray(sent) ? sent : []
  return list.map((one) => {
    const [id, prefix] = [textAt(objectAt(one).id), textAt(objectAt(one).prefix)]
    const place = id ?? prefix
    if (place === undefined || (id !== undefined && prefix !== undefined)) {
      throw fault('ParameterInvalid', { reason: "An artifact of an asset has either an 'id' or a 'prefix'." })
    }
    checkPath(place.replace(/\/$/, ''))
    return id === undefined ? { prefix: place } : { id }
  })
}

const FIELDS: Readonly<Record<string, Field>> = {
  ...{ name: 'text', description: 'text', type: 'text', artifacts: 'objects' },
  ...{ kvTags: 'texts', properties: 'texts', meta: 'texts' },
}

function patchedAsset(asset: ModelAsset, patched: JsonObject): ModelAsset {
  const name = textAt(patched.name)
  if (!name) throw fault('ParameterInvalid', { reason: 'An asset has a name.' })
  const [description, type] = [textAt(patched.description), textAt(patched.type)]
  const { description: _d, type: _t, ...rest } = asset
  return {
    ...rest,
    name,
    ...(description !== undefined && { description }),
    ...(type !== undefined && { type }),
    artifacts: artifactsOf(patched.artifacts),
    tags: textsOf(patched.kvTags),
    properties: textsOf(patched.properties),
    meta: textsOf(patched.meta),
  }
}

const textsOf = (value: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(objectAt(value)).map(([key, one]) => [key, textAt(one) ?? '']))

/** Sets of artifacts, from which azureml's first clients register models. */
export const assetOperations: readonly Operation[] = [
  operation({
    name: 'Assets.listQuery',
    method: 'GET',
    path: '/assets',
    right: 'models/read',
    query: Type.Object({
      ...{ runId: text, name: text, tag: text, tags: text, properties: text, type: text, orderby: text },
      ...{ $skipToken: text, count: Type.Optional(Type.Integer({ minimum: 1 })) },
    }),
    async answer({ store }, { workspace, query, ...asked }) {
      const found = (await assetsOf(store, workspace.key)).filter(
        (asset) =>
          (query.runId === undefined || asset.run === query.runId) &&
          (query.name === undefined || asset.name === query.name) &&
          (query.type === undefined || asset.type === query.type) &&
          pairs(query.tags ?? query.tag).every((pair) => has(asset.tags, pair)) &&
          pairs(query.properties).every((pair) => has(asset.properties, pair)),
      )
      const all = /asc$/i.test(query.orderby ?? '') ? found.toReversed() : found
      const start = readOffset(query.$skipToken)
      const end = start + (query.count ?? 100)
      const page = { items: all.slice(start, end), ...(end < all.length && { next: String(end) }) }
      return presentPage(page, presentAsset, { asked: { ...asked, workspace }, parameter: '$skipToken' })
    },
  }),
  operation({
    name: 'Assets.create',
    method: 'POST',
    path: '/assets',
    right: 'models/write',
    body: Type.Object({
      name: Type.String({ minLength: 1 }),
      ...{ type: MaybeText, description: MaybeText, runid: MaybeText },
      ...{ kvTags: MaybeTexts, properties: MaybeTexts, meta: MaybeTexts },
      artifacts: Type.Optional(Type.Union([Type.Array(Artifact), Type.Null()])),
    }),
    async answer(deps, { workspace, body }) {
      const { name, type, description, runid, kvTags, properties, meta } = body
      const asset = await keepAsset(deps, workspace.key, {
        name,
        ...(type && { type }),
        ...(description && { description }),
        ...(runid && { run: runid }),
        artifacts: artifactsOf(body.artifacts),
        ...{ tags: kvTags ?? {}, properties: properties ?? {}, meta: meta ?? {} },
      })
      return presentAsset(asset)
    },
  }),
  operation({
    name: 'Assets.queryById',
    method: 'GET',
    path: '/assets/{id}',
    right: 'models/read',
    answer: async ({ store }, { workspace, params }) => presentAsset(await findModelAsset(store, workspace, params.id)),
  }),
  operation({
    name: 'Assets.patch',
    method: 'PATCH',
    path: '/assets/{id}',
    right: 'models/write',
    body: JsonPatch,
    async answer(deps, { workspace, params, body }) {
      const asset = await changeAssetDocument(deps, workspace.key, {
        id: params.id,
        change: (asset) =>
          patchedAsset(asset, applyPatch('an asset', { known: plainCopy(presentAsset(asset)), fields: FIELDS }, body)),
      })
      return presentAsset(asset)
    },
  }),
  operation({
    name: 'Assets.delete',
    method: 'DELETE',
    path: '/assets/{id}',
    right: 'models/delete',
    async answer(deps, { workspace, params }) {
      await removeAssetDocument(deps, workspace.key, params.id)
      return new Answer(200)
    },
  }),
]
