import { Type } from 'typebox'
import { defineResource } from '../../arm/define-resource.ts'
import { fault } from '../../faults.ts'

/** Private endpoints: their listings are empty, since none can be made. */
export default defineResource({
  type: 'Microsoft.Network/privateEndpoints',
  name: /^[\w.-]{1,80}$/,
  reads: Type.Object({}),
  async check(_deps, { id }) {
    throw fault('PrivateEndpointsNotHere', { name: id.name })
  },
})
