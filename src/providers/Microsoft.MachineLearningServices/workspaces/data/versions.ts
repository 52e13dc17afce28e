import { assetVersion } from '../../_assets.ts'
import { data } from '../../_kinds/data.ts'

export default assetVersion('workspaces', data)
