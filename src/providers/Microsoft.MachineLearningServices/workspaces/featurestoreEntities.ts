import { assetContainer } from '../_assets.ts'

export default assetContainer('workspaces', 'featurestoreEntities')
