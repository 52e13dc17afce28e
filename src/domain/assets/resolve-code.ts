import type { BlobLocation } from '../../compute/engine.ts'
import { fault } from '../../faults.ts'
import { objectAt, textAt } from '../../json.ts'
import { type Reads, resolveUri } from '../datastores/resolve-uri.ts'
import { ownerOf } from './asset-kinds.ts'
import { findAsset } from './asset-reference.ts'

/**
 * The folder of a code's version.
 *
 * @throws AssetReferenceInvalid, AssetReferenceNotFound, CodeInvalid, UriUnresolvable
 */
export async function resolveCode(from: Reads, workspace: string, reference: string): Promise<BlobLocation> {
  const version = await findAsset(from.resources, workspace, { kind: 'codes', reference })
  const uri = textAt(objectAt(version.body.properties).codeUri) ?? ''
  const folder = await resolveUri(from, ownerOf(version.id), uri)
  if (!folder)
    throw fault('CodeInvalid', {
      reason: `The codeUri '${uri}' of '${version.id}' is in no account of this workspace.`,
    })
  return folder
}
