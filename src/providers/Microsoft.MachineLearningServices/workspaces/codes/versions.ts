import { checkCode } from '../../../../domain/assets/check-code.ts'
import { listAssets } from '../../../../domain/assets/list-assets.ts'
import { startPendingUpload } from '../../../../domain/assets/pending-upload.ts'
import type { ResourceId } from '../../../../resource-id.ts'
import { assetVersion } from '../../_assets.ts'

/** A code's version: a folder that a client has uploaded. */
export default assetVersion({
  kind: 'codes',
  check: async ({ store }, properties, { id }) => checkCode(store, workspaceOf(id), properties),
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
  actions: {
    startPendingUpload: {
      withoutResource: true,
      answer: async (deps, { id, context }) => startPendingUpload(deps, workspaceOf(id), context.origin),
    },
  },
})

const workspaceOf = (version: ResourceId): string => version.parent?.parent?.text ?? ''
