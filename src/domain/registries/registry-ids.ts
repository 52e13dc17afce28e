/** Ids of registries and of what stands in them. */

export const REGISTRIES = 'Microsoft.MachineLearningServices/registries'
/** The base of all rights over a registry's assets. */
export const REGISTRY_ASSETS = `${REGISTRIES}/assets`
/** The version that a registry's own data plane is asked in. */
export const DATA_PLANE_VERSION = '2021-10-01-dataplanepreview'

const ASSET = /^azureml:\/\/registries\/([^/]+)\/([^/]+)\/([^/]+)\/(versions|labels)\/([^/]+)$/i

/** What an id of a registry's data plane names. */
export interface RegistryAsset {
  readonly registry: string
  readonly kind: string
  readonly name: string
  readonly version: string
  /** True where `version` is a label. */
  readonly labelled: boolean
}

export function parseRegistryAsset(text: string): RegistryAsset | undefined {
  const [, registry, kind, name, by, version] = ASSET.exec(text) ?? []
  if (!registry || !kind || !name || !version) return undefined
  return { registry, kind, name, version, labelled: by?.toLowerCase() === 'labels' }
}

/** The id that clients of the data plane know a registry's asset by; others see its ARM id. */
export function registryAssetId(id: string, { apiVersion }: { readonly apiVersion: string }): string | undefined {
  if (apiVersion.toLowerCase() !== DATA_PLANE_VERSION) return undefined
  const below = /\/registries\/(.+)$/i.exec(id)?.[1]
  return below && `azureml://registries/${below}`
}
