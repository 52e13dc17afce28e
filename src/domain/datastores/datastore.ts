import { fault } from '../../faults.ts'
import { objectAt, textAt } from '../../json.ts'
import type { Resources, StoredResource } from '../../store/resources.ts'

/** The suffix of storage hosts that datastores name as their endpoint, as clients append it to the account. */
export const STORAGE_SUFFIX = 'core.windows.net'

export const DATASTORES = 'Microsoft.MachineLearningServices/workspaces/datastores'

/** A datastore whose bytes can be read and written here: a container of an account. */
export interface BlobDatastore {
  readonly name: string
  readonly account: string
  readonly container: string
}

/** The account that a datastore lies on and the property that names its part of it, by kind. */
const parts: Readonly<Record<string, 'containerName' | 'filesystem' | 'fileShareName'>> = {
  azureblob: 'containerName',
  azuredatalakegen2: 'filesystem',
  azurefile: 'fileShareName',
}

/** The account and the container, file system or share of a datastore; undefined for kinds that lie on no account. */
export function datastorePlace(
  datastore: Pick<StoredResource, 'body'>,
): { readonly kind: string; readonly account: string; readonly part: string } | undefined {
  const properties = objectAt(datastore.body.properties)
  const kind = textAt(properties.datastoreType) ?? ''
  const property = parts[kind.toLowerCase()]
  const account = textAt(properties.accountName)
  const part = property && textAt(properties[property])
  return account && part ? { kind, account, part } : undefined
}

/**
 * The datastore of a workspace, as blobs.
 *
 * @throws AssetReferenceNotFound, DatastoreTypeUnsupported
 */
export async function blobDatastore(resources: Resources, workspace: string, name: string): Promise<BlobDatastore> {
  const datastore = await resources.get(`${workspace}/datastores/${name}`)
  if (!datastore)
    throw fault('AssetReferenceNotFound', { kind: 'datastore', reference: name, workspace: lastName(workspace) })
  const place = datastorePlace(datastore)
  const kind = textAt(objectAt(datastore.body.properties).datastoreType) ?? ''
  if (!place || place.kind.toLowerCase() === 'azurefile') {
    throw fault('DatastoreTypeUnsupported', { datastore: datastore.name, kind })
  }
  return { name: datastore.name, account: place.account, container: place.part }
}

const lastName = (id: string): string => id.slice(id.lastIndexOf('/') + 1)
