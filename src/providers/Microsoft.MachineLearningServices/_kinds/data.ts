import { ownerOf } from '../../../domain/assets/asset-kinds.ts'
import { checkAssetUri } from '../../../domain/assets/check-asset-uri.ts'
import { completeData } from '../../../domain/assets/complete-data.ts'
import { withLongUri } from '../../../domain/datastores/resolve-uri.ts'
import { fault } from '../../../faults.ts'
import { textAt } from '../../../json.ts'
import type { AssetDeclaration } from '../_assets.ts'
import { startPendingUpload } from './upload.ts'

/** A data asset's version: a name for bytes that lie in a datastore or on the web. */
export const data: AssetDeclaration = {
  kind: 'data',
  bytes: 'dataUri',
  container: ({ dataType }) => (dataType === undefined ? {} : { dataType }),
  normal: (properties, owner) => withLongUri(owner, properties, 'dataUri'),
  async check({ store }, { dataUri, dataType }, { id }) {
    const uri = textAt(dataUri)
    if (!uri) throw fault('AssetInvalid', { reason: "A data asset needs a 'dataUri'." })
    if (!textAt(dataType)) throw fault('AssetInvalid', { reason: "A data asset needs a 'dataType'." })
    await checkAssetUri(store, ownerOf(id.text), uri)
  },
  complete: completeData,
  actions: { startPendingUpload },
}
