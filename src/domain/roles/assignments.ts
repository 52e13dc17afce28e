import { objectAt, textAt } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Repositories } from '../../store/store.ts'
import { groupsOf } from '../directory/groups.ts'
import { BUILT_IN } from '../registries/built-in.ts'
import { type AssignableRole, builtInRole, findRole } from './find-role.ts'
import { scopeOfExtension } from './scopes.ts'

const READER = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
export const ROLE_ASSIGNMENTS = 'Microsoft.Authorization/roleAssignments'

/** A role that a principal has, and where. */
export interface HeldRole {
  /** The assignment's id. */
  readonly id: string
  /** Folded; '' for the tenant. */
  readonly scope: string
  readonly role: AssignableRole
}

/** The role definition's id that an assignment names. */
export const definitionOf = ({ body }: StoredResource): string =>
  textAt(objectAt(body.properties).roleDefinitionId) ?? ''

/**
 * What a principal, and the groups that it is in, have been assigned, at every scope, and what everybody has: the reading
 * of the built-in registry. A role that is gone gives nothing.
 */
export async function assignmentsOf(
  from: Pick<Repositories, 'resources' | 'directory'>,
  objectId: string,
): Promise<readonly HeldRole[]> {
  const holders = [objectId, ...(await groupsOf(from, objectId))]
  const pages = await Promise.all(
    holders.map((holder) =>
      from.resources.ofType('', ROLE_ASSIGNMENTS, { where: { 'properties.principalId': holder } }),
    ),
  )
  const held: HeldRole[] = []
  const reader = builtInRole(READER)
  if (reader)
    held.push({ id: `${BUILT_IN}/providers/${ROLE_ASSIGNMENTS}/${READER}`, scope: foldId(BUILT_IN), role: reader })
  for (const assignment of pages.flatMap(({ items }) => items)) {
    const role = await findRole(from, definitionOf(assignment))
    if (role) held.push({ id: assignment.id, scope: scopeOfExtension(assignment.id), role })
  }
  return held
}
