import { isFault } from '../../faults.ts'
import type { AccessControl, Caller } from '../../identity/identity.ts'
import { objectAt, textAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { Store } from '../../store/store.ts'
import { demandUse, type KeyUse } from '../vaults/keys.ts'
import { isPurgeProtected, retentionDays, VAULTS, type Vault, vaultOf } from '../vaults/vault.ts'
import { mayInVault } from '../vaults/vault-access.ts'
import { findVersion } from '../vaults/vault-object.ts'
import { normalRegion } from '../workspaces/region.ts'
import { type KeyIdentifier, parseKeyIdentifier } from './key-identifier.ts'

/** A wish for a customer-managed key, and in whose name it is used. */
export interface KeyWish {
  readonly vaultId: string
  readonly keyIdentifier: string
  /** The region that the vault must be in. */
  readonly location: string
  readonly principal: Caller
  /** Whether the identifier must name a version. */
  readonly versioned: boolean
}

export interface KeyConditions {
  readonly store: Store
  readonly access: AccessControl
  readonly now: () => Date
}

/** What a service does with a key, in both spellings of a right. */
export const needed: readonly { readonly use: KeyUse | 'get'; readonly action: string }[] = [
  { use: 'get', action: 'keys/read' },
  { use: 'wrapKey', action: 'keys/wrap/action' },
  { use: 'unwrapKey', action: 'keys/unwrap/action' },
]

/**
 * Why a key can't seal what is wished, in the article's order; undefined where it can. Each text names the condition
 * that is not met, since all a client gets is this sentence.
 */
export async function keyProblem(deps: KeyConditions, wish: KeyWish): Promise<string | undefined> {
  const found = await vaultFor(deps.store, wish)
  if (typeof found === 'string') return found
  const named = parseKeyIdentifier(wish.keyIdentifier)
  if (!named || (wish.versioned && named.version === '')) {
    return `keyVaultProperties.keyIdentifier '${wish.keyIdentifier}' must be the URI of a key's version: https://{vault}.vault.azure.net/keys/{key}/{version}.`
  }
  if (named.vault.toLowerCase() !== found.name.toLowerCase()) {
    return `The key '${wish.keyIdentifier}' is not in the key vault '${found.name}' that keyVaultArmId names.`
  }
  return (await unfitKey(deps, found, named)) ?? (await missingRights(deps, found, named, wish.principal))
}

async function vaultFor(store: Store, { vaultId, location }: KeyWish): Promise<Vault | string> {
  const id = parseResourceId(vaultId)
  if (id?.type.toLowerCase() !== VAULTS.toLowerCase()) {
    return `keyVaultProperties.keyVaultArmId '${vaultId}' is not the id of a ${VAULTS}.`
  }
  const resource = await store.resources.get(id.text)
  if (!resource) return `The key vault '${vaultId}' was not found.`
  const vault = vaultOf(resource)
  if (normalRegion(vault.location) !== normalRegion(location)) {
    return `The key vault '${vault.name}' is in region '${vault.location}', the resource in '${location}'. Both must be in one.`
  }
  if (retentionDays(vault) === 0) return `The key vault '${vault.name}' does not have soft delete enabled.`
  if (!isPurgeProtected(vault)) {
    return `CMK workspaces should have purge protection enabled on their CMK keyvault: '${vault.name}' does not have purge protection.`
  }
  return vault
}

async function unfitKey(
  { store, now }: KeyConditions,
  vault: Vault,
  named: KeyIdentifier,
): Promise<string | undefined> {
  const label = `The key '${named.key}${named.version && `/${named.version}`}' of the key vault '${vault.name}'`
  try {
    const { version } = await findVersion(store, { vault, kind: 'keys', name: named.key }, named.version)
    if (textAt(objectAt(version.body.key).kty) !== 'RSA') return `${label} is no RSA key.`
    for (const use of ['wrapKey', 'unwrapKey'] as const) demandUse(version, use, now())
    return undefined
  } catch (error) {
    if (!isFault(error)) throw error
    if (error.status === 404) return `${label} was not found.`
    if (error.key === 'VaultKeyDisabled') return `${label} is not enabled.`
    return `${label} can't be used: ${error.message}`
  }
}

async function missingRights(
  { access }: KeyConditions,
  vault: Vault,
  { key }: KeyIdentifier,
  principal: Caller,
): Promise<string | undefined> {
  const missing: string[] = []
  for (const { use, action } of needed) {
    const right = { kind: 'keys', permission: use, action } as const
    if (!(await mayInVault(access, { caller: principal, vault, right, object: `keys/${key}` }))) missing.push(use)
  }
  if (missing.length === 0) return undefined
  return `'${principal.displayName}' (object id ${principal.objectId}) does not have the key permissions ${missing.join(', ')} on the key vault '${vault.name}'. It needs get, wrapKey and unwrapKey.`
}
