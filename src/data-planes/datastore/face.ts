import { Type } from 'typebox'
import { DATASTORES } from '../../domain/datastores/datastore.ts'
import { setDefaultDatastore } from '../../domain/datastores/default-datastore.ts'
import type { Deps } from '../../domain/deps.ts'
import { readPageToken } from '../../domain/search/page-token.ts'
import { systemDatastores } from '../../domain/workspaces/default-datastores.ts'
import { fault } from '../../faults.ts'
import type { Caller } from '../../identity/identity.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { historyRefusal } from '../history-errors.ts'
import { Answer, type Face, operation, type RegionalRequest, type Workspace } from '../operation.ts'
import { presentPage } from '../paging.ts'
import { fromClient, toClient } from './convert.ts'

const ML = 'Microsoft.MachineLearningServices/workspaces'
const flag = Type.Optional(Type.Boolean())
const Writing = Type.Object({ createIfNotExists: flag, skipValidation: flag })
const DataStore = Type.Object({
  name: Type.Optional(Type.String()),
  dataStoreType: Type.String(),
  azureStorageSection: Type.Optional(Type.Record(Type.String(), Type.Any())),
  tags: Type.Optional(Type.Record(Type.String(), Type.String())),
})

const idOf = (workspace: Workspace, name: string): string => `${workspace.id}/datastores/${name.toLowerCase()}`

async function datastoreAt({ store }: Deps, workspace: Workspace, name: string): Promise<StoredResource> {
  const found = await store.resources.get(idOf(workspace, name))
  if (!found) throw fault('DatastoreNotFound', { datastore: name })
  return found
}

/** Shows datastores with their secrets to whom the resource manager would list them. */
const presenter = async (deps: Deps, workspace: Workspace, caller: Caller) => {
  const withSecret = await deps.access.allows(caller, `${ML}/datastores/listSecrets/action`, workspace.id)
  return (datastore: StoredResource) => toClient(deps, datastore, { withSecret, workspace: workspace.id })
}

type Asked = Pick<RegionalRequest<string, unknown, unknown>, 'workspace' | 'writes' | 'caller'>

const put = async (
  { workspace, writes, caller }: Asked,
  { name, body, skip }: { readonly name: string; readonly body: JsonObject; readonly skip: boolean | undefined },
): Promise<Answer> => {
  const query = { skipValidation: String(skip === true) }
  await writes.put(idOf(workspace, name), { properties: fromClient(name, body) }, caller, query)
  return new Answer(200)
}

const defaultOf = async ({ store }: Deps, workspace: Workspace): Promise<StoredResource> => {
  const where = { 'properties.isDefault': true }
  const [found] = (await store.resources.children(workspace.id, DATASTORES, { where })).items
  if (!found) throw fault('DatastoreNotFound', { datastore: 'default' })
  return found
}

/** The datastore service of azureml's first client, over the workspace's datastores. */
export const datastoreFace: Face = {
  name: 'Datastores',
  prefixes: ['/datastore/v1.0'],
  refuse: historyRefusal,
  nullIsAbsent: true,
  operations: [
    operation({
      name: 'DataStores.list',
      method: 'GET',
      path: '/datastores',
      right: 'datastores/read',
      query: Type.Object({
        dataStoreNames: Type.Optional(Type.Array(Type.String())),
        continuationToken: Type.Optional(Type.String()),
        count: Type.Optional(Type.Integer({ minimum: 1 })),
        includeSecret: flag,
      }),
      async answer(deps, { workspace, caller, query, ...asked }) {
        const after = readPageToken(query.continuationToken)
        const names = query.dataStoreNames?.flatMap((name) => name.toLowerCase().split(','))
        const page = await deps.store.resources.children(workspace.id, DATASTORES, {
          limit: query.count ?? 100,
          ...(after !== undefined && { after }),
        })
        const show = await presenter(deps, workspace, caller)
        const items: JsonObject[] = []
        for (const item of page.items) {
          if (names && !names.includes(item.name.toLowerCase())) continue
          const secret = query.includeSecret !== false
          items.push(await (secret ? show(item) : toClient(deps, item, { withSecret: false, workspace: workspace.id })))
        }
        return presentPage({ ...page, items }, (item) => item, {
          asked: { ...asked, workspace },
          parameter: 'continuationToken',
        })
      },
    }),
    operation({
      name: 'DataStores.create',
      method: 'POST',
      path: '/datastores',
      right: 'datastores/write',
      query: Writing,
      body: DataStore,
      async answer(deps, { query, body, ...asked }) {
        const { name } = body
        if (!name) throw fault('DatastoreInvalid', { reason: "A datastore has a 'name'." })
        return await asked.writes.inTurn(idOf(asked.workspace, name).toLowerCase(), async () => {
          const known = await deps.store.resources.get(idOf(asked.workspace, name))
          // The client looks for these words before it updates one that is there.
          if (known) throw fault('DatastoreNameTaken', { datastore: name })
          return await put(asked, { name, body, skip: query.skipValidation })
        })
      },
    }),
    operation({
      name: 'DataStores.deleteAll',
      method: 'DELETE',
      path: '/datastores',
      right: 'datastores/delete',
      async answer({ store }, { workspace, writes }) {
        const { items } = await store.resources.children(workspace.id, DATASTORES)
        for (const { id, name, body } of items) {
          // What the workspace itself stands on stays.
          if (systemDatastores.has(name.toLowerCase()) || objectAt(body.properties).isDefault === true) continue
          await writes.remove(id)
        }
        return new Answer(200)
      },
    }),
    operation({
      name: 'DataStores.get',
      method: 'GET',
      path: '/datastores/{name}',
      right: 'datastores/read',
      async answer(deps, { workspace, params, caller }) {
        const found = await datastoreAt(deps, workspace, params.name)
        return await (await presenter(deps, workspace, caller))(found)
      },
    }),
    operation({
      name: 'DataStores.update',
      method: 'PUT',
      path: '/datastores/{name}',
      right: 'datastores/write',
      query: Writing,
      body: DataStore,
      async answer(deps, { query, body, params, ...asked }) {
        if (!query.createIfNotExists) await datastoreAt(deps, asked.workspace, params.name)
        return await put(asked, { name: params.name, body, skip: query.skipValidation })
      },
    }),
    operation({
      name: 'DataStores.delete',
      method: 'DELETE',
      path: '/datastores/{name}',
      right: 'datastores/delete',
      async answer(deps, { workspace, params, writes }) {
        const found = await deps.store.resources.get(idOf(workspace, params.name))
        if (!found) return new Answer(204)
        await writes.remove(found.id)
        return new Answer(200)
      },
    }),
    operation({
      name: 'DataStores.getDefault',
      method: 'GET',
      path: '/default',
      right: 'datastores/read',
      answer: async (deps, { workspace, caller }) =>
        await (await presenter(deps, workspace, caller))(await defaultOf(deps, workspace)),
    }),
    operation({
      name: 'DataStores.setDefault',
      method: 'PUT',
      path: '/default/{name}',
      right: 'datastores/write',
      async answer(deps, { workspace, params }) {
        await setDefaultDatastore(deps, workspace.id, params.name)
        return new Answer(200)
      },
    }),
  ],
}
