import type { ScopeOperation } from '../../arm/define-resource.ts'
import { assignmentsOf } from '../../domain/roles/assignments.ts'
import { isWithin } from '../../domain/roles/scopes.ts'

/** What the caller may do at a scope: the permissions of every role that reaches it. */
export const permissions: ScopeOperation = {
  method: 'GET',
  path: 'permissions',
  scope: 'any',
  right: 'permissions/read',
  async answer({ store }, { scope, context }) {
    const held = await assignmentsOf(store, context.caller.objectId)
    const roles = new Map(held.filter((one) => isWithin(scope.key, one.scope)).map(({ role }) => [role.id, role]))
    return {
      body: {
        value: [...roles.values()].map(({ actions, notActions, dataActions, notDataActions }) => ({
          actions,
          notActions,
          dataActions,
          notDataActions,
        })),
      },
    }
  },
}
