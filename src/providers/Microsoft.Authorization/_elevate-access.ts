import { createHash } from 'node:crypto'
import type { ScopeOperation } from '../../arm/define-resource.ts'
import { ROLE_ASSIGNMENTS } from '../../domain/roles/assignments.ts'
import { fault } from '../../faults.ts'

/** User Access Administrator. */
const ROLE = '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9'

/**
 * Gives the tenant's administrator the right to give rights at the tenant itself, as Azure gives it to a global
 * administrator: without it nobody could ever deploy there.
 */
export const elevateAccess: ScopeOperation = {
  method: 'POST',
  path: 'elevateAccess',
  scope: 'tenant',
  async answer({ store }, { context, arm }) {
    const { objectId, appId } = context.caller
    if (objectId !== (await store.identities.fact('objectId'))) {
      const action = 'Microsoft.Authorization/elevateAccess/action'
      throw fault('AuthorizationFailed', { client: appId ?? objectId, objectId, action, scope: '/' })
    }
    const id = `/providers/${ROLE_ASSIGNMENTS}/${assignmentOf(objectId)}`
    if (!(await arm.get(id))) {
      const roleDefinitionId = `/providers/Microsoft.Authorization/roleDefinitions/${ROLE}`
      await arm.put(id, { properties: { roleDefinitionId, principalId: objectId } }, { caller: context.caller })
    }
    return { status: 200 }
  },
}

/** Always the same for a principal: asking twice gives it once. */
const assignmentOf = (objectId: string): string =>
  createHash('sha256')
    .update(`elevateAccess ${objectId}`)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
