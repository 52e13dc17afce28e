import { randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import type { Origin } from '../../gateway/surface.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { Resources, StoredResource } from '../../store/resources.ts'
import type { Deps } from '../deps.ts'

/** How long a client may take for its upload. */
const LIFETIME_SECONDS = 24 * 3600

/**
 * A fresh container in the account of a workspace or registry and a SAS for it, for a client to upload into. Fresh each
 * time: clients put their files into its root.
 *
 * @throws WorkspaceDependencyNotFound
 */
export async function pendingUpload(
  { store, blobs }: Pick<Deps, 'store' | 'blobs'>,
  owner: string,
  origin: Origin,
): Promise<JsonObject> {
  const account = await accountOf(store.resources, owner)
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

/** The storage account that a workspace's or a registry's own bytes lie in. @throws WorkspaceDependencyNotFound */
export async function accountOf(resources: Resources, owner: string): Promise<StoredResource> {
  const found = await resources.get(owner)
  const [first] = accountIds(found)
  const account = first === undefined ? undefined : await resources.get(first)
  if (!account) throw fault('WorkspaceDependencyNotFound', { property: 'storageAccount', id: first ?? owner })
  return account
}

/** Ids of the accounts that a workspace or a registry itself stands on. */
export function accountIds(owner: StoredResource | undefined): readonly string[] {
  const own = textAt(objectAt(owner?.body.properties).storageAccount)
  if (own) return [own]
  const made = owner?.state.accounts
  return Array.isArray(made) ? made.flatMap((id) => textAt(id) ?? []) : []
}
