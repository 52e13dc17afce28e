import { demandEntities, demandFeatureStore, demandNoSchedule } from '../../../../domain/assets/check-features.ts'
import { fault } from '../../../../faults.ts'
import { assetVersion } from '../../_assets.ts'

/** A feature set's version: its specification and the entities that it is for. Nothing is materialised here. */
export default assetVersion('workspaces', {
  kind: 'featuresets',
  defaults: { stage: 'Development' },
  async check({ store }, properties, { id }) {
    await demandFeatureStore(store.resources, id)
    await demandEntities(store.resources, id, properties)
    demandNoSchedule(properties)
  },
  actions: {
    backfill: {
      async answer(_deps, { id }) {
        throw fault('MaterializationUnsupported', { name: id.parent?.name ?? '' })
      },
    },
  },
})
