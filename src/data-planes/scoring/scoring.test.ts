import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { requestTally } from '../../domain/endpoints/request-tally.ts'
import { digest, type EndpointRoute } from '../../domain/endpoints/scoring-routes.ts'
import { fault } from '../../faults.ts'
import { startGateway, waitFor } from '../../gateway/test-gateway.ts'
import type { AccessControl, Authenticator, Caller, TokenIssuer } from '../../identity/identity.ts'
import type { ScoreRequest, ScoreResult, ServingEngine } from '../../serving/engine.ts'
import { authorizer } from './authorize.ts'
import { MOST_BYTES } from './read-body.ts'
import { refuse, scoringSurface } from './scoring.ts'

/** The hosts of endpoints behind the real gateway. Models are what lies outside: each test says what they answer. */

const KEY = 'the-primary-key-of-this-test'
const blue = { id: 'blue-id', name: 'blue' }
const green = { id: 'green-id', name: 'green' }
const gold = { id: 'gold-id', name: 'gold' }
const route: EndpointRoute = {
  id: '/subscriptions/s/resourceGroups/g/providers/x/workspaces/w/onlineEndpoints/ep',
  authMode: 'key',
  keys: [digest(KEY), digest('the-other-key')],
  token: 'ep 2026',
  deployments: new Map([blue, green, gold].map((one) => [one.name, one])),
  shares: [
    { upTo: 90, deployment: blue },
    { upTo: 100, deployment: green },
  ],
  origins: new Set(['https://page.test']),
}
const routes: Record<string, EndpointRoute> = {
  'ep.eastus': route,
  'mirrored.eastus': { ...route, mirror: { share: 30, deployment: gold } },
  'quiet.eastus': { ...route, shares: [] },
  'token.eastus': { ...route, authMode: 'amltoken' },
  'people.eastus': { ...route, authMode: 'aadtoken' },
}

const seen: (ScoreRequest & { readonly id: string })[] = []
let says: (id: string, asked: ScoreRequest) => ScoreResult | Promise<ScoreResult>
const json = (status: number, value: unknown): ScoreResult => ({
  status,
  rawHeaders: ['content-type', 'application/json'],
  body: Buffer.from(JSON.stringify(value)),
})
const echo = (id: string, asked: ScoreRequest) =>
  json(200, { id, said: Buffer.concat(asked.body).toString('utf8'), target: asked.target })

const tally = requestTally()
let random = 0
let at = 0
const draws = (): number => (random < 0 ? Math.random() : random)

const serving = {
  score: async (id: string, asked: ScoreRequest) => {
    seen.push({ ...asked, id })
    return says(id, asked)
  },
} as unknown as ServingEngine
const person: Caller = { tenantId: 't', objectId: 'o', kind: 'User', displayName: 'Ada' }
const surface = scoringSurface({
  routes: { find: async (place) => routes[place] },
  authorize: authorizer({
    authenticator: {
      async authenticate(authorization) {
        if (authorization === 'Bearer ada') return person
        if (authorization === 'Bearer eve') return { ...person, objectId: 'eve' }
        throw fault('InvalidAuthenticationToken')
      },
    } satisfies Authenticator,
    access: {
      allows: async () => false,
      async demand({ objectId }, action, scope) {
        if (objectId === 'o') return
        throw fault('AuthorizationFailed', { client: objectId, objectId, action, scope })
      },
    } as Partial<AccessControl> as AccessControl,
    tokens: {
      readEndpointToken: async (token: string) =>
        token === 'fresh' ? { endpoint: 'ep 2026', objectId: 'o', until: 1_000 } : undefined,
    } as Partial<TokenIssuer> as TokenIssuer,
    now: () => new Date(at),
  }),
  serving,
  tally,
  others: async (request, response) => refuse(request, response, fault('ScoringNoTraffic', { endpoint: 'none' }), []),
  random: draws,
})
const { port } = await startGateway({ surfaces: { scoring: surface } })

interface Ask {
  readonly method?: string
  readonly path?: string
  readonly host?: string
  readonly headers?: Record<string, string | undefined>
  readonly body?: string | Buffer
}

