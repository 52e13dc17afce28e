import { Type } from 'typebox'
import { defineResource } from '../../arm/define-resource.ts'
import { checkRole, demandUnassigned } from '../../domain/roles/check-role.ts'
import {
  type AssignableRole,
  builtInRole,
  customRole,
  ROLE_DEFINITIONS,
  roleKey,
} from '../../domain/roles/find-role.ts'
import { builtInRoles } from '../../domain/roles/roles.ts'
import { isWithin, scopeKey } from '../../domain/roles/scopes.ts'
import { fault } from '../../faults.ts'
import { objectAt, textAt } from '../../json.ts'
import type { ResourceId } from '../../resource-id.ts'
import { madeBy, type StoredResource, standing } from '../../store/resources.ts'

const Texts = Type.Optional(Type.Array(Type.String()))

/** The built-in roles and the tenant's own, readable at every scope. */
export default defineResource({
  type: 'Microsoft.Authorization/roleDefinitions',
  at: ['tenant', 'subscription', 'resourceGroup', 'resource'],
  name: /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/,
  hides: ['provisioningState', 'systemData'],
  patch: false,
  openAtTenant: true,
  showsDeleted: true,
  reads: Type.Object({
    properties: Type.Object({
      roleName: Type.Optional(Type.String()),
      permissions: Type.Optional(
        Type.Array(Type.Object({ actions: Texts, notActions: Texts, dataActions: Texts, notDataActions: Texts })),
      ),
      assignableScopes: Texts,
    }),
  }),
  async check({ store, now }, { id, body, existing, caller }) {
    if (builtInRole(id.name)) throw fault('RoleDefinitionCannotBeChanged', { role: id.name })
    return checkRole(store, { id: id.name, properties: body.properties, existing, by: caller.objectId, at: now() })
  },
  async checkRemove({ store }, { id }) {
    if (builtInRole(id.name)) throw fault('RoleDefinitionCannotBeChanged', { role: id.name })
    await demandUnassigned(store, id.name)
  },
  // A role counts wherever it may be assigned, so who changes it must be allowed to at all of these scopes.
  linked: ({ body, existing, verb }) =>
    [body, existing?.body].flatMap((one) =>
      assignableScopes(one).map((scope) => ({
        action: `${ROLE_DEFINITIONS}/${verb === 'delete' ? 'delete' : 'write'}`,
        scope,
      })),
    ),
  backing: {
    async get(from, id) {
      const builtIn = builtInRole(id.name)
      if (builtIn) return present(builtIn, scopeOf(id))
      const kept = await from.resources.get(roleKey(id.name))
      return kept && { ...kept, id: `${scopeOf(id)}${roleKey(kept.name)}` }
    },
    put: (into, resource) => into.resources.put({ ...resource, id: roleKey(resource.name) }),
    remove: (from, id) => from.resources.remove(roleKey(id.name)),
    async list(from, scope, options, query) {
      const wanted = filterOf(query.get('$filter') ?? '')
      const own = await from.resources.ofType('', ROLE_DEFINITIONS)
      const custom = own.items
        .filter((kept) => customRole(kept).assignableScopes.some((at) => isWithin(scope.key, scopeKey(at))))
        .map((kept) => ({ ...kept, id: `${subscriptionOf(scope)}${roleKey(kept.name)}` }))
      const found = [
        ...builtInRoles.map((role) => present({ ...role, assignableScopes: ['/'] }, subscriptionOf(scope))),
        ...custom,
      ]
        .filter(wanted)
        .toSorted((a, b) => a.name.localeCompare(b.name))
        .filter(({ name }) => options.after === undefined || name > options.after)
      const items = found.slice(0, options.limit ?? found.length)
      const last = items.at(-1)
      return { items, ...(last && found.length > items.length && { next: last.name }) }
    },
  },
})

const assignableScopes = (body: unknown): readonly string[] => {
  const { assignableScopes: scopes } = objectAt(objectAt(body).properties)
  return Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string' && scope !== '/') : []
}

/** Azure shows a definition at its subscription, or at the tenant. */
const subscriptionOf = ({ subscriptionId }: ResourceId): string =>
  subscriptionId === undefined ? '' : `/subscriptions/${subscriptionId}`
const scopeOf = (id: ResourceId): string => id.parent?.text ?? ''

/** @throws InvalidFilter */
function filterOf(filter: string): (role: StoredResource) => boolean {
  const tests = filter
    .split(/\s+and\s+/i)
    .map((part) => part.trim())
    .filter((part) => part !== '' && !/^atScopeAndBelow\(\)$/i.test(part) && !/^atScope\(\)$/i.test(part))
    .map((part) => {
      const [, name, text] = /^(roleName|type) eq '((?:[^']|'')*)'$/i.exec(part) ?? []
      if (name === undefined || text === undefined) throw fault('InvalidFilter', { filter })
      const value = text.replaceAll("''", "'").toLowerCase()
      const property = name.toLowerCase() === 'type' ? 'type' : 'roleName'
      return ({ body }: StoredResource) => textAt(objectAt(body.properties)[property])?.toLowerCase() === value
    })
  return (role) => tests.every((test) => test(role))
}

/** The built-in roles come with the program; nobody made them here. */
const MADE = new Date(0).toISOString()

function present(role: AssignableRole, scope: string): StoredResource {
  const { actions, notActions, dataActions, notDataActions, assignableScopes: scopes } = role
  return standing({
    id: `${scope}/providers/${ROLE_DEFINITIONS}/${role.id}`,
    type: ROLE_DEFINITIONS,
    name: role.id,
    body: {
      properties: {
        roleName: role.name,
        type: 'BuiltInRole',
        description: role.description,
        assignableScopes: scopes,
        permissions: [{ actions, notActions, dataActions, notDataActions }],
      },
    },
    etag: role.id,
    system: madeBy('Microsoft', MADE),
  })
}
