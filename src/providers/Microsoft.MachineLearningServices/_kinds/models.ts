import { ownerOf } from '../../../domain/assets/asset-kinds.ts'
import { checkAssetUri } from '../../../domain/assets/check-asset-uri.ts'
import { withLongUri } from '../../../domain/datastores/resolve-uri.ts'
import { fault } from '../../../faults.ts'
import { textAt } from '../../../json.ts'
import type { AssetDeclaration } from '../_assets.ts'
import { startPendingUpload } from './upload.ts'

/** A model's version. Clients read `flavors` without looking whether it is there. */
export const models: AssetDeclaration = {
  kind: 'models',
  bytes: 'modelUri',
  defaults: { flavors: {}, modelType: 'custom_model' },
  normal: (properties, owner) => withLongUri(owner, properties, 'modelUri'),
  async check({ store }, { modelUri }, { id }) {
    const uri = textAt(modelUri)
    if (!uri) throw fault('AssetInvalid', { reason: "A model needs a 'modelUri'." })
    await checkAssetUri(store, ownerOf(id.text), uri)
  },
  actions: { startPendingUpload },
}
