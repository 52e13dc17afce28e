import { fault } from '../../faults.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Repositories } from '../../store/store.ts'
import { definitionOf, ROLE_ASSIGNMENTS } from './assignments.ts'
import { customRole, ROLE_DEFINITIONS, roleIdOf, roleKey, textsAt } from './find-role.ts'
import { builtInRoles } from './roles.ts'
import { isWithin, scopeKey, scopeOfExtension } from './scopes.ts'

export interface RoleWish {
  /** The definition's GUID. */
  readonly id: string
  readonly properties: JsonObject | object
  readonly existing: StoredResource | undefined
  readonly by: string
  readonly at: Date
}

const KINDS = ['actions', 'notActions', 'dataActions', 'notDataActions'] as const
/**
 * `Microsoft.Storage/storageAccounts/*` or `*` alone: a provider's name first, or a star, and one of the four verbs last.
 * Azure knows the actions of every provider; those of providers that are not here can't be told from slips.
 */
const PATTERN = /^(\*|(\*|[A-Za-z]\w*(\.\w+)+)(\/[\w.*$-]+)*\/(read|write|delete|action|[\w.-]*\*[\w.*-]*))$/i
/** Few, since each is a loop in the check of every request. */
const STARS = 4

type From = Pick<Repositories, 'resources'>

/**
 * The body that a custom role is kept with.
 *
 * @throws InvalidRoleDefinition, InvalidActionOrNotAction, RoleDefinitionWithSameNameExists, RoleDefinitionHasAssignments
 */
export async function checkRole(from: From, wish: RoleWish): Promise<JsonObject> {
  const properties = objectAt(wish.properties)
  const { roleName, type, permissions } = properties
  const refuse = (reason: string) => fault('InvalidRoleDefinition', { role: wish.id, reason })
  if (typeof roleName !== 'string' || !/^.{1,512}$/.test(roleName.trim())) throw refuse('it needs a roleName')
  if (typeof type === 'string' && type !== '' && !/^customrole$/i.test(type)) {
    throw refuse("only roles of type 'CustomRole' can be made")
  }
  const scopes = textsAt(properties.assignableScopes)
  if (scopes.length === 0) throw refuse('it needs assignableScopes')
  const wrong = scopes.find((scope) => scope === '/' || !parseResourceId(scope)?.subscriptionId)
  if (wrong !== undefined) throw refuse(`'${wrong}' is no scope of a subscription`)
  const permission = permissionOf(permissions, refuse)
  await demandFreeName(from, wish.id, roleName)
  if (wish.existing) await demandStillReached(from, wish.id, scopes)

  const before = objectAt(wish.existing?.body.properties)
  const at = wish.at.toISOString()
  return {
    properties: {
      description: null,
      ...properties,
      roleName: roleName.trim(),
      type: 'CustomRole',
      permissions: [permission],
      assignableScopes: scopes,
      createdOn: before.createdOn ?? at,
      updatedOn: at,
      createdBy: before.createdBy ?? wish.by,
      updatedBy: wish.by,
    },
  }
}

function permissionOf(permissions: unknown, refuse: (reason: string) => Error): JsonObject {
  const [one, another] = Array.isArray(permissions) ? permissions : []
  if (one === undefined || another !== undefined) throw refuse('it needs exactly one entry in permissions')
  const given = objectAt(one)
  if (given.condition !== undefined && given.condition !== null) throw refuse('conditions are not evaluated by Lazuli')
  const found = Object.fromEntries(KINDS.map((kind) => [kind, textsAt(given[kind])]))
  const patterns = Object.values(found).flat()
  const wrong = patterns.find((text) => !PATTERN.test(text))
  if (wrong !== undefined) throw fault('InvalidActionOrNotAction', { action: wrong })
  const starry = patterns.find((text) => text.split('*').length > STARS + 1)
  if (starry !== undefined) throw refuse(`'${starry}' has more than ${STARS} stars`)
  if (patterns.length === 0) throw refuse('it allows nothing')
  return found
}

async function demandFreeName({ resources }: From, id: string, roleName: string): Promise<void> {
  const { items } = await resources.ofType('', ROLE_DEFINITIONS)
  const taken = [...builtInRoles, ...items.map(customRole)].find(
    (role) => role.id !== id.toLowerCase() && role.name.toLowerCase() === roleName.trim().toLowerCase(),
  )
  if (taken) throw fault('RoleDefinitionWithSameNameExists', { name: taken.name })
}

/** A role that is assigned somewhere stays assignable there. */
async function demandStillReached(from: From, id: string, scopes: readonly string[]): Promise<void> {
  const outside = (await assignmentsOfRole(from, id)).find(
    (assignment) => !scopes.some((scope) => isWithin(scopeOfExtension(assignment.id), scopeKey(scope))),
  )
  if (outside) throw fault('RoleDefinitionHasAssignments', { role: id, assignment: outside.id })
}

/** @throws RoleDefinitionHasAssignments */
export async function demandUnassigned(from: From, id: string): Promise<void> {
  if (!(await from.resources.get(roleKey(id)))) return
  const [first] = await assignmentsOfRole(from, id)
  if (first) throw fault('RoleDefinitionHasAssignments', { role: id, assignment: first.id })
}

async function assignmentsOfRole({ resources }: From, id: string): Promise<readonly StoredResource[]> {
  const { items } = await resources.ofType('', ROLE_ASSIGNMENTS)
  return items.filter((assignment) => roleIdOf(definitionOf(assignment)) === id.toLowerCase())
}
