import type { Repositories } from '../../store/store.ts'
import { resolveReadable } from '../datastores/resolve-uri.ts'
import { parseRegistryAsset } from '../registries/registry-ids.ts'

/**
 * Refuses an asset whose bytes can't be found from here by its URI. That they are there already is not asked: Azure
 * lets a name be given before the data comes.
 *
 * @throws UriUnresolvable, AssetReferenceNotFound, DatastoreTypeUnsupported
 */
export async function checkAssetUri(from: Repositories, workspace: string, uri: string): Promise<void> {
  // Its bytes are copied when all else is right.
  if (parseRegistryAsset(uri)) return
  // A web address leads elsewhere, and is read when it is used.
  await resolveReadable(from, workspace, uri)
}
