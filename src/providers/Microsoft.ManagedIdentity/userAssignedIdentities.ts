import { Type } from 'typebox'
import { defineResource, done } from '../../arm/define-resource.ts'

/** A user-assigned identity: a principal of the tenant that resources share, gone with this resource. */
export default defineResource({
  type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
  name: /^[a-zA-Z0-9][\w-]{2,127}$/,
  reads: Type.Object({}),
  hides: ['provisioningState'],
  async apply({ identities }, { id }) {
    return done({ ...(await identities.ensure(id.key, id.name)) })
  },
  async remove({ identities }, { id }) {
    await identities.remove(id.key)
    return done()
  },
  view: async (_deps, { state }) => ({ properties: { ...state } }),
})
