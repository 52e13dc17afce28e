import { checkEnvironment } from '../../../../domain/assets/check-environment.ts'
import { assetVersion } from '../../_assets.ts'

/** An environment's version. It is built when a job first needs it. */
export default assetVersion({
  kind: 'environments',
  defaults: { osType: 'Linux', autoRebuild: 'Disabled' },
  check: async (_deps, properties) => checkEnvironment(properties),
  view: { environmentType: 'UserCreated' },
})
