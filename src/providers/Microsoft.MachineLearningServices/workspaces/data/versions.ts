import { checkAssetUri } from '../../../../domain/assets/check-asset-uri.ts'
import { withLongUri } from '../../../../domain/datastores/resolve-uri.ts'
import { fault } from '../../../../faults.ts'
import { textAt } from '../../../../json.ts'
import { assetVersion } from '../../_assets.ts'

/** A data asset's version: a name for bytes that lie in a datastore or on the web. */
export default assetVersion({
  kind: 'data',
  container: ({ dataType }) => (dataType === undefined ? {} : { dataType }),
  normal: (properties, workspace) => withLongUri(workspace, properties, 'dataUri'),
  async check({ store }, { dataUri, dataType }, { id }) {
    const uri = textAt(dataUri)
    if (!uri) throw fault('AssetInvalid', { reason: "A data asset needs a 'dataUri'." })
    if (!textAt(dataType)) throw fault('AssetInvalid', { reason: "A data asset needs a 'dataType'." })
    await checkAssetUri(store, id.parent?.parent?.text ?? '', uri)
  },
})
