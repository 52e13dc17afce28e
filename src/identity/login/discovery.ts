import { fault } from '../../faults.ts'
import { issuerOf } from '../access-token.ts'
import type { LoginDeps, LoginRequest } from './login-request.ts'
import { tenantNamed } from './tenant.ts'

/** Where tokens are got and how they are signed, on the origin that was asked. */
export async function openIdConfiguration(
  deps: LoginDeps,
  { tenant, context }: LoginRequest,
  version: 'v1' | 'v2',
): Promise<object> {
  const known = tenantNamed(deps, tenant)
  const origin = context.origin.login()
  const base = `${origin}/${tenant}`
  const oauth = version === 'v1' ? `${base}/oauth2` : `${base}/oauth2/v2.0`
  // For a name that stands for any tenant Azure answers a template.
  const issuer = known ?? '{tenantid}'
  return {
    token_endpoint: `${oauth}/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    jwks_uri: version === 'v1' ? `${base}/discovery/keys` : `${base}/discovery/v2.0/keys`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256', 'plain'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer: version === 'v1' ? issuerOf(issuer) : `${origin}/${issuer}/v2.0`,
    authorization_endpoint: `${oauth}/authorize`,
    device_authorization_endpoint: `${oauth}/devicecode`,
    end_session_endpoint: `${oauth}/logout`,
    http_logout_supported: true,
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'nbf', 'tid', 'oid', 'appid', 'idtyp', 'ver'],
    request_uri_parameter_supported: false,
    tenant_region_scope: null,
    cloud_instance_name: 'microsoftonline.com',
    cloud_graph_host_name: 'graph.windows.net',
    msgraph_host: 'graph.microsoft.com',
    rbac_url: 'https://pas.windows.net',
  }
}

const CLOUD = ['login.microsoftonline.com', 'login.windows.net', 'login.microsoft.com', 'sts.windows.net']

/** Tells MSAL that an authority is one that it may trust. */
export async function instanceDiscovery(deps: LoginDeps, { query, context }: LoginRequest): Promise<object> {
  const endpoint = query.get('authorization_endpoint')
  if (!endpoint) throw fault('AADSTS900144', { parameter: 'authorization_endpoint' })
  const own = context.origin.login()
  const asked = URL.parse(endpoint)
  if (!asked || !(CLOUD.includes(asked.hostname) || asked.origin === own)) throw fault('AADSTS50049')
  const [, tenant = 'common'] = asked.pathname.split('/')
  tenantNamed(deps, tenant.toLowerCase())
  const host = new URL(own).host
  const version = query.get('api-version') === '1.0' ? '' : '/v2.0'
  return {
    tenant_discovery_endpoint: `${asked.origin}/${tenant}${version}/.well-known/openid-configuration`,
    'api-version': query.get('api-version') ?? '1.1',
    metadata: [
      { preferred_network: 'login.microsoftonline.com', preferred_cache: 'login.windows.net', aliases: CLOUD },
      ...(CLOUD.includes(host) ? [] : [{ preferred_network: host, preferred_cache: host, aliases: [host] }]),
    ],
  }
}

/** The public halves of the tenant's keys. */
export async function keySet(deps: LoginDeps, { tenant }: LoginRequest): Promise<object> {
  tenantNamed(deps, tenant)
  return { keys: deps.keys.published() }
}

/** Tells MSAL that a name's password is checked here, and by nobody whom it would have to ask first. */
export function userRealm({ last, context }: LoginRequest): object {
  const [, domain = ''] = decoded(last).split('@')
  return {
    ver: '1.0',
    account_type: 'Managed',
    domain_name: domain,
    cloud_instance_name: new URL(context.origin.login()).host,
    cloud_audience_urn: 'urn:federation:MicrosoftOnline',
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
