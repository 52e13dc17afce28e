import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Endpoints, saying } from '../support/endpoints.ts'
import { startServer, type TestServer, until } from '../support/server.ts'

/** Deployments of online endpoints with real models behind them: made, asked, changed, refused, gone. */

let server: TestServer
let online: Endpoints
let endpoint: string
let key: string
const at = (name: string) => `${endpoint}/deployments/${name}`
before(async () => {
  server = await startServer()
  online = new Endpoints(server)
  endpoint = await online.endpoint('models')
  key = await online.key(endpoint)
})
after(() => server?.stop())

test('a deployment answers what its script says, by its name and by its share', async () => {
  const made = await online.deploy(at('blue'), saying('1'), { environmentVariables: { A: 'b' } })
  assert.equal(made.properties.provisioningState, 'Succeeded')
  assert.deepEqual(made.properties.scaleSettings, { scaleType: 'Default' })
  assert.equal(made.sku.capacity, 1)
  assert.equal(made.properties.requestSettings.requestTimeout, 'PT5S')
  const named = await online.score(endpoint, { key, body: '[1]', headers: { 'azureml-model-deployment': 'blue' } })
  assert.equal(named.status, 200, named.text)
  assert.deepEqual(JSON.parse(named.text).said, [1])
  // Nobody has said who gets the traffic yet.
  assert.equal((await online.score(endpoint, { key })).status, 200)
  await online.traffic(endpoint, { blue: 0 })
  assert.equal((await online.score(endpoint, { key })).status, 404)
  await online.traffic(endpoint, { blue: 100 })
  const answer = await online.score(endpoint, { key, body: '{"data": [[1, 2]]}' })
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.headers['azureml-model-deployment'], 'blue')
  assert.equal((await online.score(endpoint, { key: 'nope' })).status, 401)
})

test('logs, sizes, and what may not be deleted', async () => {
  const logs = await online.arm.post(`${at('blue')}/getLogs`, { tail: 50 })
  assert.equal(logs.status, 200, logs.text)
  assert.match(logs.json.content, /\w/)
  const storage = await online.arm.post(`${at('blue')}/getLogs`, { containerType: 'StorageInitializer' })
  assert.equal(typeof storage.json.content, 'string')
  assert.equal((await online.arm.post(`${at('blue')}/getLogs`, { containerType: 'Other' })).status, 400)
  assert.equal((await online.arm.get(`${at('blue')}/skus`)).json.value[0].capacity.minimum, 1)
  const refused = await online.arm.remove(at('blue'))
  assert.equal(refused.status, 400, refused.text)
  assert.match(refused.json.error.message, /100 % of the traffic/)
})

test('a change is answered by the new version, and the number of instances alone changes no version', async () => {
  await online.deploy(at('blue'), saying('2'), {}, 2)
  const seen = new Set<string>()
  await until('both instances have answered', async () => {
    const answers = await Promise.all([online.score(endpoint, { key }), online.score(endpoint, { key })])
    for (const { status, text } of answers) {
      assert.equal(status, 200, text)
      const { version, instance } = JSON.parse(text)
      assert.equal(version, '2')
      seen.add(instance)
    }
    return seen.size === 2
  })
})

test('a second deployment is mirrored to, and gets its share', async () => {
  await online.deploy(at('green'), saying('green'))
  await online.traffic(endpoint, { blue: 100 }, { mirrorTraffic: { green: 50 } })
  const share = await online.arm.refusal(endpoint, {
    location: 'eastus',
    properties: { authMode: 'Key', traffic: { blue: 50, green: 50 }, mirrorTraffic: { green: 10 } },
  })
  assert.match(share.message, /mirrored/)
  assert.match((await online.arm.remove(at('green'))).json.error.message, /50 % of the mirrored traffic/)
  await online.traffic(endpoint, { blue: 90, green: 10 })
  const counts: Record<string, number> = {}
  for (let batch = 0; batch < 20; batch++) {
    const answers = await Promise.all(Array.from({ length: 10 }, () => online.score(endpoint, { key })))
    for (const { headers, status } of answers) {
      if (status !== 200) continue
      const name = String(headers['azureml-model-deployment'])
      counts[name] = (counts[name] ?? 0) + 1
    }
  }
  // 200 draws at 10 %: a standard deviation is 4.2.
  assert.ok((counts.green ?? 0) >= 2 && (counts.green ?? 0) <= 45, JSON.stringify(counts))
})

for (const { why, source, code, says } of [
  {
    why: 'a module is missing',
    source: 'import no_such_module\ndef init(): pass\ndef run(d): return d\n',
    code: 'ResourceNotReady',
    says: /no_such_module/,
  },
  {
    why: 'init fails',
    source: 'def init(): raise ValueError("no weights today")\ndef run(d): return d\n',
    code: 'ResourceNotReady',
    says: /no weights today/,
  },
]) {
  test(`a deployment whose script says that ${why} fails, and says so`, async () => {
    const refused = await online.arm.refusal(at('broken'), await online.deploymentBody(source))
    assert.equal(refused.code, code)
    assert.match(refused.message, says)
    const shown = (await online.arm.get(at('broken'))).json
    assert.equal(shown.properties.provisioningState, 'Failed')
    assert.match((await online.arm.post(`${at('broken')}/getLogs`, { tail: 200 })).json.content, says)
    await online.arm.gone(at('broken'))
  })
}

