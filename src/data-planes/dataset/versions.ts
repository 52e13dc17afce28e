import { Type } from 'typebox'
import { findAsset } from '../../domain/assets/asset-reference.ts'
import { readDataflow } from '../../domain/datasets/mltable-text.ts'
import { findSavedDataset } from '../../domain/datasets/saved-datasets.ts'
import { longUri } from '../../domain/datastores/resolve-uri.ts'
import { resolveAsset } from '../../domain/models/resolve-asset.ts'
import { readOffset } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import { assetAt, changeAsset, makeVersion, versionsOfAsset } from '../asset-writes.ts'
import { Answer, operation } from '../operation.ts'
import { presentPage } from '../paging.ts'
import { unregisteredFields, unregisteredName, type Way } from '../unregistered.ts'
import { presentContainer, presentVersion, workspaceResource } from './present-data.ts'
import { MaybeText, MaybeTexts, Mutable, mutableProperties } from './schemas.ts'

const read = 'data/versions/read'
const write = 'data/versions/write'
/** The name under which azureml's first client asks for the dataflow of a dataset that is saved and has none. */
const UNREGISTERED = /^unregistered-([0-9a-f-]{36})$/i

/** Data that a run reads or writes and nobody has named: a version that no listing of names is asked for. */
const unregistered = (way: Way) =>
  operation({
    name: `DataVersion.createUnregistered${way}Data`,
    method: 'POST',
    path: `/dataversion/createUnregistered${way}`,
    right: write,
    body: Type.Object({ ...unregisteredFields(way), uri: Type.String(), type: Type.String() }),
    async answer(deps, { body, ...asking }) {
      const { workspace } = asking
      const { name } = await unregisteredName(deps, workspace, { way, body })
      const properties = { dataUri: body.uri, dataType: body.type, isAnonymous: true }
      const known = await deps.store.resources.get(`${workspace.id}/data/${name}/versions/1`)
      // Asked again for the same bytes, it is what it was.
      if (!known || objectAt(known.body.properties).dataUri !== longUri(workspace.id, body.uri)) {
        await makeVersion(deps, asking, { kind: 'data', name, version: '1', properties })
      }
      const container = await assetAt(deps, workspace, { kind: 'data', name })
      return await presentContainer(deps, await workspaceResource(deps, workspace), container)
    },
  })

