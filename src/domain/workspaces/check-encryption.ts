import { type Fault, fault } from '../../faults.ts'
import type { Caller } from '../../identity/identity.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId, sameId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import { type KeyWish, keyProblem } from '../customer-keys/key-conditions.ts'
import { parseKeyIdentifier } from '../customer-keys/key-identifier.ts'
import { callerOf, servicePrincipals } from '../customer-keys/service-principals.ts'
import type { Deps } from '../deps.ts'

type EncryptionDeps = Pick<Deps, 'store' | 'access' | 'now' | 'tenantId'>

const invalid = (reason: string): Fault =>
  fault('WorkspaceEncryptionInvalid', { reason }, { target: 'properties.encryption' })

/** A right that a contributor of a subscription has and no lesser role. */
const CONTRIBUTORS = 'Microsoft.DocumentDB/databaseAccounts/write'

/** The encryption that a workspace's body asks for; undefined where it asks for none. */
export function encryptionOf(wish: JsonObject): JsonObject | undefined {
  const encryption = objectAt(objectAt(wish.properties).encryption)
  return textAt(encryption.status)?.toLowerCase() === 'enabled' ? encryption : undefined
}

/**
 * What is wrong with a workspace's customer-managed keys: undefined where it asks for none, or where all that the article
 * lists holds, in its order.
 */
export async function encryptionFault(
  deps: EncryptionDeps,
  workspaceId: string,
  wish: JsonObject,
): Promise<Fault | undefined> {
  const encryption = encryptionOf(wish)
  if (!encryption) return undefined
  const subscription = `/subscriptions/${parseResourceId(workspaceId)?.subscriptionId ?? ''}`
  const { machineLearning } = servicePrincipals
  const service = await callerOf(deps.store.identities, deps.tenantId, machineLearning)
  if (!service || !(await deps.access.allows(service, CONTRIBUTORS, subscription))) {
    return invalid(
      `The service principal '${machineLearning.displayName}' (application id ${machineLearning.appId}) must have contributor access to the subscription, and has not.`,
    )
  }
  const key = await keyWish(deps, encryption, wish)
  if ('code' in key) return key
  const problem = await keyProblem(deps, key)
  return problem === undefined ? undefined : invalid(problem)
}

/** The key that an encryption asks for, and who uses it: the named identity, else Azure Cosmos DB. */
export async function keyWish(
  deps: EncryptionDeps,
  encryption: JsonObject,
  wish: JsonObject,
): Promise<KeyWish | Fault> {
  const { keyVaultArmId, keyIdentifier } = objectAt(encryption.keyVaultProperties)
  const principal = await principalFor(deps, encryption, wish)
  if ('code' in principal) return principal
  return {
    vaultId: textAt(keyVaultArmId) ?? '',
    keyIdentifier: textAt(keyIdentifier) ?? '',
    location: textAt(wish.location) ?? '',
    principal,
    versioned: true,
  }
}

async function principalFor(
  { store, tenantId }: EncryptionDeps,
  encryption: JsonObject,
  wish: JsonObject,
): Promise<Caller | Fault> {
  const identity = textAt(objectAt(encryption.identity).userAssignedIdentity)
  if (!identity) {
    const cosmos = await callerOf(store.identities, tenantId, servicePrincipals.cosmos)
    return cosmos ?? invalid(`The service principal '${servicePrincipals.cosmos.displayName}' is not in the tenant.`)
  }
  const named = Object.keys(objectAt(objectAt(wish.identity).userAssignedIdentities))
  if (!named.some((id) => sameId(id, identity))) {
    return invalid(
      `encryption.identity.userAssignedIdentity '${identity}' is none of the workspace's userAssignedIdentities.`,
    )
  }
  const resource = await store.resources.get(identity)
  const objectId = textAt(resource?.state.principalId)
  const caller = objectId === undefined ? undefined : await callerOf(store.identities, tenantId, { objectId })
  return caller ?? invalid(`The user-assigned identity '${identity}' was not found.`)
}

/**
 * The wish for a workspace that stands, with the encryption that it has: it can be left out, and its key can become
 * another version or key of the same vault.
 *
 * @throws WorkspaceEncryptionInvalid where it would be turned on or off, or moved to another vault
 */
export function withSameEncryption(existing: StoredResource, wish: JsonObject): JsonObject {
  const before = encryptionOf(existing.body)
  const after = encryptionOf(wish)
  if (!before) {
    if (after)
      throw invalid(
        'Encryption with a customer-managed key is chosen when a workspace is made; this one was made without.',
      )
    return wish
  }
  const properties = objectAt(wish.properties)
  if (!after) {
    if (objectAt(properties.encryption).status !== undefined) {
      throw invalid('Encryption with a customer-managed key can not be turned off again.')
    }
    return { ...wish, properties: { ...properties, encryption: before } }
  }
  // What never came true may still choose.
  if (existing.provisioningState === 'Failed') return wish
  const [was, is] = [before, after].map(({ keyVaultProperties }) => objectAt(keyVaultProperties))
  const moved = !sameId(textAt(was?.keyVaultArmId) ?? '', textAt(is?.keyVaultArmId) ?? '')
  const key = parseKeyIdentifier(textAt(is?.keyIdentifier) ?? '')
  if (moved && key) throw invalid('The new key must be in the key vault of the one before.')
  return wish
}
