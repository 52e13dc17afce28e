import { Type } from 'typebox'
import { defineResource, type ListQuery } from '../../arm/define-resource.ts'
import { ROLE_ASSIGNMENTS, roleIdOf } from '../../domain/roles/assign-role.ts'
import { builtInRoles } from '../../domain/roles/roles.ts'
import { fault } from '../../faults.ts'
import { objectAt, textAt } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { Principal } from '../../store/identities.ts'

const GUID = /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/
const principalTypes = { Application: 'ServicePrincipal', ManagedIdentity: 'ServicePrincipal', User: 'User' } as const

/** A role given to a principal at the scope that the assignment stands at. It is never changed, only made and removed. */
export default defineResource({
  type: 'Microsoft.Authorization/roleAssignments',
  at: ['subscription', 'resourceGroup', 'resource'],
  name: GUID,
  hides: ['provisioningState', 'systemData'],
  patch: false,
  reads: Type.Object({
    properties: Type.Object({ roleDefinitionId: Type.String(), principalId: Type.String() }),
  }),
  async check({ store, now }, { id, body, existing, caller }) {
    const { roleDefinitionId, principalId } = body.properties
    const role = builtInRoles.find((one) => one.id === roleIdOf(roleDefinitionId))
    if (!role) throw fault('RoleDefinitionDoesNotExist', { role: roleIdOf(roleDefinitionId) })
    const principal = await store.identities.principal(principalId)
    if (!principal) throw fault('PrincipalNotFound', { principal: principalId, tenant: caller.tenantId })
    const before = objectAt(existing?.body.properties)
    const same = { role: role.id, principal: principal.objectId }
    if (
      existing &&
      (roleIdOf(textAt(before.roleDefinitionId) ?? '') !== same.role || before.principalId !== same.principal)
    ) {
      throw fault('RoleAssignmentUpdateNotPermitted')
    }
    const scope = id.parent?.text ?? ''
    const { items } = await store.resources.children(scope, ROLE_ASSIGNMENTS, {
      where: { 'properties.principalId': principal.objectId },
    })
    const twin = items.find((other) => {
      const held = textAt(objectAt(other.body.properties).roleDefinitionId) ?? ''
      return foldId(other.id) !== id.key && roleIdOf(held) === role.id
    })
    if (twin) throw fault('RoleAssignmentExists', { id: twin.name.replaceAll('-', '') })
    return {
      properties: propertiesOf({
        scope,
        role: roleDefinitionId,
        principal,
        sent: body.properties,
        before,
        caller: caller.objectId,
        at: now().toISOString(),
      }),
    }
  },
  list: (query, parent) => filtered(query.get('$filter') ?? '', parent.text),
})

function propertiesOf(known: {
  scope: string
  role: string
  principal: Principal
  sent: object
  before: { readonly createdOn?: unknown; readonly createdBy?: unknown }
  caller: string
  at: string
}) {
  return {
    condition: null,
    conditionVersion: null,
    delegatedManagedIdentityResourceId: null,
    description: null,
    ...known.sent,
    roleDefinitionId: known.role,
    principalId: known.principal.objectId,
    principalType: principalTypes[known.principal.kind],
    scope: known.scope,
    createdOn: textAt(known.before.createdOn) ?? known.at,
    updatedOn: known.at,
    createdBy: textAt(known.before.createdBy) ?? known.caller,
    updatedBy: known.caller,
  }
}

/** Azure's two filters: of one principal, and at the scope itself without what stands below it. */
function filtered(filter: string, scope: string): ListQuery {
  const [, principal] = /\b(?:principalId eq|assignedTo\()\s*'([^']+)'/i.exec(filter) ?? []
  const atScope = /\batScope\(\)/i.test(filter)
  return {
    ...(!atScope && { below: scope }),
    ...(principal !== undefined && { where: { 'properties.principalId': principal.toLowerCase() } }),
  }
}
