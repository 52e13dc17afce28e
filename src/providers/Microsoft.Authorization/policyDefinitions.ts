import { Type } from 'typebox'
import { defineResource } from '../../arm/define-resource.ts'
import { objectAt } from '../../json.ts'
import { builtInPolicies } from './_built-in-policies.ts'
import { demandOwnScope, demandUnused, metadataOf, policyName } from './_policies.ts'
import { policyBacking } from './_policy-backing.ts'

/** A policy: a condition over resources, and what happens to those that it holds for. What would not be evaluated is refused. */
export default defineResource({
  type: 'Microsoft.Authorization/policyDefinitions',
  at: ['tenant', 'subscription'],
  name: policyName,
  hides: ['provisioningState'],
  patch: false,
  openAtTenant: true,
  statuses: { created: 201, updated: 201 },
  reads: Type.Object({}),
  async check(deps, request) {
    demandOwnScope(request.id)
    const sent = objectAt(request.body.properties)
    request.arm.policies.checkDefinition(sent)
    const kept = { mode: 'Indexed', parameters: {}, ...sent }
    return { properties: { ...kept, policyType: 'Custom', metadata: metadataOf(deps, request) } }
  },
  async checkRemove(deps, { id }) {
    demandOwnScope(id)
    await demandUnused(deps, id)
  },
  backing: policyBacking('Microsoft.Authorization/policyDefinitions', builtInPolicies),
})
