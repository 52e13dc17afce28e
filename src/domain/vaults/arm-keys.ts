import type { Origin } from '../../gateway/surface.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { foldId, parseResourceId, type ResourceId } from '../../resource-id.ts'
import type { ListResources, StoredResource } from '../../store/resources.ts'
import type { Page, Repositories } from '../../store/store.ts'
import type { VaultVersion } from '../../store/vault-objects.ts'
import { currentOf, describedBy, keyOfId, vaultResource } from './arm-secrets.ts'
import { type KeyMaterial, makeKey } from './key-material.ts'
import { addVersion, sealedPath } from './vault-object.ts'

/**
 * Keys as ARM resources, kept as the vault's own: the backing of `vaults/keys`. A PUT makes the first version; one of a
 * key that is there changes nothing, as in Azure.
 */
export const armKeys = {
  async get(from: Repositories, id: ResourceId): Promise<StoredResource | undefined> {
    const current = await currentOf(from, keyOfId(id, 'keys'))
    return current && keyResource(id.parent?.text ?? '', current)
  },

  async put(into: Repositories, resource: StoredResource): Promise<void> {
    const vaultId = resource.id.slice(0, resource.id.lastIndexOf('/keys/'))
    const vault = { id: vaultId, key: foldId(vaultId), name: '', location: '', properties: {} }
    const named = { vault, kind: 'keys', name: resource.name } as const
    if (await currentOf(into, { ...named, vault: vault.key })) return
    const { made } = objectAt(resource.body.properties)
    const sealed = resource.secrets[sealedPath.keys] ?? ''
    const now = new Date(resource.system.lastModifiedAt)
    const body = { ...describedBy({}, resource, now), key: objectAt(made) }
    await addVersion(into, { ...named, body, sealed }, now)
  },

  /** With its vault: clients delete single ones through the data plane alone. */
  async remove(from: Repositories, id: ResourceId): Promise<void> {
    await from.vaults.removeObject(keyOfId(id, 'keys'))
  },

  async list(from: Repositories, parent: ResourceId, options: ListResources): Promise<Page<StoredResource>> {
    const { items, next } = await from.vaults.objects(parent.key, 'keys', {
      deleted: false,
      ...(options.after !== undefined && { after: options.after }),
      ...(options.limit !== undefined && { limit: options.limit }),
    })
    return {
      items: items.map(({ current }) => keyResource(parent.text, current)),
      ...(next !== undefined && { next }),
    }
  },

  /** Where the data plane has it. */
  async view(from: Repositories, id: string, origin: Pick<Origin, 'vault'>): Promise<JsonObject> {
    const parsed = parseResourceId(id)
    const vault = parsed?.parent && (await from.resources.get(parsed.parent.key))
    const current = parsed && (await currentOf(from, keyOfId(parsed, 'keys')))
    if (!vault || !current) return {}
    const keyUri = `${origin.vault(vault.name)}/keys/${current.name}`
    const shown = keyProperties(current)
    return {
      location: textAt(vault.body.location) ?? '',
      properties: { ...shown, keyUri, keyUriWithVersion: `${keyUri}/${current.version}` },
    }
  },
}

/** The body of a key that is to be made, with the key: `secret` of its type takes the private part out. */
export async function withNewKey(body: JsonObject): Promise<JsonObject> {
  const { kty, keySize, curveName, keyOps, ...rest } = objectAt(body.properties)
  const material: KeyMaterial = await makeKey({
    kty: textAt(kty) ?? 'RSA',
    ...(typeof keySize === 'number' && { key_size: keySize }),
    ...(textAt(curveName) !== undefined && { crv: textAt(curveName) ?? '' }),
    ...(Array.isArray(keyOps) && { key_ops: keyOps.map(String) }),
  })
  return { ...body, properties: { ...rest, made: material.shown, privateKey: JSON.stringify(material.secret) } }
}

const keyResource = (vaultId: string, current: VaultVersion): StoredResource => ({
  ...vaultResource(vaultId, current, keyProperties(current)),
  secrets: { ...(current.sealed !== undefined && { [sealedPath.keys]: current.sealed }) },
})

/** What of a version ARM shows. */
export function keyProperties({ body }: VaultVersion): JsonObject {
  const { kty, crv, n, key_ops: keyOps } = objectAt(body.key)
  return {
    ...(body.attributes !== undefined && { attributes: body.attributes }),
    kty,
    keyOps,
    ...(crv !== undefined && { curveName: crv }),
    ...(typeof n === 'string' && { keySize: Buffer.from(n, 'base64url').length * 8 }),
  }
}
