import type { TestServer } from '../support/server.ts'
import type { Chance, Maker, Sent } from './chance.ts'

type Tenant = Pick<TestServer['facts'], 'clientId' | 'tenantId'>

/** The sign-in service: nothing here proves who asks, so that no answer may hold a token. */
export async function signIn({ facts }: TestServer, chance: Chance): Promise<Maker> {
  return () => tokenRequest(chance, facts)
}

const AZ = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'
const GRANTS = [
  'client_credentials',
  'password',
  'refresh_token',
  'authorization_code',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
]
const LOGIN_PAGES = [
  'oauth2/token',
  'oauth2/v2.0/token',
  'oauth2/v2.0/token',
  'oauth2/v2.0/devicecode',
  'oauth2/deviceauth',
  'oauth2/v2.0/authorize',
  'login',
  'login/outside/callback',
  'v2.0/.well-known/openid-configuration',
  'discovery/keys',
]
/** Well-formed, of an issuer that nobody trusts, and signed by nobody. */
const JWT = `${[
  { alg: 'RS256', kid: 'k', x5t: 'AAAA' },
  { iss: 'https://x.example', sub: 's', aud: 'a', exp: 9e9, nbf: 1 },
]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .join('.')}.c2lnbmF0dXJl`
function tokenRequest({ next, pick, noise, broken }: Chance, { clientId, tenantId }: Tenant): Sent {
  const form = new URLSearchParams({
    grant_type: pick([...GRANTS, noise(5)]),
    client_id: pick([clientId, AZ, noise(36)]),
    ...(next() < 0.5 && { client_secret: noise(30) }),
    username: pick(['nobody@contoso.com', noise()]),
    password: noise(),
    code: noise(),
    device_code: noise(),
    refresh_token: noise(),
    assertion: pick([JWT, noise()]),
    requested_token_use: pick(['on_behalf_of', noise(5)]),
    redirect_uri: pick(['http://localhost/', noise()]),
    request: pick([JWT, noise()]),
    otc: noise(9),
    login: noise(),
    passwd: noise(),
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    resource: pick(['https://management.azure.com/', noise()]),
    scope: pick(['https://management.azure.com/.default', noise()]),
    ...(next() < 0.5 && { client_assertion: pick([JWT, broken(JWT), `${noise(10)}.${noise(10)}.${noise(10)}`]) }),
  }).toString()
  const page = pick(LOGIN_PAGES)
  const path = page.includes('authorize') ? `${page}?${form}` : page
  return {
    method: pick(['POST', 'POST', 'GET', 'PUT']),
    path: broken(`/${pick([tenantId, 'common', noise(8)])}/${path}`),
    body: next() < 0.7 ? broken(form) : noise(200),
    headers: { 'content-type': pick(['application/x-www-form-urlencoded', 'application/json', noise(0)]) },
    never: /"(?:access|refresh|id)_token"/,
  }
}
