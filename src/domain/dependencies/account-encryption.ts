/** Storage accounts whose bytes are sealed with a data key that a key of the customer's vault wraps. */
import { type Fault, fault } from '../../faults.ts'
import type { Caller } from '../../identity/identity.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId, sameId } from '../../resource-id.ts'
import { accountScope } from '../../store/data-keys.ts'
import type { StoredResource } from '../../store/resources.ts'
import { type KeyWish, keyProblem } from '../customer-keys/key-conditions.ts'
import { parseKeyIdentifier } from '../customer-keys/key-identifier.ts'
import { callerOf } from '../customer-keys/service-principals.ts'
import type { Deps } from '../deps.ts'
import { VAULTS } from '../vaults/vault.ts'

type EncryptionDeps = Pick<Deps, 'store' | 'access' | 'now' | 'tenantId' | 'customerKeys'>

const invalid = (reason: string): Fault =>
  fault('StorageEncryptionInvalid', { reason }, { target: 'properties.encryption' })

const encryptionOf = (wish: JsonObject): JsonObject | undefined => {
  const encryption = objectAt(objectAt(wish.properties).encryption)
  return /^microsoft\.keyvault$/i.test(textAt(encryption.keySource) ?? '') ? encryption : undefined
}

/**
 * Refuses an account whose key could not be used, before it is written. Nothing is demanded where it asks for none.
 *
 * @throws StorageEncryptionInvalid
 */
export async function demandAccountKey(
  deps: EncryptionDeps,
  wish: JsonObject,
  existing: StoredResource | undefined,
): Promise<void> {
  const encryption = encryptionOf(wish)
  if (!encryption) return
  const problem = await keyProblem(deps, await keyWish(deps, encryption, { wish, existing }))
  if (problem !== undefined) throw invalid(problem)
}

/**
 * Makes the data key of an account that asks for one and has the vault's key wrap it: anew, where another did. An
 * account that asks for none any more keeps its data key under the install's own: what it sealed must stay readable.
 *
 * @throws StorageEncryptionInvalid, CustomerKeyUnavailable
 */
export async function sealAccount(deps: EncryptionDeps, resource: StoredResource, wish: JsonObject): Promise<void> {
  const scope = accountScope(resource.name)
  const encryption = encryptionOf(wish)
  if (!encryption) return deps.customerKeys.release(scope)
  const key = await keyWish(deps, encryption, { wish, existing: resource })
  await deps.customerKeys.prepare(scope, key)
  await deps.customerKeys.confirm(scope, key)
}

/** The account is gone, and its key with it: nothing that it sealed can be read again. */
export const forgetAccountKey = (deps: Pick<Deps, 'customerKeys'>, name: string): Promise<void> =>
  deps.customerKeys.forget(accountScope(name))

interface Asked {
  readonly wish: JsonObject
  readonly existing: StoredResource | undefined
}

async function keyWish(deps: EncryptionDeps, encryption: JsonObject, asked: Asked): Promise<KeyWish> {
  // Clients write these names in lower case, and Azure takes any.
  const sent = Object.entries(objectAt(encryption.keyvaultproperties ?? encryption.keyVaultProperties))
  const named = Object.fromEntries(sent.map(([name, value]) => [name.toLowerCase(), textAt(value) ?? '']))
  const { keyname = '', keyversion = '', keyvaulturi = '' } = named
  if (keyname === '' || keyvaulturi === '') {
    throw invalid('keyvaultproperties needs keyname and keyvaulturi where keySource is Microsoft.Keyvault.')
  }
  const keyIdentifier = `${keyvaulturi.replace(/\/+$/, '')}/keys/${keyname}${keyversion && `/${keyversion}`}`
  const identifier = parseKeyIdentifier(keyIdentifier)
  const vault = identifier && (await deps.store.resources.byGlobalName(VAULTS, identifier.vault))
  if (!vault || vault.deletedAt !== undefined) throw invalid(`The key vault '${keyvaulturi}' was not found.`)
  return {
    vaultId: vault.id,
    keyIdentifier,
    // Of the vault itself: an account's may be in any region.
    location: textAt(vault.body.location) ?? '',
    principal: await principalFor(deps, encryption, asked),
    versioned: false,
  }
}

/** Who uses the key: the user-assigned identity that the encryption names, else the account's own. */
async function principalFor(
  { store, tenantId }: EncryptionDeps,
  encryption: JsonObject,
  { wish, existing }: Asked,
): Promise<Caller> {
  const identity = textAt(objectAt(encryption.identity).userAssignedIdentity)
  if (identity) {
    const named = Object.keys(objectAt(objectAt(wish.identity).userAssignedIdentities))
    if (!named.some((id) => sameId(id, identity))) {
      throw invalid(`The user-assigned identity '${identity}' is none of the account's userAssignedIdentities.`)
    }
  }
  const own = objectAt(existing?.state.identity)
  const holder =
    identity === undefined ? own : (parseResourceId(identity) && (await store.resources.get(identity)))?.state
  const objectId = textAt(objectAt(holder).principalId)
  const caller = objectId === undefined ? undefined : await callerOf(store.identities, tenantId, { objectId })
  if (caller) return caller
  throw invalid(
    identity === undefined
      ? 'The account has no identity of its own yet that could use the key: name encryption.identity.userAssignedIdentity, or give the account a SystemAssigned identity and the key to that first.'
      : `The user-assigned identity '${identity}' was not found.`,
  )
}
