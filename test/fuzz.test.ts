/**
 * Malformed requests at the resource manager, the sign-in service and Microsoft Graph: every answer is a refusal or a success that was
 * meant, never a 5xx of our own, the server is there afterwards, and a long run leaves its memory flat.
 *
 *     npm run test:fuzz [-- SEED]
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { after, before, test } from 'node:test'
import { type Example, examples, makePlaces } from './conformance/examples.ts'
import { startServer, type TestServer } from './support/server.ts'

const [count = '1500', seed = '20261124'] = process.argv.slice(2).filter((word) => /^\d+$/.test(word))

let server: TestServer
/** A resource of each type that a client can make. */
let made: readonly Example[] = []
before(async () => {
  // A small heap is full soon after the start: what grows then is kept by somebody, and no collection put off.
  // One arena: each check of a secret takes 16 MB on some thread, and every thread would keep that of its own.
  const NODE_OPTIONS = '--max-old-space-size=96 --max-semi-space-size=4'
  server = await startServer({ env: { NODE_OPTIONS, MALLOC_ARENA_MAX: '1' } })
  made = Object.values(examples(await makePlaces(server)))
})
after(() => server?.stop())

/** mulberry32: the same requests for the same seed. */
function random(state: number): () => number {
  let at = state
  return () => {
    at = (at + 0x6d2b79f5) | 0
    let value = Math.imul(at ^ (at >>> 15), 1 | at)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296
  }
}

const next = random(Number(seed))
const below = (limit: number) => Math.floor(next() * limit)
const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item

const ODD = [
  '%',
  '%00',
  '%2f',
  '%ff',
  '..',
  '//',
  '?',
  '&',
  '=',
  "'",
  '"',
  '{',
  '}',
  '[',
  '\\',
  '<',
  '>',
  '*',
  '$',
  ':',
]
const noise = (length = below(40)): string =>
  Array.from({ length }, () => (next() < 0.2 ? pick(ODD) : String.fromCharCode(33 + below(94)))).join('')

/** Breaks a text: a piece cut out, doubled, turned round or replaced by noise. */
function broken(text: string): string {
  const at = below(text.length + 1)
  const piece = text.slice(at, at + below(12))
  const rest = text.slice(at + piece.length)
  const ways = [
    '',
    piece + piece,
    [...piece].toReversed().join(''),
    noise(),
    piece.toUpperCase(),
    '\u0000',
    '[]',
    'null',
  ]
  return text.slice(0, at) + pick(ways) + rest
}

type Value = null | boolean | number | string | readonly Value[] | { readonly [name: string]: Value }

