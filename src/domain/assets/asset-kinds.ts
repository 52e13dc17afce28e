const WORKSPACES = 'Microsoft.MachineLearningServices/workspaces'

/** The collections of versioned assets, and what one of them is called in a sentence. */
export const assetKinds = {
  codes: 'code',
  components: 'component',
  data: 'data asset',
  environments: 'environment',
  featuresets: 'feature set',
  featurestoreEntities: 'feature store entity',
  models: 'model',
} as const

export type AssetKind = keyof typeof assetKinds

export const containerType = (kind: AssetKind): string => `${WORKSPACES}/${kind}`
export const versionType = (kind: AssetKind): string => `${WORKSPACES}/${kind}/versions`
