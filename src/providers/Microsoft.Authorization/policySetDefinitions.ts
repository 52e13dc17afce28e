import { Type } from 'typebox'
import { defineResource } from '../../arm/define-resource.ts'
import { objectAt } from '../../json.ts'
import { demandOwnScope, demandUnused, metadataOf, policyName, withReferences } from './_policies.ts'
import { policyBacking } from './_policy-backing.ts'

/** Policies that are assigned together, each with parameters of its own: an initiative. */
export default defineResource({
  type: 'Microsoft.Authorization/policySetDefinitions',
  at: ['tenant', 'subscription'],
  name: policyName,
  hides: ['provisioningState'],
  patch: false,
  openAtTenant: true,
  statuses: { created: 201, updated: 200 },
  reads: Type.Object({}),
  async check(deps, request) {
    demandOwnScope(request.id)
    const sent = objectAt(request.body.properties)
    const kept = { parameters: {}, ...sent, policyDefinitions: withReferences(sent.policyDefinitions) }
    await request.arm.policies.checkSet(kept)
    return { properties: { ...kept, policyType: 'Custom', metadata: metadataOf(deps, request) } }
  },
  async checkRemove(deps, { id }) {
    demandOwnScope(id)
    await demandUnused(deps, id)
  },
  backing: policyBacking('Microsoft.Authorization/policySetDefinitions', []),
})
