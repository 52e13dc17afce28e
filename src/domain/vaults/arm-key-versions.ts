import type { Origin } from '../../gateway/surface.ts'
import { type JsonObject, textAt } from '../../json.ts'
import { parseResourceId, type ResourceId } from '../../resource-id.ts'
import type { ListResources, StoredResource } from '../../store/resources.ts'
import type { Page, Repositories } from '../../store/store.ts'
import type { VaultVersion } from '../../store/vault-objects.ts'
import { keyProperties } from './arm-keys.ts'
import { currentOf, keyOfId, vaultResource } from './arm-secrets.ts'

/** Versions of keys as ARM resources, read from the vault's own: they are made by the data plane, and with their key. */
export const armKeyVersions = {
  async get(from: Repositories, id: ResourceId): Promise<StoredResource | undefined> {
    const found = await versionAt(from, id)
    return found && id.parent && versionResource(id.parent, found)
  },

  async list(from: Repositories, parent: ResourceId, options: ListResources): Promise<Page<StoredResource>> {
    const key = keyOfId(parent, 'keys')
    if (!(await currentOf(from, key))) return { items: [] }
    const { items, next } = await from.vaults.versions(key, {
      ...(options.after !== undefined && { after: options.after }),
      ...(options.limit !== undefined && { limit: options.limit }),
    })
    return { items: items.map((one) => versionResource(parent, one)), ...(next !== undefined && { next }) }
  },

  /** `verbs` lets nobody get there. */
  async put(): Promise<never> {
    throw new Error('Versions of keys are not written through the resource manager')
  },

  /** With its key. */
  remove: () => Promise.resolve(),

  async view(from: Repositories, id: string, origin: Pick<Origin, 'vault'>): Promise<JsonObject> {
    const parsed = parseResourceId(id)
    const vaultId = parsed?.parent?.parent
    const vault = vaultId && (await from.resources.get(vaultId.key))
    const found = parsed && (await versionAt(from, parsed))
    if (!vault || !found) return {}
    const keyUri = `${origin.vault(vault.name)}/keys/${found.name}`
    return {
      location: textAt(vault.body.location) ?? '',
      properties: { ...keyProperties(found), keyUri, keyUriWithVersion: `${keyUri}/${found.version}` },
    }
  },
}

async function versionAt(from: Repositories, id: ResourceId): Promise<VaultVersion | undefined> {
  const key = id.parent && keyOfId(id.parent, 'keys')
  return key && (await currentOf(from, key)) ? from.vaults.version(key, id.name.toLowerCase()) : undefined
}

function versionResource(key: ResourceId, found: VaultVersion): StoredResource {
  const made = vaultResource(key.parent?.text ?? '', found, keyProperties(found))
  return {
    ...made,
    id: `${made.id}/versions/${found.version}`,
    type: `${made.type}/versions`,
    name: found.version,
  }
}
