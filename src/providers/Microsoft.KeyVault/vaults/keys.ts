import { Type } from 'typebox'
import { defineResource } from '../../../arm/define-resource.ts'
import { armKeys, withNewKey } from '../../../domain/vaults/arm-keys.ts'
import { fault } from '../../../faults.ts'
import { objectAt } from '../../../json.ts'

/** A key of a vault, made through the resource manager; what it is for is the data plane's. */
export default defineResource({
  type: 'Microsoft.KeyVault/vaults/keys',
  name: /^[a-zA-Z0-9-]{1,127}$/,
  verbs: ['put'],
  statuses: { created: 200 },
  hides: ['provisioningState', 'systemData'],
  reads: Type.Object({ properties: Type.Object({ kty: Type.Optional(Type.String()) }) }),
  secret: ['properties.privateKey'],
  backing: armKeys,
  async check(_deps, { body, existing }) {
    if (existing) return { ...existing.body }
    const { rotationPolicy, release_policy: releasePolicy } = objectAt(body.properties)
    if (rotationPolicy !== undefined || releasePolicy !== undefined) {
      const reason = 'A rotationPolicy is set through the data plane; a release_policy needs what is not here'
      throw fault('VaultNotSupported', { reason })
    }
    return withNewKey(body)
  },
  view: async ({ store }, { id }, { origin }) => armKeys.view(store, id, origin),
})
