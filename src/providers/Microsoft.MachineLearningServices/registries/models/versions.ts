import { assetVersion } from '../../_assets.ts'
import { models } from '../../_kinds/models.ts'

export default assetVersion('registries', models)