async function ask({ method = 'POST', path = '/score', host = 'ep', headers, body = '{"data":1}' }: Ask = {}) {
  const sent = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...headers }
  const asking = httpRequest({
    host: '127.0.0.1',
    port,
    path,
    method,
    agent: false,
    headers: {
      host: `${host}.eastus.inference.ml.azure.com`,
      ...Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined)),
    },
  })
  asking.end(body)
  const [response]: IncomingMessage[] = await once(asking, 'response')
  assert.ok(response)
  const bytes = await buffer(response)
  return { status: response.statusCode ?? 0, headers: response.headers, bytes, text: bytes.toString('utf8') }
}

test('a request goes to the deployment of its share, and comes back with its name and id', async () => {
  says = echo
  random = 0.5
  const { status, headers, text } = await ask({ headers: { 'x-request-id': 'mine-1', 'x-ms-client-request-id': 'c' } })
  assert.equal(status, 200)
  assert.deepEqual(JSON.parse(text), { id: 'blue-id', said: '{"data":1}', target: '/score' })
  assert.equal(headers['azureml-model-deployment'], 'blue')
  assert.equal(headers['x-request-id'], 'mine-1')
  assert.equal(headers['x-ms-request-id'], 'mine-1')
  assert.equal(headers['x-ms-client-request-id'], 'c')
  random = 0.95
  assert.equal((await ask()).headers['azureml-model-deployment'], 'green')
})

test('what opens the door never reaches the model, and what concerns the hop stays here', async () => {
  says = echo
  await ask({ headers: { 'x-mine': 'yes', connection: 'close', 'proxy-authorization': 'Basic x' } })
  const names = (seen.at(-1)?.rawHeaders ?? []).filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
  assert.ok(names.includes('x-mine'))
  for (const name of ['authorization', 'connection', 'proxy-authorization', 'host', 'content-length']) {
    assert.ok(!names.includes(name), name)
  }
})

test('shares of traffic hold over many requests', async () => {
  says = echo
  random = -1
  const counts = { blue: 0, green: 0 }
  for (let batch = 0; batch < 20; batch++) {
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask()))
    for (const { headers } of answers) counts[headers['azureml-model-deployment'] as 'blue' | 'green']++
  }
  // 2,000 draws at 10 %: more than five standard deviations (13.4) off happens once in millions of runs.
  assert.ok(Math.abs(counts.green - 200) < 70, JSON.stringify(counts))
})

test('a share of the requests is asked of the mirror too, and its answer goes nowhere', async () => {
  says = (id, asked) => (id === gold.id ? json(500, 'the mirror is broken') : echo(id, asked))
  random = 0.29
  const before = seen.length
  assert.equal((await ask({ host: 'mirrored' })).status, 200)
  assert.deepEqual(
    seen
      .slice(before)
      .map(({ id }) => id)
      .sort(),
    ['blue-id', 'gold-id'],
  )
  random = 0.31
  await ask({ host: 'mirrored' })
  assert.equal(seen.length, before + 3)
  // A request that names its deployment is mirrored nowhere.
  random = 0
  await ask({ host: 'mirrored', headers: { 'azureml-model-deployment': 'green' } })
  assert.equal(seen.length, before + 4)
})

test('a named deployment is asked whatever its share; one that is not there is 404', async () => {
  says = echo
  const named = await ask({ headers: { 'azureml-model-deployment': 'GOLD' } })
  assert.equal(named.headers['azureml-model-deployment'], 'gold')
  const missing = await ask({ headers: { 'azureml-model-deployment': 'none' } })
  assert.equal(missing.status, 404)
  assert.equal(JSON.parse(missing.text).error.code, 'DeploymentNotFound')
  assert.equal((await ask({ host: 'quiet' })).status, 404)
  assert.equal((await ask({ host: 'nobody' })).status, 404)
})

