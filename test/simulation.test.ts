/** The simulation of a real server, driven through /lazuli/simulation: refusals, provisioning, the limiter and the clock. */
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { type Answer, startServer, type TestServer, until } from './support/server.ts'

let server: TestServer
let group = ''

before(async () => {
  server = await startServer()
  group = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli`
})
after(() => server?.stop())
afterEach(() => server.ask('/lazuli/simulation', { method: 'DELETE' }))

const set = async (properties: object): Promise<Answer> => {
  const answer = await server.ask('/lazuli/simulation', { method: 'PUT', body: { properties } })
  assert.equal(answer.status, 200, answer.text)
  return answer
}
const LOGS = 'Microsoft.OperationalInsights/workspaces'
const logs = (name: string, method = 'PUT'): Promise<Answer> =>
  server.ask(`${group}/providers/${LOGS}/${name}?api-version=2021-06-01`, {
    method,
    ...(method === 'PUT' && { body: { location: 'eastus' } }),
  })
const groups = (): Promise<Answer> => server.ask(`${group}?api-version=2021-04-01`)
const ended = async (answer: Answer): Promise<Answer['json']> => {
  const url = new URL(String(answer.headers['azure-asyncoperation']))
  return until('the operation is over', async () => {
    const { json } = await server.ask(url.pathname + url.search)
    return json.status !== 'InProgress' && json
  })
}

test('nothing is simulated unless it is set', async () => {
  const { json } = await server.ask('/lazuli/simulation')
  assert.deepEqual(
    [json.id, json.type, json.properties.clock.offsetSeconds],
    ['/lazuli/simulation', 'Lazuli/simulation', 0],
  )
  assert.equal((await groups()).status, 200)
})

test('the same seed and the same order give the same outcomes, another seed gives others', async () => {
  const row = async (seed: number): Promise<string> => {
    await set({ seed, requests: { tooManyRequests: 0.3, serviceUnavailable: 0.2, methods: ['GET'] } })
    const statuses: number[] = []
    for (let count = 0; count < 40; count++) statuses.push((await groups()).status)
    return statuses.join(' ')
  }
  const first = await row(7)
  assert.equal(await row(7), first)
  assert.notEqual(await row(8), first)
  for (const status of ['200', '429', '503']) assert.match(first, new RegExp(status))
})

test('a simulated 429 is Azure-shaped and says when to come again', async () => {
  await set({ requests: { tooManyRequests: 1, retryAfterSeconds: 3 } })
  const answer = await groups()
  assert.deepEqual(
    [answer.status, answer.headers['retry-after'], answer.json.error.code],
    [429, '3', 'TooManyRequests'],
  )
  await set({ requests: { serviceUnavailable: 1, methods: ['PUT'] } })
  assert.equal((await groups()).status, 200)
  const put = await logs('refused')
  assert.deepEqual([put.status, put.json.error.code], [503, 'ServiceUnavailable'])
  assert.equal((await logs('refused', 'GET')).status, 404)
})

test('a delay holds a request up', async () => {
  await set({ requests: { delay: { chance: 1, milliseconds: 150 } } })
  const begin = performance.now()
  assert.equal((await groups()).status, 200)
  assert.ok(performance.now() - begin >= 145)
})

test('provisioning takes as long as it is set to, by the clock that is set too', async () => {
  await set({ provisioning: { [LOGS]: { seconds: 3600 } } })
  const answer = await logs('slow')
  assert.deepEqual([answer.status, answer.json.properties.provisioningState], [201, 'Creating'])
  const url = new URL(String(answer.headers['azure-asyncoperation']))
  assert.equal((await server.ask(url.pathname + url.search)).json.status, 'InProgress')
  const patched = await server.ask('/lazuli/simulation', {
    method: 'PATCH',
    body: { properties: { clock: { offsetSeconds: 3601 } } },
  })
  assert.equal(patched.json.properties.provisioning[LOGS].seconds, 3600)
  assert.equal((await ended(answer)).status, 'Succeeded')
  assert.equal((await logs('slow', 'GET')).json.properties.provisioningState, 'Succeeded')
})

test('provisioning fails as it is set to, and a later PUT mends it', async () => {
  await set({
    provisioning: { '*': { failure: { chance: 1, code: 'AllocationFailed', message: 'No room in this zone.' } } },
  })
  const answer = await logs('failing')
  const operation = await ended(answer)
  assert.deepEqual(
    [operation.status, operation.error],
    ['Failed', { code: 'AllocationFailed', message: 'No room in this zone.' }],
  )
  assert.equal((await logs('failing', 'GET')).json.properties.provisioningState, 'Failed')
  await server.ask('/lazuli/simulation', { method: 'DELETE' })
  assert.equal((await logs('failing')).json.properties.provisioningState, 'Succeeded')
})

test('settings and what they hold up survive kill -9', async () => {
  await set({ seed: 5, provisioning: { [LOGS]: { seconds: 86_400, failure: { chance: 1 } } } })
  const answer = await logs('survivor')
  await server.kill9()
  await server.restart()
  const { json } = await server.ask('/lazuli/simulation')
  assert.equal(json.properties.seed, 5)
  await server.ask('/lazuli/simulation', {
    method: 'PATCH',
    body: { properties: { clock: { offsetSeconds: 90_000 }, provisioning: null } },
  })
  assert.equal((await ended(answer)).error.code, 'SimulatedFailure')
})

test('the clock moves what soft-deletion keeps', async () => {
  const vault = `${group}/providers/Microsoft.KeyVault/vaults/clockkv${server.facts.port}`
  const deleted = `/subscriptions/${server.facts.subscriptionId}/providers/Microsoft.KeyVault/locations/eastus/deletedVaults/clockkv${server.facts.port}?api-version=2022-07-01`
  const made = await server.ask(`${vault}?api-version=2022-07-01`, {
    method: 'PUT',
    body: {
      location: 'eastus',
      properties: {
        tenantId: server.facts.tenantId,
        sku: { family: 'A', name: 'standard' },
        accessPolicies: [],
        softDeleteRetentionInDays: 7,
      },
    },
  })
  assert.ok(made.status < 300, made.text)
  await server.ask(`${vault}?api-version=2022-07-01`, { method: 'DELETE' })
  await until('the vault is deleted softly', async () => (await server.ask(deleted)).status === 200)
  await set({ clock: { offsetSeconds: 8 * 86_400 } })
  await until('the vault is gone for good', async () => (await server.ask(deleted)).status === 404)
})

test('the clock is set by a time too, and answers show it', async () => {
  const { json } = await set({ clock: { now: '2031-05-01T00:00:00Z' } })
  assert.match(json.properties.clock.now, /^2031-05-01T00:00/)
  const { json: made } = await logs('dated')
  assert.equal(made.name, 'dated')
  const { json: listed } = await server.ask(`${group}/resources?api-version=2021-04-01&$expand=createdTime`)
  assert.match(listed.value.find(({ name }: { name: string }) => name === 'dated').createdTime, /^2031-05-01/)
})

test('remaining requests count down, for each kind by itself', async () => {
  await set({
    rateLimit: {
      enforced: false,
      reads: { bucket: 100, refillPerSecond: 0.001 },
      writes: { bucket: 50, refillPerSecond: 0.001 },
    },
  })
  const left = (answer: Answer, kind: string) => answer.headers[`x-ms-ratelimit-remaining-subscription-${kind}`]
  const [one, two] = [left(await groups(), 'reads'), left(await groups(), 'reads')]
  assert.equal(Number(two), Number(one) - 1)
  const put = await logs('counted')
  assert.ok(Number(left(put, 'writes')) < 50)
  assert.equal(left(put, 'reads'), undefined)
  assert.match(
    String((await logs('counted', 'DELETE')).headers['x-ms-ratelimit-remaining-subscription-deletes']),
    /^\d+$/,
  )
  const tenant = await server.ask('/subscriptions?api-version=2021-01-01')
  assert.match(String(tenant.headers['x-ms-ratelimit-remaining-tenant-reads']), /^\d+$/)
})

test('an enforced limit answers 429 until tokens are there again', async () => {
  await set({ rateLimit: { enforced: true, reads: { bucket: 3, refillPerSecond: 0.01 } } })
  const answers: Answer[] = []
  for (let count = 0; count < 5; count++) answers.push(await groups())
  const last = answers.at(-1)
  assert.equal(last?.status, 429)
  assert.equal(last?.json.error.code, 'SubscriptionRequestsThrottled')
  assert.match(last?.json.error.message, /Number of 'read' requests for subscription/)
  assert.ok(Number(last?.headers['retry-after']) > 90)
  assert.equal((await logs('writes-have-their-own', 'PUT')).status < 300, true)
  await set({
    rateLimit: { enforced: true, reads: { bucket: 3, refillPerSecond: 0.01 } },
    clock: { offsetSeconds: 400 },
  })
  assert.equal((await groups()).status, 200)
})

for (const { name, properties, says } of [
  { name: 'a chance above 1', properties: { requests: { tooManyRequests: 2 } }, says: /requests\.tooManyRequests/ },
  { name: 'a setting that there is not', properties: { chaos: true }, says: /chaos|body/ },
  { name: 'a time that is none', properties: { clock: { now: 'soon' } }, says: /clock\.now/ },
  { name: 'a type that is none', properties: { provisioning: { computes: { seconds: 1 } } }, says: /provisioning/ },
])
  test(`refused: ${name}, and nothing changes`, async () => {
    await set({ seed: 3 })
    const { status, json } = await server.ask('/lazuli/simulation', { method: 'PUT', body: { properties } })
    assert.deepEqual([status, json.error.code], [400, 'InvalidRequestContent'])
    assert.match(json.error.message, says)
    assert.equal((await server.ask('/lazuli/simulation')).json.properties.seed, 3)
  })

test('refused: whoever is not the owner', async () => {
  assert.equal((await server.ask('/lazuli/simulation', { token: null })).status, 401)
  const { json } = await server.ask('/lazuli/principals', { method: 'POST', body: { name: 'simulant' } })
  const token = await server.token({ clientId: json.appId, secret: json.secret })
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
    assert.equal(
      (
        await server.ask('/lazuli/simulation', {
          method,
          token,
          ...(method.startsWith('P') && { body: { properties: {} } }),
        })
      ).status,
      403,
    )
  }
})

test('a server that is told to limits requests as Azure does', async () => {
  const limited = await startServer({ env: { LAZULI_RATE_LIMIT: '1' } })
  try {
    const path = `/subscriptions/${limited.facts.subscriptionId}?api-version=2021-01-01`
    // One token for all of them: each would else be signed in for, which takes its time.
    await limited.token()
    const statuses = await Promise.all(Array.from({ length: 400 }, async () => (await limited.ask(path)).status))
    assert.ok(statuses.filter((status) => status === 200).length >= 250)
    assert.ok(statuses.includes(429))
  } finally {
    await limited.stop()
  }
})

test("the name of a deleted container is nobody's for a while where that is set", async () => {
  const account = `held${Date.now() % 10_000_000}`
  const id = `${group}/providers/Microsoft.Storage/storageAccounts/${account}?api-version=2023-01-01`
  const body = { location: 'eastus', sku: { name: 'Standard_LRS' }, kind: 'StorageV2' }
  assert.ok((await server.ask(id, { method: 'PUT', body })).status < 300)
  const token = await server.token({ resource: 'https://storage.azure.com/' })
  const box = (method: string) =>
    server.ask(`/_blob/${account}/box?restype=container`, { method, token, headers: { 'x-ms-version': '2023-11-03' } })
  const once = async () => [(await box('PUT')).status, (await box('DELETE')).status]
  assert.deepEqual(
    [await once(), await once()],
    [
      [201, 202],
      [201, 202],
    ],
  )
  await set({ containerDeletion: { seconds: 60 } })
  assert.deepEqual(await once(), [201, 202])
  const refused = await box('PUT')
  assert.deepEqual([refused.status, refused.headers['x-ms-error-code']], [409, 'ContainerBeingDeleted'])
  assert.equal((await box('HEAD')).status, 404)
  await set({ containerDeletion: { seconds: 0.05 } })
  const other = (method: string) =>
    server.ask(`/_blob/${account}/other?restype=container`, {
      method,
      token,
      headers: { 'x-ms-version': '2023-11-03' },
    })
  assert.deepEqual([(await other('PUT')).status, (await other('DELETE')).status], [201, 202])
  await until('its name is free', async () => (await other('PUT')).status === 201)
})
