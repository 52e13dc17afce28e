import { Type } from 'typebox'
import { defineResource, done } from '../../../../arm/define-resource.ts'
import { blobContainers } from '../../../../domain/dependencies/blob-containers.ts'
import { fault } from '../../../../faults.ts'
import { objectAt, textAt } from '../../../../json.ts'
import { parseResourceId, type ResourceId } from '../../../../resource-id.ts'

/** A blob container, made for real in the account's blob service. */
export default defineResource({
  type: 'Microsoft.Storage/storageAccounts/blobServices/containers',
  name: /^(\$root|[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9])$/,
  reads: Type.Object({
    properties: Type.Optional(
      Type.Object({
        publicAccess: Type.Optional(Type.String()),
        metadata: Type.Optional(Type.Record(Type.String(), Type.String())),
        immutableStorageWithVersioning: Type.Optional(Type.Object({ enabled: Type.Optional(Type.Boolean()) })),
      }),
    ),
  }),
  hides: ['provisioningState'],
  backing: blobContainers,
  defaults: () => ({ properties: { publicAccess: 'None' } }),
  async check({ store }, { id, body }) {
    if (body.properties?.immutableStorageWithVersioning?.enabled) {
      throw fault('NotImplementedHere', { operation: 'An immutable container' })
    }
    const account = id.parent?.parent && (await store.resources.get(id.parent.parent.text))
    const allowed = objectAt(account?.body.properties).allowBlobPublicAccess === true
    if (publicAccessOf(body.properties?.publicAccess) && !allowed) throw fault('PublicAccessNotPermitted')
    return undefined
  },
  async apply({ blobs }, { id, wish }) {
    const { publicAccess, metadata } = wish.properties ?? {}
    const said = { publicAccess: publicAccessOf(publicAccess), ...(metadata && { metadata }) }
    await blobs.ensureContainer(accountOf(id), id.name, said)
    return done()
  },
  async remove({ blobs }, { id }) {
    await blobs.removeContainer(accountOf(id), id.name)
    return done()
  },
  view: async ({ blobs }, { id, system, etag }) => {
    const at = parseResourceId(id)
    const kept = at && (await blobs.containerInfo(accountOf(at), at.name))
    const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
    return {
      etag: kept ? `"${kept.etag}"` : etag,
      properties: {
        lastModifiedTime: kept?.modifiedAt ?? system.lastModifiedAt,
        leaseStatus: kept?.isLocked ? 'Locked' : 'Unlocked',
        leaseState: capital(kept?.leaseState ?? 'available'),
        ...(kept && { publicAccess: capital(textAt(kept.publicAccess) ?? 'none') }),
        ...(kept && Object.keys(kept.metadata).length > 0 && { metadata: kept.metadata }),
        hasImmutabilityPolicy: false,
        hasLegalHold: false,
      },
    }
  },
})

const publicAccessOf = (text: string | undefined): 'container' | 'blob' | undefined => {
  const asked = text?.toLowerCase()
  return asked === 'container' || asked === 'blob' ? asked : undefined
}

const accountOf = (id: ResourceId): string => id.parent?.parent?.name ?? ''
