import type { ActionDeclaration } from '../../../arm/define-resource.ts'
import { ownerOf } from '../../../domain/assets/asset-kinds.ts'
import { pendingUpload } from '../../../domain/assets/pending-upload.ts'

/** `POST …/versions/{v}/startPendingUpload`, asked before the version is there. */
export const startPendingUpload: ActionDeclaration<unknown> = {
  withoutResource: true,
  answer: async (deps, { id, context }) => pendingUpload(deps, ownerOf(id.text), context.origin),
}
