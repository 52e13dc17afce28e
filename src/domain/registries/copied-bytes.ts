import { randomUUID } from 'node:crypto'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { type AssetKind, ownerOf } from '../assets/asset-kinds.ts'
import { findAsset } from '../assets/asset-reference.ts'
import { blobDatastore } from '../datastores/datastore.ts'
import { datastoreUri, resolveUri } from '../datastores/resolve-uri.ts'
import type { Deps } from '../deps.ts'
import { copyBytes } from './promote-asset.ts'
import { parseRegistryAsset } from './registry-ids.ts'

type Bytes = 'dataUri' | 'modelUri'

/**
 * The properties of a new version over a copy of the bytes, where they name a registry's asset as the place of them: the
 * way from a registry into a workspace. What it was made of stays with it (`originAssetId`).
 *
 * @throws AssetReferenceInvalid, AssetReferenceNotFound
 */
export async function withCopiedBytes(
  deps: Pick<Deps, 'store' | 'blobs'>,
  owner: string,
  properties: JsonObject,
  { kind, bytes }: { readonly kind: AssetKind; readonly bytes?: Bytes },
): Promise<JsonObject> {
  const reference = bytes && textAt(properties[bytes])
  if (!bytes || !reference || !parseRegistryAsset(reference)) return properties
  const version = await findAsset(deps.store.resources, owner, { kind, reference })
  const uri = textAt(objectAt(version.body.properties)[bytes]) ?? ''
  const place = await resolveUri(deps.store, ownerOf(version.id), uri)
  if (!place) return { ...properties, [bytes]: uri, originAssetId: reference }
  const { name, account, container } = await blobDatastore(deps.store.resources, owner, 'workspaceblobstore')
  const folder = `LocalUpload/${randomUUID()}`
  const word = await copyBytes(deps, place, { account, container, path: folder })
  return { ...properties, [bytes]: datastoreUri(owner, name, `${folder}/${word}`), originAssetId: reference }
}

/** The properties of a version that stands, put again as they were first sent: its bytes are the copy that was made then. */
export function withOwnCopy(
  properties: JsonObject,
  existing: StoredResource | undefined,
  bytes: Bytes | undefined,
): JsonObject {
  const before = objectAt(existing?.body.properties)
  const sent = bytes && textAt(properties[bytes])
  return bytes && sent !== undefined && sent === before.originAssetId
    ? { ...properties, [bytes]: before[bytes] }
    : properties
}
