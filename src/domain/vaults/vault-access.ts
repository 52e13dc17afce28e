import { fault } from '../../faults.ts'
import type { AccessControl, Caller } from '../../identity/identity.ts'
import { isObject, objectAt, textAt } from '../../json.ts'
import { textsAt } from '../roles/find-role.ts'
import { VAULTS, type Vault } from './vault.ts'

/** What an operation of the data plane takes, in the words of both ways to grant it. */
export interface VaultRight {
  /** The list of an access policy that has the permission. */
  readonly kind: 'secrets' | 'keys' | 'certificates'
  readonly permission: string
  /** The data action, below `Microsoft.KeyVault/vaults/`. */
  readonly action: string
}

export interface VaultQuestion {
  readonly caller: Caller
  readonly vault: Vault
  readonly right: VaultRight
  /** The object that is asked for, `secrets/name`; left out for what concerns the whole vault. */
  readonly object?: string
}

/** Whether a principal may do this in the vault: by its access policies, or by roles where it says so. */
export async function mayInVault(
  access: AccessControl,
  { caller, vault, right, object }: VaultQuestion,
): Promise<boolean> {
  if (!usesRoles(vault)) return grantedByPolicy(vault, caller, right)
  return access.allows(caller, `${VAULTS}/${right.action}`, scopeOf(vault, object), 'dataActions')
}

/** @throws VaultAccessDenied, VaultForbiddenByRbac */
export async function demandInVault(access: AccessControl, question: VaultQuestion): Promise<void> {
  if (await mayInVault(access, question)) return
  const { caller, vault, right, object } = question
  const who = `appid=${caller.appId ?? caller.objectId};oid=${caller.objectId};iss=https://sts.windows.net/${caller.tenantId}/`
  const where = `${vault.name};location=${vault.location}`
  throw usesRoles(vault)
    ? fault('VaultForbiddenByRbac', {
        caller: who,
        action: `${VAULTS}/${right.action}`,
        resource: scopeOf(vault, object).toLowerCase(),
        vault: where,
      })
    : fault('VaultAccessDenied', { caller: who, kind: right.kind, permission: right.permission, vault: where })
}

export const usesRoles = ({ properties }: Vault): boolean => properties.enableRbacAuthorization === true

const scopeOf = (vault: Vault, object: string | undefined): string =>
  object === undefined ? vault.id : `${vault.id}/${object}`

/** Access policies name principals of a tenant, and permissions by kind; `all` stands for each but purge. */
function grantedByPolicy({ properties }: Vault, caller: Caller, { kind, permission }: VaultRight): boolean {
  const policies = Array.isArray(properties.accessPolicies) ? properties.accessPolicies.filter(isObject) : []
  return policies.some((policy) => {
    if (textAt(policy.objectId)?.toLowerCase() !== caller.objectId.toLowerCase()) return false
    if (textAt(policy.tenantId)?.toLowerCase() !== caller.tenantId.toLowerCase()) return false
    const given = textsAt(objectAt(policy.permissions)[kind]).map((one) => one.toLowerCase())
    return given.includes(permission.toLowerCase()) || (given.includes('all') && permission !== 'purge')
  })
}
