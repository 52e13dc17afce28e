import { assetVersion } from '../../_assets.ts'
import { codes } from '../../_kinds/codes.ts'

export default assetVersion('registries', codes)
