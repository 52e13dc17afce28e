import { checkEnvironment } from '../../../domain/assets/check-environment.ts'
import { PUBLISHER } from '../../../domain/registries/built-in.ts'
import type { AssetDeclaration } from '../_assets.ts'

/** An environment's version. It is built when a job first needs it. */
export const environments: AssetDeclaration = {
  kind: 'environments',
  defaults: { osType: 'Linux', autoRebuild: 'Disabled' },
  check: async (_deps, properties) => checkEnvironment(properties),
  view: ({ system }) => ({ environmentType: system.createdBy === PUBLISHER ? 'Curated' : 'UserCreated' }),
}
