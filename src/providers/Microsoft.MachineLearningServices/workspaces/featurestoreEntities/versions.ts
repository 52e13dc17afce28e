import { demandFeatureStore, demandIndexColumns } from '../../../../domain/assets/check-features.ts'
import { assetVersion } from '../../_assets.ts'

/** An entity of a feature store: the columns by which feature sets are looked up and joined. */
export default assetVersion('workspaces', {
  kind: 'featurestoreEntities',
  defaults: { stage: 'Development' },
  async check({ store }, properties, { id }) {
    await demandFeatureStore(store.resources, id)
    demandIndexColumns(properties)
  },
})
