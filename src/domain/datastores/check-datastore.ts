import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { openSecret } from '../../store/sealing.ts'
import { accountKeyPaths } from '../dependencies/account-keys.ts'
import type { Deps } from '../deps.ts'
import { datastorePlace } from './datastore.ts'

const KINDS: Readonly<Record<string, string>> = {
  azureblob: 'AzureBlob',
  azuredatalakegen2: 'AzureDataLakeGen2',
  azurefile: 'AzureFile',
  azuredatalakegen1: 'AzureDataLakeGen1',
}

/** Its bytes lie on no storage account: it is kept, with what signs in to it, and refused when it is used. */
const ELSEWHERE = 'AzureDataLakeGen1'

export interface DatastoreWish {
  readonly name: string
  readonly body: JsonObject
  readonly existing: StoredResource | undefined
  /** False for `skipValidation=true`: what can't be checked from here is then taken as it is. */
  readonly validate: boolean
}

/**
 * Refuses a datastore that is of no kind known here or leads to nothing; answers its body in Azure's spelling.
 *
 * @throws DatastoreTypeUnsupported, DatastoreExists, DatastoreInvalid
 */
export async function checkDatastore(
  deps: Pick<Deps, 'store' | 'sealing' | 'blobs'>,
  { name, body, existing, validate }: DatastoreWish,
): Promise<JsonObject> {
  const sent = objectAt(body.properties)
  const kind = KINDS[textAt(sent.datastoreType)?.toLowerCase() ?? '']
  if (!kind) throw fault('DatastoreTypeUnsupported', { datastore: name, kind: textAt(sent.datastoreType) ?? '' })
  const before = textAt(objectAt(existing?.body.properties).datastoreType)
  if (before !== undefined && before !== kind) throw fault('DatastoreExists', { datastore: name, kind: before })
  const properties = { ...sent, datastoreType: kind, tags: sent.tags ?? {}, properties: sent.properties ?? {} }
  const wish = { ...body, properties }
  if (kind === ELSEWHERE) {
    if (validate) throw fault('DatastoreTypeUnsupported', { datastore: name, kind })
    return wish
  }
  const place = datastorePlace({ body: wish })
  if (!place) {
    throw fault('DatastoreInvalid', {
      reason: `A datastore of type ${kind} needs an account and a container, file system or share.`,
    })
  }
  if (validate) await demandPlace(deps, place, objectAt(sent.credentials))
  return wish
}

async function demandPlace(
  { store, sealing, blobs }: Pick<Deps, 'store' | 'sealing' | 'blobs'>,
  { kind, account, part }: { readonly kind: string; readonly account: string; readonly part: string },
  credentials: JsonObject,
): Promise<void> {
  const refuse = (reason: string) => fault('DatastoreInvalid', { reason })
  const found = await store.resources.byGlobalName('Microsoft.Storage/storageAccounts', account)
  if (!found || found.deletedAt !== undefined) {
    throw refuse(
      `The storage account '${account}' does not exist here. Send the request with skipValidation=true to keep the datastore all the same.`,
    )
  }
  const key = textAt(objectAt(credentials.secrets).key)
  if (key !== undefined) {
    const keys = Object.values(accountKeyPaths).map((path) => openSecret(sealing, found, path))
    if (!keys.includes(key)) throw refuse(`The account key given is no key of the storage account '${account}'.`)
  }
  if (kind === 'AzureFile') return
  try {
    await blobs.list({ account: found.name, container: part, path: '' }, { limit: 1 })
  } catch (cause) {
    throw fault(
      'DatastoreInvalid',
      { reason: `The container '${part}' of the storage account '${account}' can't be read.` },
      { cause },
    )
  }
}
