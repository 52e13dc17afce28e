import { randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import type { Origin } from '../../gateway/surface.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { Deps } from '../deps.ts'

/** How long a client may take for its upload. */
const LIFETIME_SECONDS = 24 * 3600

/**
 * A fresh container in the workspace's account and a SAS for it, for a client to upload into. Fresh each time: clients
 * put their files into its root.
 *
 * @throws AssetReferenceNotFound, WorkspaceDependencyNotFound
 */
export async function startPendingUpload(
  { store, blobs }: Pick<Deps, 'store' | 'blobs'>,
  workspace: string,
  origin: Origin,
): Promise<JsonObject> {
  const found = await store.resources.get(workspace)
  const id = textAt(objectAt(found?.body.properties).storageAccount) ?? ''
  const account = await store.resources.get(id)
  if (!account) throw fault('WorkspaceDependencyNotFound', { property: 'storageAccount', id })
  const container = randomUUID()
  await blobs.ensureContainer(account.name, container)
  const sas = await blobs.sas(
    { account: account.name, container, path: '' },
    { permissions: 'racwdl', lifetimeSeconds: LIFETIME_SECONDS, container: true },
  )
  const blobUri = `${origin.blob(account.name)}/${container}`
  return {
    blobReferenceForConsumption: {
      blobUri,
      storageAccountArmId: account.id,
      credential: { credentialType: 'SAS', sasUri: `${blobUri}?${sas.replace(/^\?/, '')}` },
    },
    pendingUploadId: randomUUID(),
    pendingUploadType: 'TemporaryBlobReference',
  }
}