for (const { why, host, authorization, status } of [
  { why: 'the secondary key', host: 'ep', authorization: 'Bearer the-other-key', status: 200 },
  { why: 'any spelling of the scheme', host: 'ep', authorization: `bearer ${KEY}`, status: 200 },
  { why: 'no header', host: 'ep', authorization: undefined, status: 401 },
  { why: 'an empty key', host: 'ep', authorization: 'Bearer ', status: 401 },
  { why: 'another scheme', host: 'ep', authorization: `Basic ${KEY}`, status: 401 },
  { why: 'a wrong key', host: 'ep', authorization: 'Bearer nope', status: 401 },
  { why: 'a key that only begins right', host: 'ep', authorization: `Bearer ${KEY}x`, status: 401 },
  { why: 'a token of the endpoint', host: 'token', authorization: 'Bearer fresh', status: 200 },
  { why: 'a key where tokens are asked', host: 'token', authorization: `Bearer ${KEY}`, status: 401 },
  { why: 'somebody who may', host: 'people', authorization: 'Bearer ada', status: 200 },
  { why: 'somebody who may not', host: 'people', authorization: 'Bearer eve', status: 403 },
  { why: 'nobody known', host: 'people', authorization: 'Bearer mallory', status: 401 },
]) {
  test(`${why} at '${host}' is ${status}`, async () => {
    says = echo
    const before = seen.length
    const answer = await ask({ host, headers: { authorization } })
    assert.equal(answer.status, status, answer.text)
    assert.equal(seen.length - before, status === 200 ? 1 : 0)
    if (status !== 200) assert.ok(JSON.parse(answer.text).error.message)
  })
}

test('a token that has expired is refused, though it was let through before', async () => {
  says = echo
  assert.equal((await ask({ host: 'token', headers: { authorization: 'Bearer fresh' } })).status, 200)
  at = 1_000
  assert.equal((await ask({ host: 'token', headers: { authorization: 'Bearer fresh' } })).status, 401)
  at = 0
})

for (const { refused, status } of [
  { refused: 'unavailable', status: 503 },
  { refused: 'overloaded', status: 429 },
  { refused: 'timeout', status: 408 },
  { refused: 'crashed', status: 502 },
] as const) {
  test(`a deployment that is ${refused} is ${status}, and says why`, async () => {
    says = () => ({ refused, message: `it was ${refused}` })
    const answer = await ask()
    assert.equal(answer.status, status)
    assert.equal(JSON.parse(answer.text).error.message, `it was ${refused}`)
    assert.ok(answer.headers['x-request-id'])
  })
}

test('a model’s failure is 424 with the model’s own status, and its words', async () => {
  says = () => json(400, 'bad input')
  const answer = await ask()
  assert.equal(answer.status, 424)
  assert.equal(answer.headers['ms-azureml-model-error-statuscode'], '400')
  assert.equal(answer.headers['ms-azureml-model-error-reason'], 'model_error')
  assert.equal(answer.text, '"bad input"')
  says = () => json(201, 'made')
  assert.equal((await ask()).status, 201)
})

test('paths and targets: the three that there are, with their query, and none of any trick', async () => {
  says = echo
  assert.equal((await ask({ method: 'GET', path: '/', body: '' })).status, 200)
  const swagger = await ask({ method: 'GET', path: '/swagger.json?version=3', body: '' })
  assert.equal(JSON.parse(swagger.text).target, '/swagger.json?version=3')
  for (const path of ['/score/', '//score', '/score/../score', '/%73core', '/SCORE', '/metrics', '/score;x', '/.']) {
    assert.equal((await ask({ path })).status, 404, path)
  }
})

test('bodies: too large by their length or by what comes, packed, broken', async () => {
  says = echo
  assert.equal((await ask({ body: Buffer.alloc(MOST_BYTES, 97) })).status, 200)
  assert.equal((await ask({ headers: { 'content-length': String(MOST_BYTES + 1) }, body: '' })).status, 413)
  const chunked = { 'transfer-encoding': 'chunked' }
  const streamed = await ask({ headers: chunked, body: Buffer.alloc(MOST_BYTES + 1, 97) })
  assert.equal(streamed.status, 413)
  assert.equal(JSON.parse(streamed.text).error.code, 'RequestEntityTooLarge')

  const packed = await ask({ headers: { 'content-encoding': 'gzip' }, body: gzipSync('{"data":2}') })
  assert.equal(JSON.parse(packed.text).said, '{"data":2}')
  assert.ok(!(seen.at(-1)?.rawHeaders ?? []).includes('content-encoding'))
  assert.equal((await ask({ headers: { 'content-encoding': 'gzip' }, body: 'no gzip' })).status, 400)
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024))
  assert.equal((await ask({ headers: { 'content-encoding': 'gzip' }, body: bomb })).status, 413)
})

