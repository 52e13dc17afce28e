import { assetVersion } from '../../_assets.ts'
import { environments } from '../../_kinds/environments.ts'

export default assetVersion('registries', environments)
