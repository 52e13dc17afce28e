import { Type } from 'typebox'
import { defineResource, done } from '../../../arm/define-resource.ts'
import { checkDatastore } from '../../../domain/datastores/check-datastore.ts'
import { DATASTORES } from '../../../domain/datastores/datastore.ts'
import { credentialSecrets, datastoreSecrets } from '../../../domain/datastores/datastore-secrets.ts'
import { makeOnlyDefault } from '../../../domain/datastores/default-datastore.ts'
import { systemDatastores } from '../../../domain/workspaces/default-datastores.ts'
import { fault } from '../../../faults.ts'
import { objectAt, textAt } from '../../../json.ts'
import type { StoredResource } from '../../../store/resources.ts'

/** Where a workspace's data lies: a container, file system or share of an account. Its credentials are never answered. */
export default defineResource({
  type: DATASTORES,
  name: /^[a-zA-Z0-9][\w-]{0,254}$/,
  hides: ['provisioningState'],
  reads: Type.Object({ properties: Type.Object({ isDefault: Type.Optional(Type.Boolean()) }) }),
  secret: [credentialSecrets],
  defaults: () => ({
    properties: {
      isDefault: false,
      serviceDataAccessAuthIdentity: 'None',
      endpoint: 'core.windows.net',
      protocol: 'https',
    },
  }),
  check: (deps, { id, body, existing, query }) =>
    checkDatastore(deps, { name: id.name, body, existing, validate: query.get('skipValidation') !== 'true' }),
  async apply(deps, { id, wish }) {
    if (wish.properties.isDefault) await makeOnlyDefault(deps, id)
    return done()
  },
  async checkRemove(_deps, { resource }) {
    const isDefault = objectAt(resource.body.properties).isDefault === true
    if (isDefault || systemDatastores.has(resource.name.toLowerCase())) {
      throw fault('DatastoreSystemOwned', { datastore: resource.name, verb: 'deleted' })
    }
  },
  list(query) {
    const isDefault = query.get('isDefault')
    const names = query.get('names')?.toLowerCase().split(',')
    const search = query.get('searchText')?.toLowerCase()
    const count = Number(query.get('count'))
    const byTime = /created/i.test(query.get('orderBy') ?? '')
    return {
      ...(isDefault !== null && { where: { 'properties.isDefault': isDefault.toLowerCase() === 'true' } }),
      ...(Number.isInteger(count) && count > 0 && { limit: count }),
      ...(byTime && query.get('orderByAsc') !== 'true' && { newestFirst: true }),
      keep: ({ name }: StoredResource) =>
        (names?.includes(name.toLowerCase()) ?? true) && (!search || name.toLowerCase().includes(search)),
    }
  },
  view: async (_deps, { body }) => ({
    properties: {
      credentials: {
        credentialsType: textAt(objectAt(objectAt(body.properties).credentials).credentialsType) ?? 'None',
      },
    },
  }),
  actions: { listSecrets: { answer: async (deps, { resource }) => datastoreSecrets(deps, resource) } },
})