test('what the model answers with an error is 424, with its status beside it', async () => {
  await online.deploy(at('gray'), 'def init(): pass\ndef run(d): raise RuntimeError("not this one")\n')
  const answer = await online.score(endpoint, { key, headers: { 'azureml-model-deployment': 'gray' } })
  assert.equal(answer.status, 424, answer.text)
  assert.equal(answer.headers['ms-azureml-model-error-statuscode'], '500')
  await online.arm.gone(at('gray'))
  const gone = await online.score(endpoint, { key, headers: { 'azureml-model-deployment': 'gray' } })
  assert.equal(gone.status, 404)
})

const managed = { endpointComputeType: 'Managed', instanceType: 'Standard_DS2_v2' }
for (const { why, properties, sku, status, says } of [
  { why: 'on Kubernetes', properties: { endpointComputeType: 'Kubernetes' }, status: 400, says: /Kubernetes/ },
  { why: 'of no size', properties: { endpointComputeType: 'Managed' }, status: 400, says: /instanceType/ },
  {
    why: 'of an unknown size',
    properties: { ...managed, instanceType: 'Standard_X1' },
    status: 400,
    says: /Standard_X1/,
  },
  { why: 'with a GPU', properties: { ...managed, instanceType: 'Standard_NC6s_v3' }, status: 400, says: /GPU/ },
  { why: 'without anything that answers', properties: managed, status: 400, says: /codeConfiguration/ },
  {
    why: 'with no instance',
    properties: managed,
    sku: { name: 'Default', capacity: 0 },
    status: 400,
    says: /capacity/,
  },
  {
    why: 'that would wait too long',
    properties: { ...managed, requestSettings: { requestTimeout: 'PT10M' } },
    status: 400,
    says: /requestTimeout/,
  },
  {
    why: 'of a model that is not there',
    properties: { ...managed, model: 'azureml:nothing:1' },
    status: 404,
    says: /nothing/,
  },
  {
    why: 'behind a private network',
    properties: { ...managed, egressPublicNetworkAccess: 'Disabled' },
    status: 501,
    says: /egressPublicNetworkAccess/,
  },
] as const) {
  test(`a deployment ${why} is refused, and nothing is kept of it`, async () => {
    const refused = await online.arm.put(at('refused'), { location: 'eastus', properties, ...(sku && { sku }) })
    assert.equal(refused.status, status, refused.text)
    assert.match(refused.json.error.message, says)
    assert.equal((await online.arm.get(at('refused'))).status, 404)
  })
}

test('instances beyond the quota are refused', async () => {
  const refused = await online.arm.put(
    at('big'),
    await online.deploymentBody(saying('big'), { instanceType: 'Standard_F72s_v2' }, 100),
  )
  assert.equal(refused.status, 400, refused.text)
  assert.equal(refused.json.error.code, 'OutOfQuota')
})

test('the identity of the endpoint works inside, and only as long as the endpoint stands', async () => {
  await online.deploy(
    at('who'),
    `import json, os, urllib.request
def init(): pass
def run(data):
    url = os.environ["IDENTITY_ENDPOINT"] + "?api-version=2019-08-01&resource=https://storage.azure.com/"
    request = urllib.request.Request(url, headers={"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]})
    with urllib.request.urlopen(request) as answer: return json.load(answer)
`,
  )
  const answer = await online.score(endpoint, { key, headers: { 'azureml-model-deployment': 'who' } })
  assert.equal(answer.status, 200, answer.text)
  const { access_token: token } = JSON.parse(answer.text)
  const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString('utf8'))
  assert.equal(claims.oid, (await online.arm.get(endpoint)).json.identity.principalId)
  await online.arm.gone(at('who'))
})

test('tokens: of the endpoint, and of people with the right to score', async () => {
  const tokens = await online.endpoint('tokens', { authMode: 'AMLToken' })
  await online.deploy(`${tokens}/deployments/blue`, saying('t'))
  await online.traffic(tokens, { blue: 100 })
  const { accessToken } = (await online.arm.post(`${tokens}/token`)).json
  assert.equal((await online.score(tokens, { key: accessToken })).status, 200)
  assert.equal((await online.score(tokens, { key })).status, 401)
  assert.equal((await online.score(endpoint, { key: accessToken })).status, 401)

  const people = await online.endpoint('people', { authMode: 'AADToken' })
  await online.deploy(`${people}/deployments/blue`, saying('p'))
  await online.traffic(people, { blue: 100 })
  const mine = await server.token({ resource: 'https://ml.azure.com' })
  assert.equal((await online.score(people, { key: mine })).status, 200)
  assert.equal((await online.score(people, { key: await server.token() })).status, 401)
  const other = await server.ask('/lazuli/principals', { method: 'POST', body: { name: 'scorer' } })
  const { appId, objectId, secret } = other.json
  const theirs = await server.token({ resource: 'https://ml.azure.com', clientId: appId, secret })
  assert.equal((await online.score(people, { key: theirs })).status, 403)
  const role = `${online.arm.subscription}/providers/Microsoft.Authorization/roleDefinitions/f6c7c914-8db3-469d-8ca1-694a8f32e121`
  const assigned = await server.ask(
    `${people}/providers/Microsoft.Authorization/roleAssignments/${crypto.randomUUID()}?api-version=2022-04-01`,
    { method: 'PUT', body: { properties: { roleDefinitionId: role, principalId: objectId } } },
  )
  assert.equal(assigned.status, 201, assigned.text)
  assert.equal((await online.score(people, { key: theirs })).status, 200)
})

test('an endpoint goes with its deployments, traffic or not', async () => {
  await online.arm.gone(endpoint)
  assert.equal((await online.arm.get(at('blue'))).status, 404)
  assert.equal((await online.score(endpoint, { key })).status, 404)
})
