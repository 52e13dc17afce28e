import type { IncomingMessage } from 'node:http'
import { provenIdentities } from '../../domain/endpoints/endpoint-identity.ts'
import { type JobIdentities, type JobIdentity, jobIdentities } from '../../domain/jobs/job-identity.ts'
import { fault } from '../../faults.ts'
import type { IssuedToken, TokenIssuer } from '../../identity/identity.ts'
import type { JsonObject } from '../../json.ts'
import { finalStatuses } from '../../store/runs.ts'
import type { Sealing } from '../../store/sealing.ts'
import type { Store } from '../../store/store.ts'

export interface IdentityEndpointsDeps {
  readonly store: Store
  readonly sealing: Sealing
  readonly tokens: TokenIssuer
}

/** The names that App Service, Azure ML and the instance metadata service call the same things by. */
const names = {
  clientId: ['client_id', 'clientid'],
  objectId: ['object_id', 'principal_id'],
  resourceId: ['mi_res_id', 'msi_res_id'],
} as const

/**
 * The managed-identity endpoint inside jobs and deployments: App Service's shape with `X-IDENTITY-HEADER`, Azure ML's with `secret`. Both
 * hold the run's secret: it works as long as the run does, and gets tokens of its compute's identities alone.
 *
 * @throws RunSecretInvalid, RunIdentityMissing, AADSTS500011
 */
export async function identityToken(
  deps: IdentityEndpointsDeps,
  { headers }: Pick<IncomingMessage, 'headers'>,
  query: URLSearchParams,
): Promise<JsonObject> {
  const { secret, 'x-identity-header': header } = headers
  return managedToken(deps, String(header ?? secret ?? ''), query)
}

/** As the instance metadata service answers it; the secret is part of the address, and `Metadata: true` is demanded. */
export async function metadataToken(
  deps: IdentityEndpointsDeps,
  { headers }: Pick<IncomingMessage, 'headers'>,
  { secret, query }: { readonly secret: string; readonly query: URLSearchParams },
): Promise<JsonObject> {
  if (headers.metadata !== 'true') throw fault('MetadataHeaderMissing')
  return managedToken(deps, secret, query)
}

/** A token of who submitted the job, where it asked to act for them. @throws RunSecretInvalid, RunIdentityMissing */
export async function onBehalfToken(deps: IdentityEndpointsDeps, query: URLSearchParams): Promise<JsonObject> {
  const { onBehalfOf } = await identitiesOf(deps, query.get('secret') ?? '')
  if (onBehalfOf === undefined)
    throw fault('RunIdentityMissing', { reason: 'the job does not run as who submitted it' })
  const resource = resourceOf(query)
  return shaped(await deps.tokens.issueFor(onBehalfOf, resource), resource)
}

async function managedToken(deps: IdentityEndpointsDeps, secret: string, query: URLSearchParams): Promise<JsonObject> {
  const identity = chosenBy(query, await identitiesOf(deps, secret))
  const resource = resourceOf(query)
  return shaped(await deps.tokens.issueFor(identity.objectId, resource), resource)
}

async function identitiesOf(deps: IdentityEndpointsDeps, secret: string): Promise<JobIdentities> {
  const { store, tokens } = deps
  const ofEndpoint = await provenIdentities(deps, secret)
  if (ofEndpoint) return ofEndpoint
  const named = await tokens.readRunSecret(secret)
  const run = named && (await store.runs.get(named.workspace, named.id))
  if (!run || finalStatuses.has(run.status)) throw fault('RunSecretInvalid')
  return jobIdentities(store, run)
}

function chosenBy(query: URLSearchParams, { managed, chosen }: JobIdentities): JobIdentity {
  const asked = Object.entries(names).flatMap(([key, spellings]) =>
    spellings.flatMap((spelling) => {
      const value = query.get(spelling)
      return value ? [{ key: key as keyof typeof names, value: value.toLowerCase() }] : []
    }),
  )
  const found =
    asked.length === 0
      ? chosen
      : managed.find((one) => asked.every(({ key, value }) => one[key]?.toLowerCase() === value))
  if (found) return found
  const reason =
    asked.length === 0 ? 'name one of its identities by its client id' : 'the compute or endpoint has no such identity'
  throw fault('RunIdentityMissing', { reason })
}

function resourceOf(query: URLSearchParams): string {
  const resource = (query.get('resource') ?? '').replace(/\/\.default$/, '')
  if (resource === '') throw fault('RunIdentityMissing', { reason: "the query names no 'resource'" })
  return resource
}

const shaped = ({ token, clientId, expiresOn, notBefore }: IssuedToken, resource: string): JsonObject => ({
  access_token: token,
  client_id: clientId,
  expires_in: String(Math.max(0, expiresOn - Math.floor(Date.now() / 1000))),
  expires_on: String(expiresOn),
  ext_expires_in: String(Math.max(0, expiresOn - Math.floor(Date.now() / 1000))),
  not_before: String(notBefore),
  resource,
  token_type: 'Bearer',
})
