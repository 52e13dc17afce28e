import { isObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Repositories } from '../../store/store.ts'
import type { Role } from './role.ts'
import { builtInRoles } from './roles.ts'

export const ROLE_DEFINITIONS = 'Microsoft.Authorization/roleDefinitions'

/** A role that can be assigned: a built-in one anywhere, a custom one within its assignable scopes. */
export interface AssignableRole extends Role {
  readonly assignableScopes: readonly string[]
}

const builtIn: ReadonlyMap<string, AssignableRole> = new Map(
  builtInRoles.map((role) => [role.id, { ...role, assignableScopes: ['/'] }]),
)

/** The GUID at the end of a role definition's id, folded. */
export const roleIdOf = (definition: string): string => definition.slice(definition.lastIndexOf('/') + 1).toLowerCase()

/** Where a custom role is kept: definitions are the tenant's, whatever scope they are read at. */
export const roleKey = (id: string): string => `/providers/${ROLE_DEFINITIONS}/${id.toLowerCase()}`

/** The built-in role of a GUID. */
export const builtInRole = (id: string): AssignableRole | undefined => builtIn.get(id.toLowerCase())

/** The role that a definition's id, or its GUID, names. */
export async function findRole(
  { resources }: Pick<Repositories, 'resources'>,
  definition: string,
): Promise<AssignableRole | undefined> {
  const id = roleIdOf(definition)
  const known = builtIn.get(id)
  if (known || id === '') return known
  const kept = await resources.get(roleKey(id))
  return kept && customRole(kept)
}

/** A custom role as it was put: its body was checked when it was. */
export function customRole({ name, body }: StoredResource): AssignableRole {
  const properties = objectAt(body.properties)
  const [permission] = Array.isArray(properties.permissions) ? properties.permissions.filter(isObject) : []
  return {
    id: name.toLowerCase(),
    name: textAt(properties.roleName) ?? '',
    description: textAt(properties.description) ?? '',
    actions: textsAt(permission?.actions),
    notActions: textsAt(permission?.notActions),
    dataActions: textsAt(permission?.dataActions),
    notDataActions: textsAt(permission?.notDataActions),
    assignableScopes: textsAt(properties.assignableScopes),
  }
}

/** The texts of a list in a body; none where there is no list. */
export const textsAt = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