/** Versions of data: the resource manager's, at this service's paths. */
export const versionOperations = [
  unregistered('Input'),
  unregistered('Output'),
  operation({
    name: 'DataVersion.list',
    method: 'GET',
    path: '/dataversion/{name}/versions',
    right: read,
    query: Type.Object({
      orderBy: Type.Optional(Type.String()),
      top: Type.Optional(Type.Integer({ minimum: 1 })),
      continuationToken: Type.Optional(Type.String()),
    }),
    async answer(deps, { workspace, params, query, ...asked }) {
      await assetAt(deps, workspace, { kind: 'data', name: params.name })
      const newestFirst = await versionsOfAsset(deps, workspace, { kind: 'data', name: params.name })
      const all = /asc$/i.test(query.orderBy ?? '') ? newestFirst.toReversed() : newestFirst
      const start = readOffset(query.continuationToken)
      const end = start + (query.top ?? 100)
      const page = { items: all.slice(start, end), ...(end < all.length && { next: String(end) }) }
      const owner = await workspaceResource(deps, workspace)
      return presentPage(page, (version) => presentVersion(owner, version), {
        asked: { ...asked, workspace },
        parameter: 'continuationToken',
      })
    },
  }),
  operation({
    name: 'DataVersion.create',
    method: 'POST',
    path: '/dataversion/{name}/versions',
    right: write,
    body: Type.Object({
      dataContainerName: MaybeText,
      dataType: Type.String(),
      dataUri: Type.String(),
      versionId: MaybeText,
      mutableProps: Type.Optional(Type.Union([Mutable, Type.Null()])),
      properties: MaybeTexts,
      referencedDataUris: Type.Optional(Type.Union([Type.Array(Type.String()), Type.Null()])),
    }),
    async answer(deps, { params, body, ...asking }) {
      if (body.dataContainerName && body.dataContainerName.toLowerCase() !== params.name.toLowerCase()) {
        throw fault('ParameterInvalid', {
          reason: `The data container is '${params.name}' in the path and '${body.dataContainerName}' in the body.`,
        })
      }
      const made = await makeVersion(deps, asking, {
        kind: 'data',
        name: params.name,
        version: body.versionId ?? undefined,
        properties: {
          ...{ dataType: body.dataType, dataUri: body.dataUri, properties: body.properties },
          ...mutableProperties(body.mutableProps),
          referencedUris: body.referencedDataUris,
        },
      })
      return presentVersion(await workspaceResource(deps, asking.workspace), made)
    },
  }),
  operation({
    name: 'DataVersion.get',
    method: 'GET',
    path: '/dataversion/{name}/versions/{version}',
    right: read,
    query: Type.Object({ includeSavedDatasets: Type.Optional(Type.Boolean()) }),
    async answer(deps, { workspace, params, query }) {
      const [, savedId] = query.includeSavedDatasets ? (UNREGISTERED.exec(params.name) ?? []) : []
      if (savedId !== undefined) {
        const saved = await findSavedDataset(deps.store, workspace.key, savedId)
        return {
          dataVersion: { dataContainerName: params.name, versionId: '1' },
          legacyDataflow: readDataflow(workspace.id, saved.dataflow).text,
          isV2: false,
        }
      }
      const found = await assetAt(deps, workspace, { kind: 'data', ...params })
      return presentVersion(await workspaceResource(deps, workspace), found)
    },
  }),
  operation({
    name: 'DataVersion.exists',
    method: 'GET',
    path: '/dataversion/{name}/versions/{version}/exists',
    right: read,
    answer: async ({ store }, { workspace, params }) =>
      (await store.resources.get(`${workspace.id}/data/${params.name}/versions/${params.version}`)) !== undefined,
  }),
  operation({
    name: 'DataVersion.modify',
    method: 'PATCH',
    path: '/dataversion/{name}/versions/{version}',
    right: write,
    body: Mutable,
    async answer(deps, { params, body, ...asking }) {
      const found = await assetAt(deps, asking.workspace, { kind: 'data', ...params })
      const changed = await changeAsset(asking, found, mutableProperties(body))
      return presentVersion(await workspaceResource(deps, asking.workspace), changed)
    },
  }),
  operation({
    name: 'DataVersion.delete',
    method: 'DELETE',
    path: '/dataversion/{name}/versions/{version}',
    right: 'data/versions/delete',
    async answer(deps, { workspace, params, writes }) {
      const { id } = await assetAt(deps, workspace, { kind: 'data', ...params })
      await writes.remove(id)
      return new Answer(200)
    },
  }),
  operation({
    name: 'DataVersion.getByAssetId',
    method: 'POST',
    path: '/dataversion/getByAssetId',
    right: read,
    body: Type.Object({ value: Type.String() }),
    async answer({ store, ...deps }, { workspace, body }) {
      const found = await findAsset(store.resources, workspace.id, { kind: 'data', reference: body.value })
      return presentVersion(await workspaceResource({ store, ...deps }, workspace), found)
    },
  }),
  operation({
    name: 'DataVersion.registeredExistingData',
    method: 'POST',
    path: '/dataversion/registerExisting',
    right: write,
    body: Type.Object({ existingUnregisteredAssetId: Type.String(), name: Type.String(), version: MaybeText }),
    async answer(deps, { body, ...asking }) {
      const { workspace } = asking
      const reference = body.existingUnregisteredAssetId
      const known = await findAsset(deps.store.resources, workspace.id, { kind: 'data', reference })
      const { dataType, dataUri, referencedUris } = objectAt(known.body.properties)
      const { name } = body
      const properties = { dataType, dataUri, referencedUris }
      await makeVersion(deps, asking, { kind: 'data', name, version: body.version ?? undefined, properties })
      const container = await assetAt(deps, workspace, { kind: 'data', name })
      return await presentContainer(deps, await workspaceResource(deps, workspace), container)
    },
  }),
  operation({
    name: 'DataVersion.batchGetResolvedUris',
    method: 'POST',
    path: '/dataversion/batchGetResolvedUris',
    right: read,
    body: Type.Object({ values: Type.Array(Type.String(), { maxItems: 1000 }) }),
    async answer({ store }, { workspace, body }) {
      const values: Record<string, JsonObject> = {}
      for (const id of body.values) {
        const { uri, type } = await resolveAsset(store, workspace, { id, kind: 'data' })
        values[id] = { uri, type }
      }
      return { values }
    },
  }),
]
