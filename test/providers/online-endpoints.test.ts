import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '../support/server.ts'
import { ArmClient, filesWith, ML } from './arm-client.ts'

/** Online endpoints through the resource manager: what is kept, what is told, what is refused. Scoring has its own test. */

let server: TestServer
let arm: ArmClient
let endpoints: string
before(async () => {
  server = await startServer()
  arm = new ArmClient(server)
  endpoints = `${arm.workspace}/onlineEndpoints`
})
after(() => server?.stop())

const body = (properties: object = {}, more: object = {}) => ({
  location: 'eastus',
  properties: { authMode: 'Key', ...properties },
  ...more,
})

test('an endpoint is made at once, with what clients read of it, and its operation in its own body', async () => {
  const made = await arm.put(`${endpoints}/first`, body({ description: 'd' }, { tags: { a: 'b' } }))
  assert.equal(made.status, 201, made.text)
  const { properties, identity, id } = made.json
  assert.equal(properties.provisioningState, 'Succeeded')
  assert.deepEqual(properties.traffic, {})
  assert.deepEqual(properties.mirrorTraffic, {})
  assert.equal(properties.publicNetworkAccess, 'Enabled')
  assert.equal(properties.scoringUri, `${server.url}/_score/eastus/first/score`)
  assert.equal(properties.swaggerUri, `${server.url}/_score/eastus/first/swagger.json`)
  assert.equal(properties.properties['azureml.onlineendpointid'], id.toLowerCase())
  assert.equal(identity.type, 'SystemAssigned')
  assert.match(identity.principalId, /^[0-9a-f-]{36}$/)
  assert.equal(properties.keys, undefined)

  const operation = new URL(properties.properties.AzureAsyncOperationUri)
  assert.equal(made.headers['azure-asyncoperation'], operation.href)
  assert.equal((await server.ask(operation.pathname + operation.search)).json.status, 'Succeeded')
  const shown = (await arm.get(`${endpoints}/first`)).json
  assert.equal(shown.properties.properties.AzureAsyncOperationUri, undefined)

  const azure = await server.ask(`${endpoints}/first?api-version=2023-10-01`, { host: 'management.azure.com' })
  assert.equal(azure.json.properties.scoringUri, 'https://first.eastus.inference.ml.azure.com/score')
})

test('the identity of an endpoint may read the storage of its workspace, until the endpoint goes', async () => {
  const { identity } = await arm.made(`${endpoints}/reader`, body())
  const { storageAccount } = (await arm.get(arm.workspace)).json.properties
  const held = async () => {
    const filter = encodeURIComponent(`principalId eq '${identity.principalId}'`)
    const answer = await server.ask(
      `${storageAccount}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=${filter}`,
    )
    return answer.json.value.length
  }
  assert.equal(await held(), 1)
  // A change makes no second one.
  await arm.made(`${endpoints}/reader`, body({ description: 'again' }))
  assert.equal(await held(), 1)
  await arm.gone(`${endpoints}/reader`)
  assert.equal(await held(), 0)
})

test('what azure-ai-ml sends back of what it was told is taken and not kept', async () => {
  const { properties } = await arm.made(`${endpoints}/again`, body({ properties: { mine: 'x' } }))
  const sent = { ...properties.properties, createdBy: 'ada', AzureAsyncOperationUri: 'https://elsewhere.test' }
  const again = await arm.made(
    `${endpoints}/again`,
    body({ properties: sent, traffic: null, mirrorTraffic: null }, { tags: null, identity: null }),
  )
  assert.deepEqual(
    { ...again.properties.properties, 'azureml.onlineendpointid': undefined },
    { mine: 'x', createdBy: 'ada', 'azureml.onlineendpointid': undefined },
  )
  assert.deepEqual([again.properties.traffic, again.properties.mirrorTraffic, again.tags], [{}, {}, {}])
})

test('keys are given, made anew one by one, set, and stand nowhere in clear', async () => {
  await arm.made(`${endpoints}/keyed`, body())
  const keys = async () => (await arm.post(`${endpoints}/keyed/listKeys`)).json
  const first = await keys()
  assert.match(first.primaryKey, /^[A-Za-z0-9]{32}$/)
  assert.notEqual(first.primaryKey, first.secondaryKey)

  // azure-ai-ml sends the key that there is.
  await arm.ended(
    await arm.post(`${endpoints}/keyed/regenerateKeys`, { keyType: 'Primary', keyValue: first.primaryKey }),
  )
  const second = await keys()
  assert.notEqual(second.primaryKey, first.primaryKey)
  assert.equal(second.secondaryKey, first.secondaryKey)
  await arm.ended(
    await arm.post(`${endpoints}/keyed/regenerateKeys`, { keyType: 'Secondary', keyValue: 'a-key-of-my-own-choice' }),
  )
  assert.equal((await keys()).secondaryKey, 'a-key-of-my-own-choice')
  const short = await arm.post(`${endpoints}/keyed/regenerateKeys`, { keyType: 'Secondary', keyValue: 'short' })
  assert.equal(short.status, 400)
  assert.match((await arm.post(`${endpoints}/keyed/regenerateKeys`, { keyType: 'Third' })).text, /keyType/)

  const own = { primaryKey: 'the-first-key-that-was-sent', secondaryKey: 'the-second-key-that-was-sent' }
  const put = await arm.put(`${endpoints}/brought`, body({ keys: own }))
  assert.ok(!put.text.includes('that-was-sent'), put.text)
  assert.deepEqual((await arm.post(`${endpoints}/brought/listKeys`)).json, own)
  assert.deepEqual(filesWith(server.data, 'that-was-sent'), [])
  assert.deepEqual(filesWith(server.data, second.primaryKey), [])
})

