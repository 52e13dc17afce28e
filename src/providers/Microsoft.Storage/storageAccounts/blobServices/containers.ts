import { Type } from 'typebox'
import { defineResource, done } from '../../../../arm/define-resource.ts'
import type { ResourceId } from '../../../../resource-id.ts'

/** A blob container, made for real in the account's blob service. */
export default defineResource({
  type: 'Microsoft.Storage/storageAccounts/blobServices/containers',
  name: /^(\$root|[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9])$/,
  reads: Type.Object({ properties: Type.Optional(Type.Object({ publicAccess: Type.Optional(Type.String()) })) }),
  hides: ['provisioningState'],
  defaults: () => ({ properties: { publicAccess: 'None' } }),
  async apply({ blobs }, { id }) {
    await blobs.ensureContainer(accountOf(id), id.name)
    return done()
  },
  async remove({ blobs }, { id }) {
    await blobs.removeContainer(accountOf(id), id.name)
    return done()
  },
  view: async (_deps, { system, etag }) => ({
    etag,
    properties: {
      lastModifiedTime: system.lastModifiedAt,
      leaseStatus: 'Unlocked',
      leaseState: 'Available',
      hasImmutabilityPolicy: false,
      hasLegalHold: false,
    },
  }),
})

const accountOf = (id: ResourceId): string => id.parent?.parent?.name ?? ''
