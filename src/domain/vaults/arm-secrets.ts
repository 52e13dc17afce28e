import { createHash } from 'node:crypto'
import type { Origin } from '../../gateway/surface.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { foldId, parseResourceId, type ResourceId } from '../../resource-id.ts'
import type { ListResources, StoredResource, SystemData } from '../../store/resources.ts'
import type { Page, Repositories } from '../../store/store.ts'
import type { VaultKind, VaultObjectKey, VaultVersion } from '../../store/vault-objects.ts'
import { attributesOf, type WishedAttributes } from './attributes.ts'
import { VAULTS } from './vault.ts'
import { addVersion, sealedPath } from './vault-object.ts'

/**
 * Secrets as ARM resources, kept as the vault's own: the backing of `vaults/secrets`. A PUT with a value makes a
 * version; one without changes what describes the current one.
 */
export const armSecrets = {
  async get(from: Repositories, id: ResourceId): Promise<StoredResource | undefined> {
    const current = await currentOf(from, keyOfId(id, 'secrets'))
    return current && secretResource(id.parent?.text ?? '', current)
  },

  async put(into: Repositories, resource: StoredResource): Promise<void> {
    const vaultId = resource.id.slice(0, resource.id.lastIndexOf('/secrets/'))
    const key: VaultObjectKey = { vault: foldId(vaultId), kind: 'secrets', name: resource.name }
    const sealed = resource.secrets[sealedPath.secrets]
    const current = await currentOf(into, key)
    const now = new Date(resource.system.lastModifiedAt)
    const body = describedBy(current?.body ?? {}, resource, now)
    if (current && current.sealed === sealed) return into.vaults.putVersion({ ...current, body })
    const vault = { id: vaultId, key: key.vault, name: '', location: '', properties: {} }
    await addVersion(into, { vault, kind: 'secrets', name: key.name, body, sealed: sealed ?? '' }, now)
  },

  /** With its vault: clients delete single ones through the data plane alone. */
  async remove(from: Repositories, id: ResourceId): Promise<void> {
    await from.vaults.removeObject(keyOfId(id, 'secrets'))
  },

  /** Where the data plane has it. */
  async view(from: Repositories, id: string, origin: Pick<Origin, 'vault'>): Promise<JsonObject> {
    const parsed = parseResourceId(id)
    const vault = parsed?.parent && (await from.resources.get(parsed.parent.key))
    const current = parsed && (await currentOf(from, keyOfId(parsed, 'secrets')))
    if (!vault || !current) return {}
    const secretUri = `${origin.vault(vault.name)}/secrets/${current.name}`
    return {
      location: textAt(vault.body.location) ?? '',
      properties: { secretUri, secretUriWithVersion: `${secretUri}/${current.version}` },
    }
  },

  async list(from: Repositories, parent: ResourceId, options: ListResources): Promise<Page<StoredResource>> {
    const { items, next } = await from.vaults.objects(parent.key, 'secrets', {
      deleted: false,
      ...(options.after !== undefined && { after: options.after }),
      ...(options.limit !== undefined && { limit: options.limit }),
    })
    return {
      items: items.map(({ current }) => secretResource(parent.text, current)),
      ...(next !== undefined && { next }),
    }
  },
}

export const keyOfId = (id: ResourceId, kind: VaultKind): VaultObjectKey => ({
  vault: id.parent?.key ?? '',
  kind,
  name: id.name,
})

export async function currentOf({ vaults }: Repositories, key: VaultObjectKey): Promise<VaultVersion | undefined> {
  const object = await vaults.object(key)
  return object && !object.deleted ? vaults.version(key, object.version) : undefined
}

/** A version's body with what a resource's body says of it. */
export function describedBy(before: JsonObject, { body }: StoredResource, now: Date): JsonObject {
  const { contentType, attributes } = objectAt(body.properties)
  const wish: WishedAttributes = objectAt(attributes)
  const { created, ...known } = objectAt(before.attributes)
  return {
    ...before,
    attributes: attributesOf({ ...(created !== undefined && { ...known, created }) }, wish, now),
    ...(textAt(contentType) !== undefined && { contentType: textAt(contentType) ?? '' }),
    ...(body.tags !== undefined && { tags: body.tags }),
  }
}

/** What ARM's resource of any object in a vault has alike. */
export function vaultResource(vaultId: string, current: VaultVersion, properties: JsonObject): StoredResource {
  const { attributes, tags } = current.body
  return {
    id: `${vaultId}/${current.kind}/${current.name}`,
    type: `${VAULTS}/${current.kind}`,
    name: current.name,
    body: { ...(tags !== undefined && { tags }), properties },
    state: {},
    secrets: {},
    provisioningState: 'Succeeded',
    etag: createHash('sha256')
      .update(JSON.stringify([current.version, current.body]))
      .digest('hex')
      .slice(0, 24),
    system: systemOf(objectAt(attributes)),
  }
}

function secretResource(vaultId: string, current: VaultVersion): StoredResource {
  const { attributes, contentType } = current.body
  return {
    ...vaultResource(vaultId, current, {
      ...(contentType !== undefined && { contentType }),
      ...(attributes !== undefined && { attributes }),
    }),
    secrets: { ...(current.sealed !== undefined && { [sealedPath.secrets]: current.sealed }) },
  }
}

/** Vaults keep no names of who wrote: the times alone are known. */
function systemOf({ created, updated }: JsonObject): SystemData {
  const [createdAt, lastModifiedAt] = [created, updated].map((time) => new Date(Number(time ?? 0) * 1000).toISOString())
  const nobody = { createdBy: '', createdByType: 'Application', lastModifiedBy: '', lastModifiedByType: 'Application' }
  return { ...nobody, createdAt: createdAt ?? '', lastModifiedAt: lastModifiedAt ?? '' }
}
