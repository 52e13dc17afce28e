/**
 * Malformed and odd requests at every operation of Key Vault's data plane: a seed gives the same ones again. No answer is
 * a 5xx, who has no rights changes nothing, and the server is there afterwards.
 *
 *     npm test test/vault/fuzz.test.ts; LAZULI_FUZZ='25000 7' for how many, and from which seed
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { vaultOperations } from '../../src/data-planes/vault/vault-operations.ts'
import { seeded } from '../faults/random.ts'
import { startVault, type VaultServer } from './vault-server.ts'

const [count = 1_500, seed = 20261125] = (process.env.LAZULI_FUZZ ?? '').split(' ').filter(Boolean).map(Number)
const { pick, whole } = seeded(seed)

let vault: VaultServer
let stranger: string
before(async () => {
  vault = await startVault('kv-fuzz')
  await vault.makeVault('kv-closed', { enableRbacAuthorization: false })
  for (const [path, body] of [
    ['/keys/rsa/create', { kty: 'RSA' }],
    ['/keys/ec/create', { kty: 'EC' }],
    ['/keys/oct/create', { kty: 'oct' }],
    ['/certificates/cert/create', { policy: { x509_props: { subject: 'CN=x' } } }],
  ] as const) {
    const made = await vault.ask(path, { method: 'POST', body })
    assert.ok(made.status < 300, made.text)
  }
  await vault.ask('/secrets/s', { method: 'PUT', body: { value: 'kept' } })
  const added = await vault.server.ask('/lazuli/principals', { method: 'POST', body: { name: 'stranger' } })
  const { appId: clientId, secret } = added.json
  stranger = await vault.server.token({ resource: 'https://vault.azure.net', clientId, secret })
})
after(() => vault.server.stop())

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
  null,
  true,
  -1,
  0,
  1e300,
  1.5,
  '',
  'x',
  'AQAB',
  '\u0000',
  'é'.repeat(50),
  'A'.repeat(5_000),
  [],
  {},
  [null],
  { a: { b: [] } },
  'RSA',
  'EC',
  'oct',
  'P-256',
  'RSA-OAEP',
  'RSA1_5',
  'RS256',
  'ES256',
  'A256GCM',
  'A256KW',
  '__proto__',
  'constructor',
  'P90D',
]
const FIELDS = [
  'value',
  'kty',
  'key',
  'alg',
  'iv',
  'tag',
  'aad',
  'digest',
  'attributes',
  'tags',
  'policy',
  'contacts',
  'x5c',
  'pwd',
  'crv',
  'n',
  'e',
  'd',
  'k',
  'key_size',
  'key_ops',
  'lifetimeActions',
  'cancellation_requested',
  'exp',
  'nbf',
  'enabled',
  'x509_props',
  'subject',
  'key_props',
  'issuer',
  'lifetime_actions',
  'contentType',
  'validity_months',
  'sans',
  'dns_names',
  '__proto__',
]
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

function value(depth: number): unknown {
  if (depth === 0 || whole(0, 2) > 0) return pick(LEAVES)
  const some = Array.from({ length: whole(0, 5) }, () => [pick(FIELDS), value(depth - 1)] as const)
  return whole(0, 4) === 0 ? some.map(([, item]) => item) : Object.fromEntries(some)
}

/** A body that is sometimes what the operation takes, with something odd in it. */
function body(): string {
  if (whole(0, 9) === 0) return pick(['', '{', '[]', 'null', '"x"', '{"value":"\ud800"}', '{"a":'.repeat(500)])
  const plausible = {
    value: 'AQAB',
    alg: pick(['RSA-OAEP', 'RS256', 'ES256', 'A256GCM', 'A256KW', 'HS256']),
    kty: pick(['RSA', 'EC', 'oct']),
  }
  const odd = value(3)
  return JSON.stringify({ ...plausible, ...(typeof odd === 'object' && odd !== null ? odd : { [pick(FIELDS)]: odd }) })
}

test(`${count} requests from seed ${seed}: refusals and successes, and no 5xx`, async () => {
  const token = await vault.server.token({ resource: 'https://vault.azure.net' })
  const statuses: Record<string, number> = {}
  for (let at = 0; at < count; at++) {
    // Large keys take seconds each: making them is not what is looked at here.
    const operation = pick(vaultOperations.filter(({ name }) => name !== 'Keys.rotate' || whole(0, 20) === 0))
    const path = operation.path.replace(/\{(\w+)\}/g, () => pick(NAMES))
    const isStranger = whole(0, 9) === 0
    const ask = {
      method: whole(0, 15) === 0 ? pick(['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'HEAD']) : operation.method,
      token: isStranger ? stranger : pick([token, token, token, null, 'x.y.z']),
      vault: pick(['kv-fuzz', 'kv-fuzz', 'kv-fuzz', 'kv-closed', 'kv-none']),
      ...(operation.method !== 'GET' && { body: body() }),
    }
    const target = `${path}?${pick(QUERIES)}`
    const answer = await vault.ask(target.includes('api-version') ? target : `${target}&x=api-version=`, ask)
    const shown = `${at}: ${ask.method} ${target} ${ask.body ?? ''}`
    assert.ok(answer.status < 500, `${shown.slice(0, 600)} -> ${answer.status} ${answer.text}`)
    if (isStranger) assert.ok(answer.status >= 400, `${shown} -> ${answer.status} for somebody without rights`)
    if (ask.vault === 'kv-closed')
      assert.ok(answer.status >= 400, `${shown} -> ${answer.status} without an access policy`)
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
  }
  console.log(`statuses: ${JSON.stringify(statuses)}`)
  assert.ok(
    (statuses[200] ?? 0) > 0 && (statuses[400] ?? 0) > 0 && (statuses[403] ?? 0) > 0,
    'it reached behind the door',
  )
  assert.equal((await vault.server.ask('/lazuli/health')).status, 200)
})
