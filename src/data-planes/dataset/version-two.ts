import { Type } from 'typebox'
import { versionType } from '../../domain/assets/asset-kinds.ts'
import { datasetOfVersion } from '../../domain/datasets/dataset-of-asset.ts'
import { saveDataset, uuidOf } from '../../domain/datasets/saved-datasets.ts'
import type { Deps } from '../../domain/deps.ts'
import { readOffset } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import { type Asking, assetAt, changeAsset } from '../asset-writes.ts'
import { Answer, type Operation, operation, type Workspace } from '../operation.ts'
import { presentPage } from '../paging.ts'
import { userOf } from './present-data.ts'
import { versionAt } from './present-dataset.ts'
import { registerDataset } from './register-dataset.ts'
import { MaybeText, MaybeTexts } from './schemas.ts'

const read = 'data/versions/read'
const write = 'data/versions/write'

const idOf = (version: StoredResource): string => uuidOf(`${foldId(version.id)}|${version.system.createdAt}`)

const versionsOf = async ({ store }: Deps, workspace: Workspace): Promise<readonly StoredResource[]> =>
  (await store.resources.ofType(workspace.id, versionType('data', 'workspaces'), { newestFirst: true })).items

async function versionById(deps: Deps, workspace: Workspace, id: string): Promise<StoredResource> {
  const found = (await versionsOf(deps, workspace)).find((version) => idOf(version) === id.toLowerCase())
  if (!found) throw fault('AssetNotFound', { asset: id })
  return found
}

async function present(deps: Deps, workspace: Workspace, version: StoredResource): Promise<JsonObject> {
  const properties = objectAt(version.body.properties)
  const saved = await datasetOfVersion(deps, workspace, version)
  const { system } = version
  return {
    datasetId: idOf(version),
    name: version.id.split('/').at(-3) ?? '',
    versionId: version.name,
    dataflow: saved.dataflow,
    createdTime: system.createdAt,
    modifiedTime: system.lastModifiedAt,
    createdBy: userOf(system.createdBy),
    modifiedBy: userOf(system.lastModifiedBy),
    properties: objectAt(properties.properties),
    telemetryInfo: {},
    description: textAt(properties.description) ?? null,
    isAnonymous: properties.isAnonymous === true,
    tags: objectAt(properties.tags),
    legacyProperties: saved.properties,
    dataExpiryTime: null,
  }
}

const Body = Type.Object({
  ...{ name: MaybeText, versionId: MaybeText, dataflow: MaybeText, description: MaybeText, tags: MaybeTexts },
  isAnonymous: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  legacyProperties: Type.Optional(Type.Union([Type.Record(Type.String(), Type.Any()), Type.Null()])),
})

async function change(deps: Deps, asking: Asking, { version, body }: { version: StoredResource; body: JsonObject }) {
  const saved = await datasetOfVersion(deps, asking.workspace, version)
  if (textAt(body.dataflow) && body.dataflow !== saved.dataflow) {
    const asset = version.id.split('/').at(-3) ?? ''
    const fill = { kind: 'data asset', asset, version: version.name, properties: 'dataflow' }
    throw fault('AssetVersionImmutable', fill)
  }
  const changed = await changeAsset(asking, version, { description: body.description, tags: body.tags })
  return await present(deps, asking.workspace, changed)
}

