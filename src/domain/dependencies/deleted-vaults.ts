import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { Resources, StoredResource } from '../../store/resources.ts'

const VAULTS = 'Microsoft.KeyVault/vaults'
const DEFAULT_RETENTION_DAYS = 90
const DAY_MS = 86_400_000

/** How long a deleted vault can be recovered: its own setting, else Azure's 90 days; 0 with soft delete off. */
export function vaultRetentionDays({ body }: Pick<StoredResource, 'body'>): number {
  const properties = objectAt(body.properties)
  if (properties.enableSoftDelete === false) return 0
  return Number(properties.softDeleteRetentionInDays ?? DEFAULT_RETENTION_DAYS)
}

/** The vaults of a subscription that are deleted and can still be recovered. */
export async function deletedVaults(resources: Resources, subscription: string): Promise<JsonObject> {
  const { items } = await resources.ofType(subscription, VAULTS, { includeDeleted: true })
  return { value: items.filter((vault) => vault.deletedAt !== undefined).map(present) }
}

/** @throws VaultNotDeleted */
export async function deletedVault(resources: Resources, subscription: string, name: string): Promise<JsonObject> {
  return present(await find(resources, subscription, name))
}

/**
 * Removes a deleted vault for good.
 *
 * @throws VaultNotDeleted, VaultPurgeProtected
 */
export async function purgeVault(
  { resources, purge }: { resources: Resources; purge: (id: string) => Promise<void> },
  subscription: string,
  name: string,
): Promise<void> {
  const vault = await find(resources, subscription, name)
  if (objectAt(vault.body.properties).enablePurgeProtection === true) {
    throw fault('VaultPurgeProtected', { name, until: purgeDate(vault) })
  }
  await purge(vault.id)
}

async function find(resources: Resources, subscription: string, name: string): Promise<StoredResource> {
  const { items } = await resources.ofType(subscription, VAULTS, { includeDeleted: true })
  const vault = items.find((item) => item.deletedAt && item.name.toLowerCase() === name.toLowerCase())
  if (!vault) throw fault('VaultNotDeleted', { name })
  return vault
}

const purgeDate = (vault: StoredResource): string =>
  new Date(Date.parse(vault.deletedAt ?? '') + vaultRetentionDays(vault) * DAY_MS).toISOString()

function present(vault: StoredResource): JsonObject {
  const location = textAt(vault.body.location) ?? ''
  const [, , subscription = ''] = vault.id.split('/')
  return {
    id: `/subscriptions/${subscription}/providers/Microsoft.KeyVault/locations/${location}/deletedVaults/${vault.name}`,
    name: vault.name,
    type: 'Microsoft.KeyVault/deletedVaults',
    properties: {
      vaultId: vault.id,
      location,
      tags: objectAt(vault.body.tags),
      deletionDate: vault.deletedAt,
      scheduledPurgeDate: purgeDate(vault),
      purgeProtectionEnabled: objectAt(vault.body.properties).enablePurgeProtection === true,
    },
  }
}
