import { Type } from 'typebox'
import { defineResource } from '../../../arm/define-resource.ts'
import type { ResourceId } from '../../../resource-id.ts'
import type { StoredResource } from '../../../store/resources.ts'
import type { Repositories } from '../../../store/store.ts'

/** An account's blob service. Every account has exactly one, named default; a PUT only changes its settings. */
export default defineResource({
  type: 'Microsoft.Storage/storageAccounts/blobServices',
  name: /^default$/,
  reads: Type.Object({}),
  statuses: { created: 200, createdDone: 200 },
  verbs: ['put'],
  hides: ['provisioningState'],
  backing: {
    get: service,
    put: (into, resource) => into.resources.put(resource),
    remove: (from, id) => from.resources.remove(id.text),
    async list(from, parent) {
      const account = await from.resources.get(parent.text)
      return { items: account ? [(await stored(from, `${account.id}/blobServices/default`)) ?? built(account)] : [] }
    },
  },
})

async function service(from: Repositories, id: ResourceId): Promise<StoredResource | undefined> {
  const changed = await stored(from, id.text)
  if (changed) return changed
  const account = id.name.toLowerCase() === 'default' && id.parent && (await from.resources.get(id.parent.text))
  return account ? built(account) : undefined
}

const stored = (from: Repositories, id: string) => from.resources.get(id)

const built = (account: StoredResource): StoredResource => ({
  id: `${account.id}/blobServices/default`,
  type: 'Microsoft.Storage/storageAccounts/blobServices',
  name: 'default',
  body: { properties: { cors: { corsRules: [] }, deleteRetentionPolicy: { enabled: false } } },
  state: {},
  secrets: {},
  provisioningState: 'Succeeded',
  etag: account.etag,
  system: account.system,
})
