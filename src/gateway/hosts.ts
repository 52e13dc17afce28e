import type { Origin, Surface } from './surface.ts'

/** What a host name of Azure's stands for here. */
export interface HostTarget {
  readonly surface: Surface
  /** The account, vault, registry, region or `endpoint.region` that the name carries; '' where it carries none. */
  readonly name: string
  /** A storage account's host: taken only when the account exists here, else left to the network. */
  readonly ifAccountExists: boolean
}

type Naming = 'region' | 'single' | 'endpoint' | 'any'

const exact: ReadonlyMap<string, Surface> = new Map<string, Surface>([
  ['management.azure.com', 'arm'],
  ['login.microsoftonline.com', 'login'],
  ['login.windows.net', 'login'],
  ['sts.windows.net', 'login'],
  ['graph.microsoft.com', 'graph'],
  ['ml.azure.com', 'studio'],
])

const suffixes: ReadonlyMap<string, readonly [Surface, Naming]> = new Map<string, readonly [Surface, Naming]>([
  ['api.azureml.ms', ['regional', 'region']],
  ['experiments.azureml.net', ['regional', 'region']],
  ['modelmanagement.azureml.net', ['regional', 'region']],
  ['aether.ms', ['regional', 'region']],
  ['studioservice.azureml.com', ['regional', 'region']],
  ['inference.ml.azure.com', ['scoring', 'endpoint']],
  ['vault.azure.net', ['vault', 'single']],
  ['azurecr.io', ['registry', 'single']],
  ['blob.core.windows.net', ['blob', 'single']],
  ['dfs.core.windows.net', ['storage', 'single']],
  ['file.core.windows.net', ['storage', 'single']],
  ['queue.core.windows.net', ['storage', 'single']],
  ['table.core.windows.net', ['storage', 'single']],
  ['in.applicationinsights.azure.com', ['insights', 'any']],
])

/** The domains that the install's authority may sign for, beside localhost: every host above lies in one of them. */
export const signableDomains: readonly string[] = [
  'azure.com',
  'microsoftonline.com',
  'windows.net',
  'graph.microsoft.com',
  'azureml.ms',
  'azureml.net',
  'azureml.com',
  'aether.ms',
  'azure.net',
  'azurecr.io',
]

/** The plane behind a host name (lower case, without a port), or undefined where it is none of Azure's that are served here. */
export function targetOf(host: string): HostTarget | undefined {
  const whole = exact.get(host)
  if (whole) return { surface: whole, name: '', ifAccountExists: false }
  for (let dot = host.indexOf('.'); dot > 0; dot = host.indexOf('.', dot + 1)) {
    const family = suffixes.get(host.slice(dot + 1))
    if (family) return named(family[0], family[1], host.slice(0, dot))
  }
  return undefined
}

function named(surface: Surface, naming: Naming, prefix: string): HostTarget | undefined {
  const labels = prefix.split('.')
  if (labels.includes('')) return undefined
  if (naming === 'single' && labels.length !== 1) return undefined
  if (naming === 'endpoint' && labels.length !== 2) return undefined
  // Regions also come as `cert-{region}` (registries) and `{workspace}.workspace.{region}` (private names).
  const name = naming === 'region' ? (labels.at(-1) ?? '').replace(/^cert-/, '') : prefix
  return { surface, name, ifAccountExists: surface === 'blob' || surface === 'storage' }
}

/** URLs as Azure writes them, for clients that came to one of Azure's hosts. */
export const azureOrigin: Origin = {
  arm: () => 'https://management.azure.com',
  login: () => 'https://login.microsoftonline.com',
  regional: (region) => `https://${region}.api.azureml.ms`,
  discovery: (region) => `https://${region}.experiments.azureml.net`,
  blob: (account) => `https://${account}.blob.core.windows.net`,
  storage: (account, service) => `https://${account}.${service}.core.windows.net`,
  vault: (name) => `https://${name}.vault.azure.net`,
  containerRegistry: (name) => `https://${name}.azurecr.io`,
  scoring: (endpoint, region) => `https://${endpoint}.${region}.inference.ml.azure.com`,
  studio: () => 'https://ml.azure.com',
}

/** Hosts of a region beside those that `Origin` renders, as discovery names them. */
export const azureRegionalHosts = (region: string) => ({
  experimentation: `https://${region}.experiments.azureml.net`,
  modelmanagement: `https://${region}.modelmanagement.azureml.net`,
  pipelines: `https://${region}.aether.ms`,
  studiocoreservices: `https://${region}.studioservice.azureml.com`,
  catalog: 'https://catalog.cortanaanalytics.com',
  gallery: 'https://gallery.cortanaintelligence.com/project',
})

/** What Azure calls its public cloud in `/metadata/endpoints`, with its DNS suffixes. */
export const azureCloud = {
  name: 'AzureCloud',
  suffixes: {
    storage: 'core.windows.net',
    keyVaultDns: 'vault.azure.net',
    acrLoginServer: 'azurecr.io',
    sqlServerHostname: 'database.windows.net',
  },
  graph: 'https://graph.windows.net/',
  microsoftGraph: 'https://graph.microsoft.com/',
  portal: 'https://portal.azure.com',
} as const
