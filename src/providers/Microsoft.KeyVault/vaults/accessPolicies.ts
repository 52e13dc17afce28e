import { Type } from 'typebox'
import { defineResource } from '../../../arm/define-resource.ts'
import { armAccessPolicies, policyOperations } from '../../../domain/vaults/arm-access-policies.ts'
import { textAt } from '../../../json.ts'

/** `accessPolicies/add`, `/replace` and `/remove`: changes of a vault's policies that leave those of others alone. */
export default defineResource({
  type: 'Microsoft.KeyVault/vaults/accessPolicies',
  name: new RegExp(`^(${policyOperations.join('|')})$`, 'i'),
  verbs: ['put'],
  hides: ['provisioningState', 'systemData'],
  reads: Type.Object({ properties: Type.Object({ accessPolicies: Type.Array(Type.Object({})) }) }),
  backing: armAccessPolicies,
  async view({ store }, { id }) {
    const vault = await store.resources.get(id.slice(0, id.lastIndexOf('/accessPolicies/')))
    return { location: textAt(vault?.body.location) ?? '' }
  },
})
