import { Type } from 'typebox'
import { containerType } from '../../domain/assets/asset-kinds.ts'
import { readPageToken } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import { assetAt, changeAsset, withoutNulls } from '../asset-writes.ts'
import { Answer, operation } from '../operation.ts'
import { presentPage } from '../paging.ts'
import { presentContainer, workspaceResource } from './present-data.ts'
import { Mutable, mutableProperties } from './schemas.ts'

const PAGE = 100

/** Names under which data stands: containers of versions, as the resource manager's `data`. */
export const containerOperations = [
  operation({
    name: 'DataContainer.listDataContainer',
    method: 'GET',
    path: '/datacontainer',
    right: 'data/read',
    query: Type.Object({ continuationToken: Type.Optional(Type.String()) }),
    async answer(deps, { workspace, query, ...asked }) {
      const after = readPageToken(query.continuationToken)
      const page = await deps.store.resources.children(workspace.id, containerType('data', 'workspaces'), {
        limit: PAGE,
        ...(after !== undefined && { after }),
      })
      const owner = await workspaceResource(deps, workspace)
      const items: JsonObject[] = []
      for (const container of page.items) items.push(await presentContainer(deps, owner, container))
      return presentPage({ ...page, items }, (item) => item, {
        asked: { ...asked, workspace },
        parameter: 'continuationToken',
      })
    },
  }),
  operation({
    name: 'DataContainer.createDataContainer',
    method: 'POST',
    path: '/datacontainer',
    right: 'data/write',
    body: Type.Object({
      name: Type.String(),
      dataType: Type.String(),
      mutableProps: Type.Optional(Type.Union([Mutable, Type.Null()])),
    }),
    async answer(deps, { body, ...asking }) {
      const { workspace, writes, caller } = asking
      const id = `${workspace.id}/data/${body.name}`
      return await writes.inTurn(id.toLowerCase(), async () => {
        if (await deps.store.resources.get(id)) throw fault('AssetExists', { kind: 'data asset', asset: body.name })
        const properties = { dataType: body.dataType, ...mutableProperties(body.mutableProps) }
        const made = await writes.put(id, { properties: withoutNulls(properties) }, caller)
        return await presentContainer(deps, await workspaceResource(deps, workspace), made)
      })
    },
  }),
  operation({
    name: 'DataContainer.getDataContainer',
    method: 'GET',
    path: '/datacontainer/{name}',
    right: 'data/read',
    async answer(deps, { workspace, params }) {
      const found = await assetAt(deps, workspace, { kind: 'data', name: params.name })
      return await presentContainer(deps, await workspaceResource(deps, workspace), found)
    },
  }),
  operation({
    name: 'DataContainer.modifyDataContainer',
    method: 'PATCH',
    path: '/datacontainer/{name}',
    right: 'data/write',
    body: Mutable,
    async answer(deps, { params, body, ...asking }) {
      const found = await assetAt(deps, asking.workspace, { kind: 'data', name: params.name })
      const changed = await changeAsset(asking, found, mutableProperties(body))
      return await presentContainer(deps, await workspaceResource(deps, asking.workspace), changed)
    },
  }),
  operation({
    name: 'Delete.dataContainer',
    method: 'DELETE',
    path: '/datacontainer/{name}',
    right: 'data/delete',
    async answer(deps, { workspace, params, writes }) {
      const { id } = await assetAt(deps, workspace, { kind: 'data', name: params.name })
      await writes.remove(id)
      return new Answer(200)
    },
  }),
]
