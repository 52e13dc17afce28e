import { vaultOperations } from '../../src/data-planes/vault/vault-operations.ts'
import type { TestServer } from '../support/server.ts'
import { addStranger, type Chance, type Maker } from './chance.ts'

const VAULT = 'https://vault.azure.net'
const NAMES = [
  's',
  'rsa',
  'ec',
  'oct',
  'cert',
  'none',
  'a_b',
  '%00',
  '%2e%2e',
  'x'.repeat(200),
  '%F0%9F%98%80',
  '',
  '..',
  '%zz',
]
const LEAVES = [
  ...[null, true, -1, 0, 1e300, 1.5, '', 'x', 'AQAB', '\u0000', 'é'.repeat(50), 'A'.repeat(5_000), [], {}, [null]],
  ...[{ a: { b: [] } }, 'RSA', 'EC', 'oct', 'P-256', 'RSA-OAEP', 'RSA1_5', 'RS256', 'ES256', 'A256GCM', 'A256KW'],
  ...['__proto__', 'constructor', 'P90D'],
]
const FIELDS =
  `value kty key alg iv tag aad digest attributes tags policy contacts x5c pwd crv n e d k key_size key_ops lifetimeActions
cancellation_requested exp nbf enabled x509_props subject key_props issuer lifetime_actions contentType validity_months
sans dns_names __proto__`.split(/\s+/)
const QUERIES = [
  'api-version=7.4',
  'api-version=7.4',
  'api-version=7.4&maxresults=3',
  'api-version=7.4&$skiptoken=%00',
  'api-version=',
  '',
  'api-version=7.4&maxresults=-1',
  'api-version=%ff',
]
/** What makes keys takes a hundred milliseconds and more: how much of it there is decides how long a run takes. */
const SLOW = new Set(['Keys.rotate', 'Keys.create', 'Certificates.create'])

/** Every operation of Key Vault's data plane, by who may all in one vault, and by who may nothing in any. */
export async function vault(server: TestServer, chance: Chance): Promise<Maker> {
  const { next, below, pick } = chance
  await makeVaults(server)
  const token = await server.token({ resource: VAULT })
  const stranger = await server.token({ resource: VAULT, ...(await addStranger(server, 'vault')) })

  const value = (depth: number): unknown => {
    if (depth === 0 || next() < 0.6) return pick(LEAVES)
    const some = Array.from({ length: below(6) }, () => [pick(FIELDS), value(depth - 1)] as const)
    return next() < 0.2 ? some.map(([, item]) => item) : Object.fromEntries(some)
  }
  /** A body that is sometimes what the operation takes, with something odd in it. */
  const body = (): string => {
    if (next() < 0.1) return pick(['', '{', '[]', 'null', '"x"', '{"value":"\ud800"}', '{"a":'.repeat(500)])
    const plausible = {
      value: 'AQAB',
      alg: pick(['RSA-OAEP', 'RS256', 'ES256', 'A256GCM', 'A256KW', 'HS256']),
      kty: pick(['RSA', 'EC', 'oct']),
    }
    const odd = value(3)
    return JSON.stringify({
      ...plausible,
      ...(typeof odd === 'object' && odd !== null ? odd : { [pick(FIELDS)]: odd }),
    })
  }
  const quick = vaultOperations.filter(({ name }) => !SLOW.has(name))

  return () => {
    const operation = pick(next() < 0.005 ? vaultOperations : quick)
    const isStranger = next() < 0.1
    const at = pick(['kv-fuzz', 'kv-fuzz', 'kv-fuzz', 'kv-closed', 'kv-none'])
    const bearer = isStranger ? stranger : pick([token, token, token, undefined, 'x.y.z'])
    return {
      method: next() < 0.06 ? pick(['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'HEAD']) : operation.method,
      path: `${operation.path.replace(/\{(\w+)\}/g, () => pick(NAMES))}?${pick(QUERIES)}`,
      body: operation.method === 'GET' ? '' : body(),
      headers: {
        host: `${at}.vault.azure.net`,
        'content-type': 'application/json',
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      },
      // `kv-closed` has access policies, and none in them.
      denied: bearer !== token || at !== 'kv-fuzz',
    }
  }
}

async function makeVaults(server: TestServer): Promise<void> {
  const group = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli`
  for (const [name, enableRbacAuthorization] of [
    ['kv-fuzz', true],
    ['kv-closed', false],
  ] as const) {
    const sku = { family: 'A', name: 'standard' }
    const made = await server.ask(`${group}/providers/Microsoft.KeyVault/vaults/${name}?api-version=2023-07-01`, {
      method: 'PUT',
      body: { location: 'eastus', properties: { tenantId: server.facts.tenantId, sku, enableRbacAuthorization } },
    })
    if (made.status >= 300) throw new Error(made.text)
  }
  const token = await server.token({ resource: VAULT })
  for (const [path, method, body] of [
    ['/keys/rsa/create', 'POST', { kty: 'RSA' }],
    ['/keys/ec/create', 'POST', { kty: 'EC' }],
    ['/keys/oct/create', 'POST', { kty: 'oct' }],
    ['/certificates/cert/create', 'POST', { policy: { x509_props: { subject: 'CN=x' } } }],
    ['/secrets/s', 'PUT', { value: 'kept' }],
  ] as const) {
    const made = await server.ask(`${path}?api-version=7.4`, { method, body, token, host: 'kv-fuzz.vault.azure.net' })
    if (made.status >= 300) throw new Error(made.text)
  }
}
