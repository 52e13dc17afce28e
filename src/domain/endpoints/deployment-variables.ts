import { parseResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import { openSecret } from '../../store/sealing.ts'
import type { Deps } from '../deps.ts'
import { IDENTITY_PATH, IMDS_PATH } from '../runs/identity-variables.ts'
import { caVariables } from '../runs/job-variables.ts'
import { IDENTITY_PROOF } from './endpoint-identity.ts'

/**
 * The environment by which Azure's SDKs inside a deployment find this server, and tokens of the endpoint's identity. The
 * same on every call: a deployment whose variables change is started anew.
 */
export function deploymentVariables(
  { sealing, address }: Pick<Deps, 'sealing' | 'address'>,
  endpoint: StoredResource,
): Readonly<Record<string, string>> {
  const { proxy, caBundle } = address()
  const workspace = parseResourceId(endpoint.id)?.parent
  const proof = openSecret(sealing, endpoint, IDENTITY_PROOF)
  const tokens = `${proxy}${IDENTITY_PATH}`
  return {
    AZUREML_ARM_SUBSCRIPTION: workspace?.subscriptionId ?? '',
    AZUREML_ARM_RESOURCEGROUP: workspace?.resourceGroup ?? '',
    AZUREML_ARM_WORKSPACE_NAME: workspace?.name ?? '',
    SERVICE_NAME: endpoint.name,
    HTTPS_PROXY: proxy,
    https_proxy: proxy,
    NO_PROXY: 'localhost,127.0.0.1',
    no_proxy: 'localhost,127.0.0.1',
    ...Object.fromEntries(caVariables.map((name) => [name, caBundle])),
    ...(proof !== undefined && {
      IDENTITY_ENDPOINT: tokens,
      IDENTITY_HEADER: proof,
      MSI_ENDPOINT: tokens,
      MSI_SECRET: proof,
      AZURE_POD_IDENTITY_AUTHORITY_HOST: `${proxy}${IMDS_PATH}/${proof}`,
    }),
  }
}
