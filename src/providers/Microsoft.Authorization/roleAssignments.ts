import { Type } from 'typebox'
import { defineResource, type ListQuery } from '../../arm/define-resource.ts'
import { groupsOf } from '../../domain/directory/groups.ts'
import { definitionOf, ROLE_ASSIGNMENTS } from '../../domain/roles/assignments.ts'
import { findRole, roleIdOf } from '../../domain/roles/find-role.ts'
import { isWithin, scopeKey, scopeOfExtension } from '../../domain/roles/scopes.ts'
import { fault } from '../../faults.ts'
import { objectAt, textAt } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { Principal } from '../../store/identities.ts'
import type { Repositories } from '../../store/store.ts'

const GUID = /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/
const principalTypes = {
  Application: 'ServicePrincipal',
  ManagedIdentity: 'ServicePrincipal',
  User: 'User',
  Group: 'Group',
} as const

/** A role given to a principal at the scope that the assignment stands at. It is never changed, only made and removed. */
export default defineResource({
  type: 'Microsoft.Authorization/roleAssignments',
  at: ['tenant', 'subscription', 'resourceGroup', 'resource'],
  name: GUID,
  hides: ['provisioningState', 'systemData'],
  patch: false,
  showsDeleted: true,
  reads: Type.Object({
    properties: Type.Object({
      roleDefinitionId: Type.String(),
      principalId: Type.String(),
      condition: Type.Optional(Type.Unknown()),
    }),
  }),
  async check({ store, now }, { id, body, existing, caller }) {
    const sent = objectAt(body.properties)
    const [roleDefinitionId, principalId] = [textAt(sent.roleDefinitionId) ?? '', textAt(sent.principalId) ?? '']
    if (sent.condition) throw fault('RoleAssignmentConditionUnsupported')
    const role = await findRole(store, roleDefinitionId)
    if (!role?.assignableScopes.some((at) => isWithin(id.parent?.key ?? '', scopeKey(at))))
      throw fault('RoleDefinitionDoesNotExist', { role: roleIdOf(roleDefinitionId) })
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
      return foldId(other.id) !== id.key && roleIdOf(definitionOf(other)) === role.id
    })
    if (twin) throw fault('RoleAssignmentExists', { id: twin.name.replaceAll('-', '') })
    return {
      properties: propertiesOf({
        scope,
        role: roleDefinitionId,
        principal,
        sent,
        before,
        caller: caller.objectId,
        at: now().toISOString(),
      }),
    }
  },
  list: (query, parent, { store }) => filtered(store, query.get('$filter') ?? '', parent.text),
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
    scope: known.scope === '' ? '/' : known.scope,
    createdOn: textAt(known.before.createdOn) ?? known.at,
    updatedOn: known.at,
    createdBy: textAt(known.before.createdBy) ?? known.caller,
    updatedBy: known.caller,
  }
}

/**
 * What applies at a scope: assignments at it, above it and, unless `atScope()` is asked, below it; of one principal if
 * one is named, and with `assignedTo` of the groups that it is in.
 *
 * @throws InvalidFilter
 */
async function filtered(store: Pick<Repositories, 'directory'>, filter: string, scope: string): Promise<ListQuery> {
  const parts = filter.split(/\s+and\s+/i).map((part) => part.trim())
  let atScope = false
  let principal: string | undefined
  let withGroups = false
  for (const part of parts.filter((one) => one !== '')) {
    const [, word = '', named] = /^(principalId eq |assignedTo\()\s*'([^']+)'\s*\)?$/i.exec(part) ?? []
    if (named !== undefined) {
      principal = named.toLowerCase()
      withGroups = word.toLowerCase().startsWith('assigned')
    } else if (/^atScope\(\)$/i.test(part)) atScope = true
    else throw fault('InvalidFilter', { filter })
  }
  const key = scopeKey(scope)
  const groups = withGroups && principal !== undefined ? await groupsOf(store, principal) : []
  const holders = new Set([principal, ...groups])
  return {
    below: '',
    keep({ id, body }) {
      if (groups.length > 0 && !holders.has(textAt(objectAt(body.properties).principalId))) return false
      const at = scopeOfExtension(id)
      return isWithin(key, at) || (!atScope && isWithin(at, key))
    },
    ...(principal !== undefined && groups.length === 0 && { where: { 'properties.principalId': principal } }),
  }
}
