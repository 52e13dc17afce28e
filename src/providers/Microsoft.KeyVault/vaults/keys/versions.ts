import { Type } from 'typebox'
import { defineResource } from '../../../../arm/define-resource.ts'
import { armKeyVersions } from '../../../../domain/vaults/arm-key-versions.ts'

/** A version of a vault's key: made by the data plane, here read. */
export default defineResource({
  type: 'Microsoft.KeyVault/vaults/keys/versions',
  name: /^[a-fA-F0-9]{32}$/,
  verbs: [],
  patch: false,
  hides: ['provisioningState', 'systemData'],
  reads: Type.Object({}),
  backing: armKeyVersions,
  view: async ({ store }, { id }, { origin }) => armKeyVersions.view(store, id, origin),
})
