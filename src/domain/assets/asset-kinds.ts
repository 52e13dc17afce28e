const NAMESPACE = 'Microsoft.MachineLearningServices'

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

/** What assets stand in: a workspace, or a registry. */
export type AssetOwner = 'workspaces' | 'registries'

export const containerType = (kind: AssetKind, owner: AssetOwner): string => `${NAMESPACE}/${owner}/${kind}`
export const versionType = (kind: AssetKind, owner: AssetOwner): string => `${NAMESPACE}/${owner}/${kind}/versions`

/** The kind of owner that an id is of, or stands below. */
export const ownerType = (id: string): AssetOwner =>
  /\/microsoft\.machinelearningservices\/registries\//i.test(id) ? 'registries' : 'workspaces'

/** The id of the workspace or registry that a version's id stands below. */
export const ownerOf = (version: string): string => version.split('/').slice(0, -4).join('/')
