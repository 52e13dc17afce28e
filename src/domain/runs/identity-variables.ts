import type { Run } from '../../store/runs.ts'
import type { Deps } from '../deps.ts'
import { jobIdentities } from '../jobs/job-identity.ts'

/** Where a job asks for tokens, below the server's own origin. */
export const IDENTITY_PATH = '/lazuli/identity/token'
export const ON_BEHALF_PATH = '/lazuli/identity/obo'
export const IMDS_PATH = '/lazuli/imds'

/**
 * The variables by which Azure's SDKs and az find a job's identities: those of App Service (`IDENTITY_*`) and of Azure ML
 * (`MSI_*`), the instance metadata service's, and azure-ai-ml's for acting on behalf of who submitted it. A job gets
 * those alone that lead to something.
 */
export async function identityVariables(
  deps: Pick<Deps, 'store' | 'tokens'>,
  run: Run,
  at: { readonly ownUrl: string; readonly lifetimeSeconds: number },
): Promise<Readonly<Record<string, string>>> {
  const { managed, chosen, onBehalfOf } = await jobIdentities(deps.store, run)
  if (managed.length === 0 && onBehalfOf === undefined) return {}
  const secret = await deps.tokens.issueRunSecret({ workspace: run.workspace, id: run.id }, at.lifetimeSeconds)
  const endpoint = `${at.ownUrl}${IDENTITY_PATH}`
  return {
    ...(managed.length > 0 && {
      IDENTITY_ENDPOINT: endpoint,
      IDENTITY_HEADER: secret,
      MSI_ENDPOINT: endpoint,
      MSI_SECRET: secret,
      AZURE_POD_IDENTITY_AUTHORITY_HOST: `${at.ownUrl}${IMDS_PATH}/${secret}`,
    }),
    ...(chosen && { DEFAULT_IDENTITY_CLIENT_ID: chosen.clientId }),
    // Its client sends nothing but the address.
    ...(onBehalfOf !== undefined && { OBO_ENDPOINT: `${at.ownUrl}${ON_BEHALF_PATH}?secret=${secret}` }),
  }
}