/** Datasets as the service's second version knows them: each version is one, with an id of its own. */
export const versionTwoOperations: readonly Operation[] = [
  operation({
    name: 'DatasetV2.list',
    method: 'GET',
    path: '/datasets',
    right: read,
    query: Type.Object({
      names: Type.Optional(Type.Array(Type.String())),
      searchText: Type.Optional(Type.String()),
      continuationToken: Type.Optional(Type.String()),
      pageSize: Type.Optional(Type.Integer({ minimum: 1 })),
    }),
    async answer(deps, { workspace, query, ...asked }) {
      const names = query.names?.flatMap((name) => name.toLowerCase().split(','))
      const found = (await versionsOf(deps, workspace)).filter((version) => {
        const name = version.id.split('/').at(-3)?.toLowerCase() ?? ''
        const { isArchived } = objectAt(version.body.properties)
        const wanted = (names?.includes(name) ?? true) && name.includes((query.searchText ?? '').toLowerCase())
        return wanted && isArchived !== true
      })
      const start = readOffset(query.continuationToken)
      const end = start + (query.pageSize ?? 100)
      const items: JsonObject[] = []
      for (const version of found.slice(start, end)) items.push(await present(deps, workspace, version))
      const page = { items, ...(end < found.length && { next: String(end) }) }
      return presentPage(page, (item) => item, { asked: { ...asked, workspace }, parameter: 'continuationToken' })
    },
  }),
  operation({
    name: 'DatasetV2.create',
    method: 'POST',
    path: '/datasets',
    right: write,
    query: Type.Object({ ifExistsUpdate: Type.Optional(Type.Boolean()) }),
    body: Body,
    async answer(deps, { query, body, ...asking }) {
      const { workspace } = asking
      const { name, dataflow } = body
      if (!name || !dataflow) throw fault('ParameterInvalid', { reason: "A dataset has a 'name' and a 'dataflow'." })
      const properties = objectAt(body.legacyProperties)
      const saved = await saveDataset(deps, workspace, { type: 'tabular', dataflow, properties })
      const container = await registerDataset(deps, asking, {
        ...{ name, saved, version: body.versionId ?? undefined, description: body.description, tags: body.tags },
        ...{ ifExistsOk: query.ifExistsUpdate, updateIfExists: query.ifExistsUpdate },
      })
      return await present(deps, workspace, await versionAt(deps, workspace, { container }))
    },
  }),
  operation({
    name: 'DatasetV2.deleteAllDatasets',
    method: 'DELETE',
    path: '/datasets',
    right: 'data/delete',
    async answer(deps, { workspace, writes }) {
      for (const { id } of await versionsOf(deps, workspace)) await writes.remove(id)
      return new Answer(200)
    },
  }),
  operation({
    name: 'DatasetV2.getDatasetByName',
    method: 'GET',
    path: '/datasets/query/name={datasetName}',
    right: read,
    query: Type.Object({ versionId: Type.Optional(Type.String()) }),
    async answer(deps, { workspace, params, query }) {
      const container = await assetAt(deps, workspace, { kind: 'data', name: params.datasetName })
      return await present(deps, workspace, await versionAt(deps, workspace, { container, version: query.versionId }))
    },
  }),
  operation({
    name: 'DatasetV2.getDatasetById',
    method: 'GET',
    path: '/datasets/{datasetId}',
    right: read,
    answer: async (deps, { workspace, params }) =>
      await present(deps, workspace, await versionById(deps, workspace, params.datasetId)),
  }),
  operation({
    name: 'DatasetV2.updateDataset',
    method: 'PUT',
    path: '/datasets/{datasetId}',
    right: write,
    body: Body,
    async answer(deps, { params, body, ...asking }) {
      const version = await versionById(deps, asking.workspace, params.datasetId)
      return await change(deps, asking, { version, body: objectAt(body) })
    },
  }),
  operation({
    name: 'DatasetV2.updateDatasetByNameAndVersion',
    method: 'PUT',
    path: '/datasets/{name}/versions/{versionId}',
    right: write,
    body: Body,
    async answer(deps, { params, body, ...asking }) {
      const at = { kind: 'data', name: params.name, version: params.versionId } as const
      return await change(deps, asking, { version: await assetAt(deps, asking.workspace, at), body: objectAt(body) })
    },
  }),
  operation({
    name: 'DatasetV2.deleteDatasetByName',
    method: 'DELETE',
    path: '/datasets/{name}/versions/{versionId}',
    right: 'data/versions/delete',
    async answer(deps, { workspace, params, writes }) {
      const at = { kind: 'data', name: params.name, version: params.versionId } as const
      await writes.remove((await assetAt(deps, workspace, at)).id)
      return new Answer(200)
    },
  }),
]