interface Sent {
  readonly method: string
  readonly path: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

const GUID = '11111111-1111-4111-8111-111111111111'
const VERSIONS = ['2022-04-01', '2021-04-01', '2023-10-01', '2016-09-01', '2099-01-01', '2020-13-45', 'latest', '']
const BODIES = [
  '{"location":"eastus","properties":{}}',
  '{"properties":{"roleName":"x","permissions":[{"actions":["*"]}],"assignableScopes":["/"]}}',
  '{"properties":{"level":"ReadOnly"}}',
  '{"properties":{"principalId":"x","roleDefinitionId":"y"}}',
  '{"identity":{"type":"UserAssigned","userAssignedIdentities":{"a":{}}},"tags":{"a":1}}',
  '{"a":[[[[[[[[[[]]]]]]]]]],"__proto__":{"x":1},"constructor":null}',
]

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
/** None is whole: what a broken one would make is refused. */
const GRAPH_BODIES = [
  '{"displayName":7,"keyCredentials":[{"key":"AAAA"}]}',
  '{"appId":"x","accountEnabled":true}',
  '{"displayName":"x","mailEnabled":false,"passwordProfile":{"password":"x"}}',
  '{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/x"}',
  '{"passwordCredential":{"endDateTime":"never"},"keyId":{}}',
  '{"ids":["x"],"types":["user",7]}',
  '{"name":"x","issuer":"http://169.254.169.254/","subject":"s","audiences":["a"]}',
  '{"a":[[[[[[[[[[]]]]]]]]]],"__proto__":{"x":1},"constructor":null}',
]

function armRequest(token: string): Sent {
  const sub = `/subscriptions/${server.facts.subscriptionId}`
  const group = `${sub}/resourceGroups/fuzz`
  const ml = `${sub}/resourceGroups/lazuli/providers/Microsoft.MachineLearningServices/workspaces/default`
  const paths = [
    sub,
    group,
    ml,
    `${ml}/computes/c`,
    `${ml}/jobs/j`,
    `${ml}/data/d/versions/1`,
    `${ml}/listKeys`,
    `${group}/providers/Microsoft.Authorization/roleAssignments/${GUID}`,
    `${group}/providers/Microsoft.Authorization/roleDefinitions/${GUID}`,
    `${group}/providers/Microsoft.Authorization/locks/x`,
    `${group}/providers/Microsoft.Authorization/permissions`,
    `${group}/providers/Microsoft.Storage/storageAccounts/fuzz`,
    `${sub}/providers/Microsoft.MachineLearningServices/locations/eastus/vmSizes`,
    '/providers/Microsoft.Authorization/permissions',
  ]
  const query = `?api-version=${pick(VERSIONS)}${next() < 0.3 ? `&$filter=${noise()}` : ''}${next() < 0.2 ? `&$top=${noise(3)}&$skipToken=${noise()}` : ''}`
  const path = pick(paths)
  return {
    // No deletes of what the next request may need, and no POST that would truly begin something.
    method: pick(['GET', 'GET', 'PUT', 'PATCH', 'POST', 'HEAD', 'OPTIONS']),
    path: (next() < 0.8 ? broken(path) : path) + (next() < 0.5 ? broken(query) : query),
    body: next() < 0.8 ? broken(pick(BODIES)) : noise(200),
    headers: {
      authorization: next() < 0.8 ? `Bearer ${token}` : broken(`Bearer ${token}`).replaceAll('\u0000', ' '),
      'content-type': pick(['application/json', 'text/plain', 'application/json; charset=utf-16', '']),
      ...(next() < 0.2 && { 'if-match': noise(10) }),
    },
  }
}

/** Values that a careless reader stumbles over. */
const VALUES: readonly Value[] = [
  null,
  '',
  0,
  -1,
  1e308,
  true,
  [],
  {},
  [null],
  'x'.repeat(5_000),
  '\u0000',
  '../../x',
  '[concat(1)]',
  '2022-01-01',
  { toString: 1, valueOf: null },
  { ['__proto__']: { a: 1 }, constructor: 'x' },
  [[[[[[{}]]]]]],
  '/subscriptions/x/resourceGroups/y/providers/z',
]

/** A value with some of its parts others, or gone, or with a member more. */
function bent(value: Value, depth = 0): Value {
  if (next() < 0.06 + (depth === 0 ? 0 : 0.02)) return pick(VALUES)
  if (Array.isArray(value)) return value.map((item: Value) => bent(item, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
    .filter(() => next() > 0.04)
    .map(([name, member]) => [name, bent(member, depth + 1)] as const)
  const more = next() < 0.1 ? [[pick(['toString', '__proto__', 'id', 'etag', noise(6)]), pick(VALUES)] as const] : []
  return Object.fromEntries([...members, ...more])
}

/** A body that a type would take, but for something in it. */
function bentRequest(token: string): Sent {
  const example = pick(made)
  const patches = next() < 0.2
  return {
    method: patches ? 'PATCH' : 'PUT',
    path: `${example.collection}/${pick(example.names)}?api-version=${example.apiVersion}`,
    body: JSON.stringify(bent(example.body as Value)),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  }
}

function tokenRequest(): Sent {
  const form = new URLSearchParams({
    grant_type: pick([...GRANTS, noise(5)]),
    client_id: pick([server.facts.clientId, AZ, noise(36)]),
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
    path: broken(`/${pick([server.facts.tenantId, 'common', noise(8)])}/${path}`),
    body: next() < 0.7 ? broken(form) : noise(200),
    headers: { 'content-type': pick(['application/x-www-form-urlencoded', 'application/json', noise(0)]) },
  }
}

function graphRequest(token: string): Sent {
  const noun = pick(['applications', 'servicePrincipals', 'users', 'groups', 'directoryObjects', 'me', noise(6)])
  const below = pick([
    '',
    `/${GUID}`,
    `/${GUID}/${pick(['owners', 'members/$ref', 'addPassword', 'appRoleAssignments', 'federatedIdentityCredentials', 'memberOf'])}`,
    `/${pick(['getByIds', '$count', noise(8)])}`,
    `(appId='${pick([server.facts.clientId, noise()])}')`,
  ])
  const filters = [
    "displayName eq 'lazuli'",
    `startswith(displayName,'${noise(3)}') and not (appId eq '${GUID}')`,
    "servicePrincipalNames/any(c:c eq 'x')",
    `${'('.repeat(60)}id eq 'x'${')'.repeat(60)}`,
    noise(),
  ]
  const query = `?$filter=${pick([encodeURIComponent, String])(broken(pick(filters)))}&$top=${pick(['1', noise(3)])}&$skiptoken=${noise(5)}`
  return {
    method: pick(['GET', 'GET', 'GET', 'POST', 'PATCH', 'DELETE', 'PUT']),
    path: `/v1.0/${broken(noun + below)}${next() < 0.6 ? query : ''}`,
    body: next() < 0.8 ? broken(pick(GRAPH_BODIES)) : noise(200),
    headers: {
      authorization: next() < 0.9 ? `Bearer ${token}` : broken(`Bearer ${token}`).replaceAll('\u0000', ' '),
      'content-type': 'application/json',
    },
  }
}

function anyRequest(token: string, graphToken: string): Sent {
  const which = next()
  if (which < 0.05) return bentRequest(token)
  return which < 0.6 ? armRequest(token) : which < 0.8 ? tokenRequest() : graphRequest(graphToken)
}

/** As bytes that node's client lets through: the rest of what may be wrong is the gateway's own test. */
const sendable = (path: string): string =>
  `/${path.replace(/^\/+/, '')}`.replace(/[^\x21-\x7e]/g, '%00').replace('#', '%23')

function ask(agent: Agent, { method, path, body, headers }: Sent): Promise<{ status: number; text: string }> {
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return new Promise((resolve, reject) => {
    const asking = request(
      new URL(server.url),
      {
        agent,
        method,
        path: sendable(path),
        // Node gives OPTIONS no length of its own, and its body would then be taken for the next request.
        headers: { ...headers, ...(hasBody && { 'content-length': Buffer.byteLength(body) }) },
        timeout: 30_000,
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        )
      },
    )
    asking.once('timeout', () => asking.destroy(new Error(`no answer to ${method} ${path}`)))
    asking.once('error', reject)
    asking.end(hasBody ? body : undefined)
  })
}

const WARM_UP = 20_000
const SAMPLE = 1_000
/** Bytes: far below what the least thing kept of a request would take, its path. */
const MOST_KEPT = 600

/** The server's resident memory in megabytes. */
function residentMegabytes(): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}

test(`${count} malformed requests (seed ${seed}): no 5xx but what is said not to be implemented, no crash`, async (t) => {
  const token = await server.token({})
  const graphToken = await server.token({ resource: 'https://graph.microsoft.com' })
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const statuses = new Map<number, number>()
  const wrong: string[] = []
  const memory: number[] = []
  for (let done = 0; done < Number(count); done += 8) {
    if (done % SAMPLE === 0) memory.push(residentMegabytes())
    const batch = Array.from({ length: 8 }, () => anyRequest(token, graphToken))
    const answers = await Promise.all(
      batch.map((sent) =>
        ask(agent, sent).catch((error: NodeJS.ErrnoException) => ({ status: 0, text: String(error) })),
      ),
    )
    for (const [at, { status, text }] of answers.entries()) {
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      const said = status === 501 && (batch[at]?.method === 'HEAD' || /NotImplemented/.test(text))
      if ((status >= 500 && !said) || status === 0) {
        const sent = batch[at]
        wrong.push(`${sent?.method} ${sent?.path} ${sent?.body.slice(0, 200)} -> ${status} ${text.slice(0, 200)}`)
      }
    }
  }
  agent.destroy()
  if (wrong.length > 0) t.diagnostic(server.output.slice(-5_000))
  assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} of ${count}; ${JSON.stringify([...statuses])}`)
  assert.equal((await server.ask('/lazuli/health')).status, 200)
  t.diagnostic(`statuses: ${JSON.stringify([...statuses].toSorted())}`)
  if (Number(count) < WARM_UP * 2) return
  const [warm = 0, last = 0] = [memory[WARM_UP / SAMPLE], memory.at(-1)]
  const perRequest = ((last - warm) * 1024 * 1024) / (Number(count) - WARM_UP)
  t.diagnostic(`${warm.toFixed(0)} MB after ${WARM_UP} requests, ${last.toFixed(0)} MB at the end`)
  assert.ok(
    perRequest < MOST_KEPT,
    `${perRequest.toFixed(0)} bytes kept of each request; MB: ${memory.map(Math.round)}`,
  )
})