test('a large answer is packed for who takes it, and only for them', async () => {
  const long = 'x'.repeat(5_000)
  says = () => json(200, long)
  const packed = await ask({ headers: { 'accept-encoding': 'gzip, deflate' } })
  assert.equal(packed.headers['content-encoding'], 'gzip')
  assert.equal(JSON.parse(gunzipSync(packed.bytes).toString('utf8')), long)
  for (const accepts of [undefined, 'deflate', 'gzip;q=0, identity']) {
    const plain = await ask({ headers: { 'accept-encoding': accepts } })
    assert.equal(plain.headers['content-encoding'], undefined)
    assert.equal(JSON.parse(plain.text), long)
  }
  says = () => json(200, 'short')
  assert.equal((await ask({ headers: { 'accept-encoding': 'gzip' } })).headers['content-encoding'], undefined)
})

test('events come one by one, while the script still runs', async () => {
  const events = new PassThrough()
  says = () => ({ status: 200, rawHeaders: ['content-type', 'text/event-stream'], body: events })
  const asking = httpRequest({
    host: '127.0.0.1',
    port,
    path: '/score',
    method: 'POST',
    headers: { host: 'ep.eastus.inference.ml.azure.com', authorization: `Bearer ${KEY}` },
  }).end('{}')
  const [response]: IncomingMessage[] = await once(asking, 'response')
  events.write('data: 1\n\n')
  assert.equal(String((await once(response as IncomingMessage, 'data'))[0]), 'data: 1\n\n')
  events.write('data: 2\n\n')
  assert.equal(String((await once(response as IncomingMessage, 'data'))[0]), 'data: 2\n\n')
  events.end()
  await once(response as IncomingMessage, 'end')
})

test('a caller that goes away ends what is worked on for it', async () => {
  const gone = Promise.withResolvers<void>()
  says = (_id, { signal }) =>
    new Promise((resolve) => {
      signal?.addEventListener('abort', () => {
        gone.resolve()
        resolve({ refused: 'aborted', message: 'gone' })
      })
      asking.destroy()
    })
  const asking = httpRequest({
    host: '127.0.0.1',
    port,
    path: '/score',
    method: 'POST',
    headers: { host: 'ep.eastus.inference.ml.azure.com', authorization: `Bearer ${KEY}` },
  })
  asking.on('error', () => undefined).end('{}')
  await gone.promise
})

test('who waits to send its body is told to go on, or refused before it sends', async () => {
  says = echo
  const head = (key: string) =>
    `POST /score HTTP/1.1\r\nHost: ep.eastus.inference.ml.azure.com\r\nAuthorization: Bearer ${key}\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n`
  const socket = connect(port, '127.0.0.1')
  socket.write(head(KEY))
  await waitFor(socket, '100 Continue\r\n\r\n')
  socket.write('{}')
  assert.match(await waitFor(socket, '/score'), /^HTTP\/1.1 200 /)
  socket.destroy()
  const stranger = connect(port, '127.0.0.1')
  stranger.write(head('nope'))
  const told = await waitFor(stranger, 'error')
  assert.match(told, /^HTTP\/1.1 401 /)
  assert.ok(!told.includes('100 Continue'))
  stranger.destroy()
})

test('pages of an origin that a deployment names may ask; others may not', async () => {
  says = echo
  const asks = { 'access-control-request-method': 'POST', authorization: undefined }
  const fine = await ask({ method: 'OPTIONS', body: '', headers: { ...asks, origin: 'https://page.test' } })
  assert.equal(fine.status, 204)
  assert.equal(fine.headers['access-control-allow-origin'], 'https://page.test')
  const other = await ask({ method: 'OPTIONS', body: '', headers: { ...asks, origin: 'https://other.test' } })
  assert.equal(other.status, 403)
  assert.equal(other.headers['access-control-allow-origin'], undefined)
  const answer = await ask({ headers: { origin: 'https://page.test' } })
  assert.equal(answer.headers['access-control-allow-origin'], 'https://page.test')
  assert.equal(
    (await ask({ headers: { origin: 'https://other.test' } })).headers['access-control-allow-origin'],
    undefined,
  )
})

test('every request of a deployment is counted by what its caller saw', () => {
  const counted = tally.read('blue-id')
  assert.ok(counted)
  for (const status of [200, 408, 413, 424, 429, 502, 503]) assert.ok(counted.byStatus.get(status), String(status))
  assert.equal(
    counted.latency.reduce((sum, count) => sum + count, 0),
    counted.requests,
  )
})
