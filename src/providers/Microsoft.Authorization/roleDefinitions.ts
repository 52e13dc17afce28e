import { Type } from 'typebox'
import { defineResource } from '../../arm/define-resource.ts'
import { ROLE_DEFINITIONS } from '../../domain/roles/assign-role.ts'
import { builtInRoles, type Role } from '../../domain/roles/roles.ts'
import type { StoredResource } from '../../store/resources.ts'

/** The built-in roles, readable at every scope. */
export default defineResource({
  type: 'Microsoft.Authorization/roleDefinitions',
  at: ['tenant', 'subscription', 'resourceGroup', 'resource'],
  name: /^[0-9a-fA-F-]{36}$/,
  hides: ['provisioningState', 'systemData'],
  verbs: [],
  reads: Type.Object({}),
  backing: {
    async get(_, id) {
      const role = builtInRoles.find((one) => one.id === id.name.toLowerCase())
      return role && present(role, id.parent?.text ?? '')
    },
    put: builtIn,
    remove: builtIn,
    async list(_, scope, __, query) {
      const [, name] = /\broleName eq '((?:[^']|'')*)'/i.exec(query.get('$filter') ?? '') ?? []
      const wanted = name?.replaceAll("''", "'").toLowerCase()
      const found = builtInRoles.filter((role) => wanted === undefined || role.name.toLowerCase() === wanted)
      return {
        items: found.map((role) => present(role, scope.subscriptionId ? `/subscriptions/${scope.subscriptionId}` : '')),
      }
    },
  },
})

/** `verbs` lets nobody get there. */
async function builtIn(): Promise<never> {
  throw new Error('Built-in roles are not written')
}

/** The built-in roles come with the program; nobody made them here. */
const MADE = new Date(0).toISOString()

function present(role: Role, scope: string): StoredResource {
  const { actions, notActions, dataActions, notDataActions } = role
  return {
    id: `${scope}/providers/${ROLE_DEFINITIONS}/${role.id}`,
    type: ROLE_DEFINITIONS,
    name: role.id,
    body: {
      properties: {
        roleName: role.name,
        type: 'BuiltInRole',
        description: role.description,
        assignableScopes: ['/'],
        permissions: [{ actions, notActions, dataActions, notDataActions }],
      },
    },
    state: {},
    secrets: {},
    provisioningState: 'Succeeded',
    etag: role.id,
    system: {
      createdBy: 'Microsoft',
      createdByType: 'Application',
      createdAt: MADE,
      lastModifiedBy: 'Microsoft',
      lastModifiedByType: 'Application',
      lastModifiedAt: MADE,
    },
  }
}
