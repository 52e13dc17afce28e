import { Type } from 'typebox'
import { defineResource } from '../../arm/define-resource.ts'

/**
 * Deny assignments are made by Azure's managed applications and deployment stacks, never by a client. There is neither
 * here, so there is none to read.
 */
export default defineResource({
  type: 'Microsoft.Authorization/denyAssignments',
  at: ['tenant', 'subscription', 'resourceGroup', 'resource'],
  name: /^[0-9a-fA-F-]{36}$/,
  hides: ['provisioningState', 'systemData'],
  verbs: [],
  patch: false,
  reads: Type.Object({}),
  backing: {
    get: async () => undefined,
    put: unwritten,
    remove: unwritten,
    list: async () => ({ items: [] }),
  },
})

/** `verbs` lets nobody get there. */
async function unwritten(): Promise<never> {
  throw new Error('Deny assignments are not written')
}
