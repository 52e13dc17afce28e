import { type Fault, fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { Resources } from '../../store/resources.ts'
import { normalRegion } from './region.ts'

const KEY_IDENTIFIER = /^https:\/\/([a-zA-Z0-9-]+)\.[^/]+\/keys\/[a-zA-Z0-9-]+\/[0-9a-zA-Z]+\/?$/
const OWN_KEY_IDENTIFIER = /^https?:\/\/[^/]+\/_vault\/([a-zA-Z0-9-]+)\/keys\/[a-zA-Z0-9-]+\/[0-9a-zA-Z]+\/?$/

/**
 * What is wrong with a workspace's customer-managed keys: undefined where it asks for none. All conditions that the
 * article lists and that can be checked are, in its order; a workspace that meets them is refused all the same, since
 * one that calls itself encrypted over plain text would be a lie.
 */
export async function encryptionFault(
  resources: Resources,
  encryption: JsonObject,
  location: string,
): Promise<Fault | undefined> {
  if (textAt(encryption.status)?.toLowerCase() !== 'enabled') return undefined
  const invalid = (reason: string) =>
    fault('WorkspaceEncryptionInvalid', { reason }, { target: 'properties.encryption' })
  const { keyVaultArmId, keyIdentifier } = objectAt(encryption.keyVaultProperties)
  const armId = textAt(keyVaultArmId) ?? ''
  const key = textAt(keyIdentifier) ?? ''
  const id = parseResourceId(armId)
  if (id?.type.toLowerCase() !== 'microsoft.keyvault/vaults') {
    return invalid(`keyVaultProperties.keyVaultArmId '${armId}' is not the id of a Microsoft.KeyVault/vaults.`)
  }
  const vault = await resources.get(id.text)
  if (!vault) return invalid(`The key vault '${armId}' was not found.`)
  const region = textAt(vault.body.location) ?? ''
  if (normalRegion(region) !== normalRegion(location)) {
    return invalid(
      `The key vault '${vault.name}' is in region '${region}', the workspace in '${location}'. Both must be in one.`,
    )
  }
  const properties = objectAt(vault.body.properties)
  if (properties.enableSoftDelete === false)
    return invalid(`The key vault '${vault.name}' does not have soft delete enabled.`)
  if (properties.enablePurgeProtection !== true) {
    return invalid(`The key vault '${vault.name}' does not have purge protection enabled.`)
  }
  const named = (KEY_IDENTIFIER.exec(key) ?? OWN_KEY_IDENTIFIER.exec(key))?.[1]
  if (!named) {
    return invalid(
      `keyVaultProperties.keyIdentifier '${key}' must be the URI of a key's version: https://{vault}.vault.azure.net/keys/{key}/{version}.`,
    )
  }
  if (named.toLowerCase() !== vault.name.toLowerCase()) {
    return invalid(`The key '${key}' is not in the key vault '${vault.name}' that keyVaultArmId names.`)
  }
  return fault('WorkspaceEncryptionUnsupported', {}, { target: 'properties.encryption' })
}
