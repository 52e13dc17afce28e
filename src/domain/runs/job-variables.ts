import type { Origin } from '../../gateway/surface.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { Run } from '../../store/runs.ts'

/** How a job on this machine reaches this server. */
export interface JobAddress {
  readonly origin: Origin
  /** `http://127.0.0.1:{port}`: the proxy that answers for Azure's hosts. */
  readonly proxy: string
  /** The file with the authorities that the job has to trust; engines make it readable inside a sandbox. */
  readonly caBundle: string
}

export interface JobVariablesRequest {
  readonly run: Run
  /** The workspace's id in its own spelling. */
  readonly workspaceId: string
  readonly workspaceGuid: string
  readonly region: string
  readonly token: string
  readonly tokenExpiresAt: Date
  readonly address: JobAddress
}

/** The variables whose value is a file of this machine that a sandbox has to show, read-only. */
export const caVariables: readonly string[] = [
  'REQUESTS_CA_BUNDLE',
  'SSL_CERT_FILE',
  'CURL_CA_BUNDLE',
  'NODE_EXTRA_CA_CERTS',
]

/**
 * The environment with which MLflow, azureml-mlflow and Azure's SDKs find this server and their run from inside a job.
 *
 * Without all of MLFLOW_TRACKING_URI, MLFLOW_TRACKING_TOKEN, MLFLOW_RUN_ID and an experiment azureml-mlflow opens a
 * browser; with AZUREML_RUN_ID it leaves the run's status to the job.
 */
export function jobVariables(request: JobVariablesRequest): Record<string, string> {
  const { run, workspaceId, workspaceGuid, region, token, tokenExpiresAt, address } = request
  const id = parseResourceId(workspaceId)
  const api = address.origin.regional(region)
  const workspace = id?.name ?? ''
  return {
    MLFLOW_TRACKING_URI: `${api.replace(/^https?:/, 'azureml:')}/mlflow/v2.0${workspaceId}`,
    MLFLOW_TRACKING_TOKEN: token,
    MLFLOW_RUN_ID: run.id,
    MLFLOW_EXPERIMENT_ID: run.experimentId,
    MLFLOW_EXPERIMENT_NAME: run.experimentName,
    AZUREML_RUN_ID: run.id,
    AZUREML_ROOT_RUN_ID: run.rootId,
    AZUREML_EXPERIMENT_ID: run.experimentId,
    AZUREML_EXPERIMENT_SCOPE: `${workspaceId}/experiments/${run.experimentName}`,
    AZUREML_EXPERIMENT_NAME: run.experimentName,
    AZUREML_RUN_TOKEN: token,
    AZUREML_RUN_TOKEN_EXPIRY: String(Math.floor(tokenExpiresAt.getTime() / 1000)),
    AZUREML_ARM_SUBSCRIPTION: id?.subscriptionId ?? '',
    AZUREML_ARM_RESOURCEGROUP: id?.resourceGroup ?? '',
    AZUREML_ARM_WORKSPACE_NAME: workspace,
    AZUREML_ARM_PROJECT_NAME: run.experimentName,
    AZUREML_WORKSPACE_NAME: workspace,
    AZUREML_WORKSPACE_ID: workspaceGuid,
    AZUREML_WORKSPACE_SCOPE: workspaceId,
    AZUREML_SERVICE_ENDPOINT: api,
    AZUREML_DISCOVERY_SERVICE_ENDPOINT: `${address.origin.discovery(region)}/discovery`,
    HTTPS_PROXY: address.proxy,
    https_proxy: address.proxy,
    NO_PROXY: 'localhost,127.0.0.1',
    no_proxy: 'localhost,127.0.0.1',
    ...Object.fromEntries(caVariables.map((name) => [name, address.caBundle])),
  }
}