for (const { mode, shown } of [
  { mode: 'AMLToken', shown: 'AMLToken' },
  { mode: 'aml_token', shown: 'AMLToken' },
  { mode: 'amltoken', shown: 'AMLToken' },
]) {
  test(`an endpoint of tokens gives tokens and no keys (${mode})`, async () => {
    const name = mode.toLowerCase().replace('_', '-')
    const made = await arm.made(`${endpoints}/${name}x`, body({ authMode: mode }))
    assert.equal(made.properties.authMode, shown)
    const token = await arm.post(`${endpoints}/${name}x/token`)
    assert.equal(token.status, 200, token.text)
    assert.equal(token.json.tokenType, 'Bearer')
    assert.ok(token.json.expiryTimeUtc > token.json.refreshAfterTimeUtc)
    for (const action of ['listKeys', 'regenerateKeys']) {
      const refused = await arm.post(`${endpoints}/${name}x/${action}`, { keyType: 'Primary' })
      assert.equal(refused.status, 400, refused.text)
      assert.match(refused.json.error.message, /tokens of Azure ML/)
    }
  })
}

test('a name is taken once in a region, whoever has it, and free in another', async () => {
  const other = `${arm.group}/providers/${ML}/workspaces/other`
  const standing = (await arm.get(arm.workspace)).json
  const { storageAccount, keyVault, applicationInsights } = standing.properties
  await arm.made(other, {
    location: 'eastus',
    identity: { type: 'SystemAssigned' },
    properties: { storageAccount, keyVault, applicationInsights },
  })
  await arm.made(`${endpoints}/unique`, body())
  const taken = await arm.refusal(`${other}/onlineEndpoints/Unique`, body())
  assert.equal(taken.code, 'UserError')
  assert.match(taken.message, /already taken in region 'eastus'/)
  await arm.made(`${other}/onlineEndpoints/unique`, { ...body(), location: 'westeurope' })
  await arm.gone(`${endpoints}/unique`)
  await arm.made(`${other}/onlineEndpoints/free-again`, body())
  await arm.gone(`${other}/onlineEndpoints/free-again`)
  await arm.made(`${endpoints}/free-again`, body())
})

for (const [name, properties, reads] of [
  ['to a deployment that is not there', { traffic: { blue: 100 } }, /no deployment 'blue'/],
  ['of more than all', { traffic: { blue: 101 } }, /whole number from 0 to 100/],
  ['that is no number', { mirrorTraffic: { blue: -1 } }, /whole number from 0 to 100/],
] as const) {
  test(`traffic ${name} is refused`, async () => {
    const refused = await arm.put(`${endpoints}/traffic`, body(properties))
    assert.equal(refused.status, 400, refused.text)
    assert.equal(refused.json.error.code, 'BadEndpointTraffic')
    assert.match(refused.json.error.message, reads)
    assert.match(refused.json.error.target, /^properties\.(mirrorT|t)raffic$/)
  })
}

for (const [why, wish, status, code] of [
  ['a Kubernetes compute', body({ compute: 'azureml:k8s' }), 400, 'EndpointComputeTypeNotSupported'],
  ['a Kubernetes kind', body({}, { kind: 'Kubernetes' }), 400, 'EndpointComputeTypeNotSupported'],
  ['a closed network', body({ publicNetworkAccess: 'Disabled' }), 400, undefined],
  ['no way to prove oneself', { location: 'eastus', properties: {} }, 400, 'InvalidRequestContent'],
  ['a way that is none', body({ authMode: 'Password' }), 400, 'InvalidRequestContent'],
  [
    'an identity that is not there',
    body({}, { identity: { type: 'UserAssigned', userAssignedIdentities: {} } }),
    400,
    'InvalidIdentity',
  ],
] as const) {
  test(`an endpoint with ${why} is refused`, async () => {
    const refused = await arm.put(`${endpoints}/refused`, wish)
    assert.equal(refused.status, status, refused.text)
    if (code) assert.equal(refused.json.error.code, code)
    assert.equal((await arm.get(`${endpoints}/refused`)).status, 404)
  })
}

test('an endpoint that says no place is where its workspace is', async () => {
  assert.equal((await arm.made(`${endpoints}/placed`, { properties: { authMode: 'Key' } })).location, 'eastus')
})

test('names that could be no host are refused', async () => {
  for (const name of ['ab', '1ab', 'ab-', 'a_b', 'a.bc', 'a'.repeat(33)]) {
    assert.equal((await arm.put(`${endpoints}/${name}`, body())).status, 400, name)
  }
})

test('PATCH changes tags alone, as its facts say; lists filter by name', async () => {
  await arm.made(`${endpoints}/patched`, body({ description: 'd' }, { tags: { a: 'b' } }))
  const patched = await arm.patch(`${endpoints}/patched`, { tags: { c: 'd' } })
  assert.ok([200, 202].includes(patched.status), patched.text)
  await arm.ended(patched)
  const shown = (await arm.get(`${endpoints}/patched`)).json
  assert.deepEqual(shown.tags, { c: 'd' })
  assert.equal(shown.properties.description, 'd')
  const listed = (await arm.get(endpoints, '&name=patched')).json.value
  assert.deepEqual(
    listed.map((one: { name: string }) => one.name),
    ['patched'],
  )
})
