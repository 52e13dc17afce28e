import { ownerOf } from '../../../domain/assets/asset-kinds.ts'
import { checkCode } from '../../../domain/assets/check-code.ts'
import { listAssets } from '../../../domain/assets/list-assets.ts'
import type { AssetDeclaration } from '../_assets.ts'
import { startPendingUpload } from './upload.ts'

/** A code's version: a folder that a client has uploaded. */
export const codes: AssetDeclaration = {
  kind: 'codes',
  check: async ({ store }, properties, { id }) => checkCode(store, ownerOf(id.text), properties),
  list(query, parent) {
    const hash = query.get('hash')
    if (hash === null) return listAssets(query)
    // Clients look for an upload of the same files under a name that they make up: all codes are searched.
    return {
      ...listAssets(query),
      below: parent.parent?.text ?? '',
      where: { 'properties.properties.hash_sha256': hash },
    }
  },
  actions: { startPendingUpload },
}
