import { type Fault, fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId, type ResourceId } from '../../resource-id.ts'
import type { Resources } from '../../store/resources.ts'
import type { Deps } from '../deps.ts'

const IDENTITIES = 'microsoft.managedidentity/userassignedidentities'

/** The identity types of a resource, from `SystemAssigned,UserAssigned` in any spelling. */
export function identityTypes(identity: JsonObject): { readonly system: boolean; readonly user: boolean } {
  const kinds = (textAt(identity.type) ?? 'None').toLowerCase().split(/[,\s]+/)
  return { system: kinds.includes('systemassigned'), user: kinds.includes('userassigned') }
}

/** What is wrong with an identity wish: undefined where each named identity exists and the type fits what is named. */
export async function identityFault(resources: Resources, identity: JsonObject): Promise<Fault | undefined> {
  const { user } = identityTypes(identity)
  const named = Object.keys(objectAt(identity.userAssignedIdentities))
  if (user && named.length === 0) {
    return fault('WorkspaceIdentityInvalid', {
      reason: "The identity type says UserAssigned, but 'userAssignedIdentities' names none.",
    })
  }
  if (!user && named.length > 0) {
    return fault('WorkspaceIdentityInvalid', {
      reason: "'userAssignedIdentities' needs an identity type that says UserAssigned.",
    })
  }
  for (const id of named) {
    const parsed = parseResourceId(id)
    if (parsed?.type.toLowerCase() !== IDENTITIES) {
      return fault('WorkspaceIdentityInvalid', {
        reason: `'${id}' is not the id of a Microsoft.ManagedIdentity/userAssignedIdentities.`,
      })
    }
    if (!(await resources.get(parsed.text))) return fault('WorkspaceIdentityNotFound', { id })
  }
  return undefined
}

/** Gives the resource the principals that its identity wish names, and answers what is to be kept of them. */
export async function ensureIdentity(
  deps: Pick<Deps, 'identities'>,
  id: ResourceId,
  identity: JsonObject,
): Promise<JsonObject> {
  const { system } = identityTypes(identity)
  if (!system) {
    await deps.identities.remove(id.key)
    return {}
  }
  const { principalId, tenantId } = await deps.identities.ensure(id.key, id.name)
  return { principalId, tenantId }
}

/** The identity as a reader sees it, with the principals of all that it names. */
export async function identityView(
  resources: Resources,
  identity: JsonObject,
  principal: JsonObject,
): Promise<JsonObject | undefined> {
  const { system, user } = identityTypes(identity)
  if (!system && !user) return textAt(identity.type) === undefined ? undefined : { type: 'None' }
  const named: Record<string, JsonObject> = {}
  for (const id of user ? Object.keys(objectAt(identity.userAssignedIdentities)) : []) {
    const { principalId, clientId } = (await resources.get(id))?.state ?? {}
    named[id] = { ...(principalId !== undefined && { principalId }), ...(clientId !== undefined && { clientId }) }
  }
  return {
    type: [system && 'SystemAssigned', user && 'UserAssigned'].filter(Boolean).join(','),
    ...(system && principal),
    ...(user && { userAssignedIdentities: named }),
  }
}
