import { assetVersion } from '../../_assets.ts'
import { components } from '../../_kinds/components.ts'

export default assetVersion('workspaces', components)
