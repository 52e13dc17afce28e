import { Type } from 'typebox'
import { defineResource, done } from '../../arm/define-resource.ts'
import { fault } from '../../faults.ts'

/** A subscription. One is made at the first start; clients read it, and rename nothing. */
export default defineResource({
  type: 'Microsoft.Resources/subscriptions',
  at: ['tenant'],
  verbs: [],
  patch: false,
  hides: ['provisioningState', 'systemData'],
  name: /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/,
  reads: Type.Object({ displayName: Type.Optional(Type.String()) }),
  missing: (subscription) => fault('SubscriptionNotFound', { subscription }),
  listsWhatMayBeRead: 'fromBelow',
  async apply(_deps, { state, arm }) {
    if (state.registrations) return done()
    const namespaces = arm.providers().map(({ namespace }) => [namespace.toLowerCase(), 'Registered'] as const)
    return done({ ...state, registrations: Object.fromEntries(namespaces) })
  },
  view: async ({ tenantId }, { id, name, body }) => ({
    id,
    subscriptionId: name,
    tenantId,
    displayName: body.displayName ?? 'Lazuli',
    state: 'Enabled',
    authorizationSource: 'RoleBased',
    managedByTenants: [],
    subscriptionPolicies: {
      locationPlacementId: 'Public_2014-09-01',
      quotaId: 'Lazuli_2026-01-01',
      spendingLimit: 'Off',
    },
  }),
})
