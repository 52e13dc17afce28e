import { fault } from '../../faults.ts'
import type { StoredResource } from '../../store/resources.ts'
import { getSecret } from './secrets.ts'
import { vaultOf } from './vault.ts'
import type { VaultDeps } from './vault-object.ts'

/**
 * A secret's value for a template deployment's parameter. Who deploys needs no right in the vault but to deploy with it:
 * the vault itself says whether deployments may have its secrets.
 *
 * @throws VaultNotForDeployments, VaultSecretDisabled, VaultSecretNotFound
 */
export async function secretForDeployment(
  deps: VaultDeps,
  { parent, name, version = '' }: { readonly parent: StoredResource; readonly name: string; readonly version?: string },
): Promise<string> {
  const vault = vaultOf(parent)
  if (vault.properties.enabledForTemplateDeployment !== true) {
    throw fault('VaultNotForDeployments', { vault: vault.name })
  }
  const { value } = await getSecret(deps, { vault, kind: 'secrets', name }, version)
  return value
}
