import { randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import { madeBy, standing } from '../../store/resources.ts'
import type { Repositories } from '../../store/store.ts'
import { ROLE_ASSIGNMENTS } from './assignments.ts'
import { findRole, ROLE_DEFINITIONS } from './find-role.ts'

export interface AssignRole {
  readonly principalId: string
  readonly principalType: 'ServicePrincipal' | 'User' | 'Group'
  /** The role definition's id or its name's GUID. */
  readonly role: string
  /** A resource id; '' is the tenant. */
  readonly scope: string
  /** Object id of who assigns. */
  readonly by: string
  readonly at: Date
}

/**
 * Assigns a role, as a resource at the scope, and answers the assignment's id.
 *
 * @throws RoleDefinitionDoesNotExist
 */
export async function assignRole(within: Repositories, wish: AssignRole): Promise<string> {
  const role = await findRole(within, wish.role)
  if (!role) throw fault('RoleDefinitionDoesNotExist', { role: wish.role })
  const name = randomUUID()
  const id = `${wish.scope}/providers/${ROLE_ASSIGNMENTS}/${name}`
  const at = wish.at.toISOString()
  const subscription = /^\/subscriptions\/[^/]+/i.exec(wish.scope)?.[0] ?? ''
  await within.resources.put(
    standing({
      id,
      type: ROLE_ASSIGNMENTS,
      name,
      body: {
        properties: {
          roleDefinitionId: `${subscription}/providers/${ROLE_DEFINITIONS}/${role.id}`,
          principalId: wish.principalId,
          principalType: wish.principalType,
          scope: wish.scope === '' ? '/' : wish.scope,
          condition: null,
          conditionVersion: null,
          createdOn: at,
          updatedOn: at,
          createdBy: wish.by,
          updatedBy: wish.by,
          delegatedManagedIdentityResourceId: null,
          description: null,
        },
      },
      etag: randomUUID(),
      system: madeBy(wish.by, at),
    }),
  )
  return id
}
