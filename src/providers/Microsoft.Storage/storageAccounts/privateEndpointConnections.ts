import { Type } from 'typebox'
import { defineResource } from '../../../arm/define-resource.ts'
import { demandConnection } from '../../../domain/network/private-links.ts'

/** Connections from private endpoints: none can come to be here, and approving one that is not there is refused. */
export default defineResource({
  type: 'Microsoft.Storage/storageAccounts/privateEndpointConnections',
  name: /^[\w.-]{1,80}$/,
  patch: false,
  reads: Type.Object({}),
  async check(_deps, { id, existing }) {
    demandConnection(id, existing)
    return undefined
  },
})
