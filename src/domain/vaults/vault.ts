import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { Resources, StoredResource } from '../../store/resources.ts'
import { vaultRetentionDays } from '../dependencies/deleted-vaults.ts'

export const VAULTS = 'Microsoft.KeyVault/vaults'

/** A key vault as its data plane sees it. */
export interface Vault {
  readonly id: string
  /** The folded id: the key of its contents. */
  readonly key: string
  readonly name: string
  readonly location: string
  readonly properties: JsonObject
}

export const vaultOf = ({ id, name, body }: StoredResource): Vault => ({
  id,
  key: foldId(id),
  name,
  location: textAt(body.location) ?? '',
  properties: objectAt(body.properties),
})

/** The vault of a name, which is unique in all of Azure. @throws VaultUnknown also where it is deleted */
export async function findVault(resources: Resources, name: string): Promise<Vault> {
  const found = await resources.byGlobalName(VAULTS, name)
  if (!found || found.deletedAt !== undefined) throw fault('VaultUnknown', { vault: name })
  return vaultOf(found)
}

/** How long what is deleted in a vault stays recoverable, in days; 0 where it goes at once. */
export const retentionDays = ({ properties }: Pick<Vault, 'properties'>): number =>
  vaultRetentionDays({ body: { properties } })

export const isPurgeProtected = ({ properties }: Pick<Vault, 'properties'>): boolean =>
  properties.enablePurgeProtection === true

/** What `attributes` of everything in the vault say of deletion: Azure's DeletionRecoveryLevel. */
export function recoverability(vault: Pick<Vault, 'properties'>): JsonObject {
  const days = retentionDays(vault)
  if (days === 0) return { recoveryLevel: 'Purgeable', recoverableDays: 0 }
  const level = days < 90 ? 'CustomizedRecoverable' : 'Recoverable'
  return { recoveryLevel: isPurgeProtected(vault) ? level : `${level}+Purgeable`, recoverableDays: days }
}
