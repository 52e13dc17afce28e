import type { JsonObject } from '../json.ts'
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
  graph: () => 'https://graph.microsoft.com',
  studio: () => 'https://ml.azure.com',
}

/** Hosts of a region beside those that `Origin` renders, as discovery names them. */
const azureRegionalHosts = (region: string) => ({
  experimentation: `https://${region}.experiments.azureml.net`,
  modelmanagement: `https://${region}.modelmanagement.azureml.net`,
  pipelines: `https://${region}.aether.ms`,
  studiocoreservices: `https://${region}.studioservice.azureml.com`,
  catalog: 'https://catalog.cortanaanalytics.com',
  gallery: 'https://gallery.cortanaintelligence.com/project',
})

/** Every domain that is served here: what a user's NO_PROXY must not except, or clients would pass us by. */
export const interceptedDomains: readonly string[] = [...exact.keys(), ...suffixes.keys()]

/** A region's services by the keys of discovery: Azure's hosts, or for a client of the own origin that origin. */
export function servicesOf(origin: Origin, region: string): Readonly<Record<string, string>> {
  const own = origin === azureOrigin ? undefined : origin.regional(region)
  const hosts = azureRegionalHosts(region)
  return {
    api: origin.regional(region),
    catalog: own ?? hosts.catalog,
    experimentation: own ?? hosts.experimentation,
    gallery: own ?? hosts.gallery,
    history: own ?? hosts.experimentation,
    hyperdrive: own ?? hosts.experimentation,
    labeling: own ?? hosts.experimentation,
    modelmanagement: own ?? hosts.modelmanagement,
    pipelines: own ?? hosts.pipelines,
    studio: origin.studio(),
    studiocoreservices: own ?? hosts.studiocoreservices,
  }
}

/**
 * The cloud as `/metadata/endpoints` describes it to a client of this origin. Storage and vault suffixes stay Azure's:
 * clients put account names before them, which no port of this machine can answer without the proxy.
 */
export function cloudOf(origin: Origin): JsonObject {
  const azure = origin === azureOrigin
  return {
    name: azure ? 'AzureCloud' : 'Lazuli',
    portal: 'https://portal.azure.com',
    // azure-ai-ml looks for this very text in the URL that it was given, so the own origin has no slash behind it.
    resourceManager: azure ? `${origin.arm()}/` : origin.arm(),
    authentication: {
      loginEndpoint: origin.login(),
      audiences: ['https://management.core.windows.net/', 'https://management.azure.com/'],
      tenant: 'common',
      identityProvider: 'AAD',
    },
    graph: 'https://graph.windows.net/',
    graphAudience: 'https://graph.windows.net/',
    microsoftGraphResourceId: 'https://graph.microsoft.com/',
    media: 'https://rest.media.azure.net',
    batch: 'https://batch.core.windows.net/',
    sqlManagement: 'https://management.core.windows.net:8443/',
    gallery: 'https://gallery.azure.com/',
    vmImageAliasDoc:
      'https://raw.githubusercontent.com/Azure/azure-rest-api-specs/main/arm-compute/quickstart-templates/aliases.json',
    activeDirectoryDataLake: 'https://datalake.azure.net/',
    logAnalyticsResourceId: 'https://api.loganalytics.io',
    appInsightsResourceId: 'https://api.applicationinsights.io',
    suffixes: {
      storage: 'core.windows.net',
      keyVaultDns: 'vault.azure.net',
      acrLoginServer: 'azurecr.io',
      sqlServerHostname: 'database.windows.net',
      azureDataLakeStoreFileSystem: 'azuredatalakestore.net',
      azureDataLakeAnalyticsCatalogAndJob: 'azuredatalakeanalytics.net',
      synapseAnalytics: 'dev.azuresynapse.net',
      mhsmDns: 'managedhsm.azure.net',
    },
  }
}
