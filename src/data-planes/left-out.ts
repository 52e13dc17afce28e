interface LeftOut {
  /** What is asked, as `METHOD /path` in lower case. */
  readonly asked: RegExp
  readonly reason: string
}

/** Operations of Azure's regional services that are not offered on purpose. The rest that is not there is not there yet. */
const leftOut: readonly LeftOut[] = [
  { asked: /\/artifacts\/lock\//, reason: 'containers of artifacts have no locks; a blob has leases' },
  {
    asked: /^\w+ \/artifact\/v2\.0.*\/zip\//,
    reason: 'no archives are made of artifacts; each file has a URL of its own',
  },
  { asked: /\/artifacts\/tags\//, reason: 'artifacts have no tags of their own; runs, models and data have' },
  { asked: /\/ingest\/containersas/, reason: 'files of another container are copied by the blob service itself' },
  { asked: /^\w+ \/artifact\/v1\.0/, reason: 'it is retired; models and data of the resource manager take its place' },
  {
    asked: /^\w+ \/content\//,
    reason: 'source snapshots of azureml-core are retired; code is an asset of the resource manager',
  },
  {
    asked: /^\w+ \/environment\/(v2\.0|.*\/recipe$)/,
    reason:
      'environments are built on the machine of a job, when a job first needs them; no registry of images is behind them',
  },
  {
    asked: /^\w+ \/dataset\/v1\.0\/meta\//,
    reason: 'it has no caller; the server tells of itself at /health',
  },
  {
    asked: /^get \/dataset\/.*\/opendatasets$/,
    reason: 'Azure Open Datasets are Microsoft’s own and are not kept here',
  },
  {
    asked: /^put \/dataset\/.*\/definitions\/[^/]+$/,
    reason: 'definitions are not kept pending: each stands when it is sent, and a further one is a further version',
  },
  {
    asked: /^get \/dataset\/.*\/operations\/[^/]+$/,
    reason: 'it has no caller: what this service does is done when it answers',
  },
  {
    asked: /^get \/registrymanagement\/v1\.0\/operations\//,
    reason: 'it has no caller: operations of registries are polled where the resource manager says',
  },
  {
    asked: /^get \/discovery\/workspaces\//,
    reason: 'it has no caller: a region tells its services at /discovery',
  },
  {
    asked: /^post \/modelregistry\/v1\.0\/meta\/migration/,
    reason: 'it has no caller; models have one store, and nothing is to be moved',
  },
  {
    asked: /^post \/modelregistry\/.*\/models\/deploymentsettings$/,
    reason: 'it has no caller; how a model is deployed is said by its online deployment',
  },
  {
    asked: /^\w+ \/registrymanagement\/v1\.0\/registrysyndication/,
    reason: 'lists of assets that follow another registry are Azure’s own; assets are copied by import and by share',
  },
  {
    asked: /^\w+ \/pipelines\//,
    reason:
      'modules and published pipelines of azureml-core are retired; components and pipeline jobs take their place',
  },
  {
    asked: /^post \/hyperdrive\//,
    reason: 'sweeps of azureml-core start from source snapshots, which are retired; sweep jobs take their place',
  },
  {
    asked: /^post \/execution\//,
    reason: 'runs of azureml-core start from source snapshots, which are retired; command jobs take their place',
  },
  {
    asked: /\/modelmanagement\/.*\/(images|services|onlineendpoints|operations)\b/,
    reason:
      'images and services of azureml-core are retired; online endpoints of the resource manager take their place',
  },
  {
    asked: /\/azuremonitor\/list$/,
    reason: 'metrics of resources are asked of Azure Monitor, Microsoft.Insights/metrics',
  },
  {
    asked: /^\w+ \/rp\/(armtemplates|workspaces)/,
    reason: 'it has no caller; workspaces are made by the resource manager',
  },
  {
    asked: /\/mlflow\/(gateway\/|gateway-proxy)/,
    reason: 'MLflow’s gateway hands requests on to models of other services, whose keys it would keep',
  },
  {
    asked: /\/mlflow\/(prompt-optimization|scorers\/online-config|runs\/create-promptlab-run)/,
    reason: 'it needs a language model of the server’s own',
  },
  {
    asked: /\/mlflow\/workspaces/,
    reason: 'workspaces are made by the resource manager, and named by the path',
  },
]

/** Why an operation is not offered; undefined where it is, or is not there yet. */
export const whyLeftOut = (method: string, path: string): string | undefined =>
  leftOut.find(({ asked }) => asked.test(`${method} ${path}`.toLowerCase()))?.reason
