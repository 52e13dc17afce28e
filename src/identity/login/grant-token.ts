import { fault } from '../../faults.ts'
import type { Principal } from '../../store/identities.ts'
import { makeAccessToken } from '../access-token.ts'
import { audienceOf } from '../audiences.ts'
import type { LoginDeps, LoginRequest } from '../login.ts'
import { tenantNamed } from './tenant.ts'

type Version = 'v1' | 'v2'

const LIFETIME_SECONDS = 3600
/** Scopes beside the resource's that clients add out of habit; they mean nothing without a user. */
const USER_SCOPES = new Set(['openid', 'profile', 'offline_access', 'email'])

/**
 * Grants an application a token for a resource.
 *
 * @throws every AADSTS fault of the token endpoint
 */
export async function grantToken(deps: LoginDeps, request: LoginRequest, version: Version): Promise<object> {
  const tenant = tenantNamed(deps, request.tenant)
  if (tenant === undefined) throw fault('AADSTS50059')
  const grant = required(request.form, 'grant_type')
  if (grant !== 'client_credentials') throw fault('AADSTS70003', { grant })
  const { principal, secret, appId } = await applicationOf(deps, request)
  const resource = version === 'v1' ? resourceOf(deps, request) : scopeOf(deps, request)
  await deps.secrets.check(appId, secret)
  const made = await makeAccessToken(deps.keys, {
    tenantId: deps.tenantId,
    principal,
    audience: resource.audience,
    lifetimeSeconds: LIFETIME_SECONDS,
    now: deps.now(),
  })
  const lifetime = LIFETIME_SECONDS - 1
  if (version === 'v2') {
    return { token_type: 'Bearer', expires_in: lifetime, ext_expires_in: lifetime, access_token: made.token }
  }
  return {
    token_type: 'Bearer',
    expires_in: String(lifetime),
    ext_expires_in: String(lifetime),
    expires_on: String(made.expiresOn),
    not_before: String(made.notBefore),
    resource: resource.asked,
    access_token: made.token,
  }
}

function required(form: URLSearchParams, parameter: string): string {
  const value = form.get(parameter)
  if (!value) throw fault('AADSTS900144', { parameter })
  return value
}

async function applicationOf(
  deps: LoginDeps,
  { form, authorization }: LoginRequest,
): Promise<{ principal: Principal; appId: string; secret: string }> {
  const basic = basicCredentials(authorization)
  const client = basic?.client ?? required(form, 'client_id')
  const principal = await deps.store.identities.principalByApp(client)
  // A managed identity has a client id and no way to sign in from outside.
  if (principal?.kind !== 'Application') throw fault('AADSTS700016', { client, tenant: deps.tenantId })
  const secret = basic?.secret ?? form.get('client_secret')
  if (secret) return { principal, appId: client.toLowerCase(), secret }
  throw form.has('client_assertion') ? fault('AADSTS700027', { client }) : fault('AADSTS7000218')
}

function basicCredentials(authorization: string | undefined): { client: string; secret: string } | undefined {
  const [, encoded] = /^basic +([a-z0-9+/=_-]+) *$/i.exec(authorization ?? '') ?? []
  if (encoded === undefined) return undefined
  const [client = '', ...secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  return { client: formDecoded(client), secret: formDecoded(secret.join(':')) }
}

/** Both parts are form-encoded before they are put together (RFC 6749, 2.3.1); curl -u does not do that. */
function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

interface Resource {
  readonly asked: string
  readonly audience: string
}

function resourceOf(deps: LoginDeps, request: LoginRequest): Resource {
  const asked = required(request.form, 'resource')
  return { asked, audience: audience(deps, request, asked) }
}

function scopeOf(deps: LoginDeps, request: LoginRequest): Resource {
  const asked = required(request.form, 'scope')
  const scopes = asked.split(' ').filter((scope) => scope !== '' && !USER_SCOPES.has(scope))
  const [scope, ...more] = scopes
  if (scope === undefined || more.length > 0) throw fault('AADSTS70011', { scope: asked })
  // Only the suffix goes: az asks for `https://management.core.windows.net//.default` and means a slash.
  if (!scope.endsWith('/.default')) throw fault('AADSTS1002012', { scope })
  const resource = scope.slice(0, -'/.default'.length)
  return { asked: resource, audience: audience(deps, request, resource) }
}

/** The `aud` of a token for a resource. The own origin is the resource manager's: az takes its audience from there. */
function audience(deps: LoginDeps, { context }: LoginRequest, resource: string): string {
  if (audienceOf(resource)) return resource
  if (resource.toLowerCase().replace(/\/+$/, '') === context.origin.arm().toLowerCase()) {
    return 'https://management.azure.com/'
  }
  throw fault('AADSTS500011', { resource, tenant: deps.tenantId })
}
