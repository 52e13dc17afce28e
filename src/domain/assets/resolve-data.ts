import { objectAt, textAt } from '../../json.ts'
import { type ReadableLocation, type Reads, resolveReadable } from '../datastores/resolve-uri.ts'
import { ownerOf } from './asset-kinds.ts'
import { findAsset, isAssetReference } from './asset-reference.ts'

export interface ResolvedData {
  /** The URI of the bytes: the text itself, or what the asset that it names says. */
  readonly uri: string
  /** Undefined for a web address of somewhere else. */
  readonly source: ReadableLocation | undefined
  /** The version that was named, if one was. */
  readonly assetId?: string
}

/**
 * The bytes that an input names: by their place, or as a version of a data asset or of a model.
 *
 * @throws AssetReferenceInvalid, AssetReferenceNotFound, UriUnresolvable, DatastoreTypeUnsupported
 */
export async function resolveData(
  from: Reads,
  workspace: string,
  { uri, kind }: { readonly uri: string; readonly kind: 'data' | 'models' },
): Promise<ResolvedData> {
  if (!isAssetReference(uri)) return { uri, source: await resolveReadable(from, workspace, uri) }
  const version = await findAsset(from.resources, workspace, { kind, reference: uri })
  const properties = objectAt(version.body.properties)
  const place = textAt(kind === 'data' ? properties.dataUri : properties.modelUri) ?? ''
  return { uri: place, source: await resolveReadable(from, ownerOf(version.id), place), assetId: version.id }
}
