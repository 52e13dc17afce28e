/** The activity log of a real server: what is written of what clients ask, how it is found, and that it outlives a kill. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type Answer, startServer, type TestServer, until } from './support/server.ts'

let server: TestServer
let subscription = ''
let group = ''

before(async () => {
  server = await startServer()
  subscription = `/subscriptions/${server.facts.subscriptionId}`
  group = `${subscription}/resourceGroups/logged`
  await ask(group, '2021-04-01', { method: 'PUT', body: { location: 'eastus' } })
})
after(() => server?.stop())

const ask = (
  path: string,
  version: string,
  { method, body, correlation, token }: { method: string; body?: object; correlation?: string; token?: string },
): Promise<Answer> =>
  server.ask(`${path}${path.includes('?') ? '&' : '?'}api-version=${version}`, {
    method,
    ...(body && { body }),
    ...(token !== undefined && { token }),
    ...(correlation !== undefined && { headers: { 'x-ms-correlation-request-id': correlation } }),
  })

const SINCE = "eventTimestamp ge '2020-01-01T00:00:00Z'"
const log = async (filter: string, more = '') => {
  const answer = await server.ask(
    `${subscription}/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01&$filter=${encodeURIComponent(`${SINCE} and ${filter}`)}${more}`,
  )
  assert.equal(answer.status, 200, answer.text)
  return answer.json
}
type Event = Record<string, { value: string }>
const statuses = ({ value }: { value: Event[] }) => value.map(({ status }) => status?.value).toReversed()
const SCHEMA = 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#'
const LOGS = 'Microsoft.OperationalInsights/workspaces'
const workspace = (name: string) => `${group}/providers/${LOGS}/${name}`

test('a PUT is told from its begin to its end, with who asked and how to find it again', async () => {
  const correlation = randomUUID()
  const put = await ask(workspace('first'), '2021-06-01', { method: 'PUT', body: { location: 'eastus' }, correlation })
  assert.ok(put.status < 300, put.text)
  const found = await until('its end is told', async () => {
    const events = await log(`correlationId eq '${correlation}'`)
    return events.value.length >= 3 && events
  })
  assert.deepEqual(statuses(found), ['Started', 'Accepted', 'Succeeded'])
  const [last] = found.value
  assert.equal(last.operationName.value, `${LOGS}/write`)
  assert.deepEqual(last.authorization, { action: `${LOGS}/write`, scope: workspace('first') })
  assert.deepEqual([last.caller, last.claims.appid], [server.facts.clientId, server.facts.clientId])
  assert.deepEqual([last.resourceGroupName, last.resourceType.value, last.httpRequest.method], ['logged', LOGS, 'PUT'])
  assert.deepEqual(
    [last.eventName.value, last.level, last.category.value],
    ['EndRequest', 'Informational', 'Administrative'],
  )
  assert.match(last.id, /\/events\/[0-9a-f-]{36}\/ticks\/\d{18}$/)
  assert.equal(found.value.at(-1).eventName.value, 'BeginRequest')
  assert.ok(!JSON.stringify(found).includes(await server.token()))
})

test('refusals are told: what is not allowed, and what does not fit', async () => {
  const made = await server.ask('/lazuli/principals', { method: 'POST', body: { name: 'stranger' } })
  const token = await server.token({ clientId: made.json.appId, secret: made.json.secret })
  const correlation = randomUUID()
  const denied = await ask(workspace('mine'), '2021-06-01', {
    method: 'PUT',
    body: { location: 'eastus' },
    correlation,
    token,
  })
  assert.equal(denied.status, 403)
  const found = await log(`correlationId eq '${correlation}'`)
  assert.deepEqual(statuses(found), ['Started', 'Failed'])
  assert.deepEqual([found.value[0].level, found.value[0].subStatus.value], ['Error', 'Forbidden'])
  assert.match(found.value[0].properties.statusMessage, /AuthorizationFailed/)
  await ask(workspace('bad'), '2021-06-01', { method: 'PUT', body: { location: 'the moon' } })
  const bad = await log(`resourceUri eq '${workspace('bad')}' and status eq 'Failed'`)
  assert.equal(bad.value[0].subStatus.value, 'BadRequest')
})

test('deletes and actions are told, reads are not', async () => {
  const account = `${group}/providers/Microsoft.Storage/storageAccounts/logged${server.facts.port}`
  await ask(account, '2022-09-01', {
    method: 'PUT',
    body: { location: 'eastus', sku: { name: 'Standard_LRS' }, kind: 'StorageV2' },
  })
  await until(
    'the account is there',
    async () => (await ask(account, '2022-09-01', { method: 'GET' })).json.properties.provisioningState === 'Succeeded',
  )
  await ask(`${account}/LISTKEYS`, '2022-09-01', { method: 'POST' })
  await ask(account, '2022-09-01', { method: 'DELETE' })
  const found = await until('the delete is over', async () => {
    const events = await log(`resourceId eq '${account.toUpperCase()}' and status eq 'Succeeded'`)
    return events.value.length >= 3 && events
  })
  assert.deepEqual(
    found.value.map((event: Event) => event.operationName?.value).toReversed(),
    ['write', 'listKeys/action', 'delete'].map((end) => `Microsoft.Storage/storageAccounts/${end}`),
  )
})

test("what a deployment writes is told as its caller's", async () => {
  const template = {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
    contentVersion: '1.0.0.0',
    resources: [{ type: LOGS, apiVersion: '2021-06-01', name: 'deployed', location: 'eastus' }],
  }
  await ask(`${group}/providers/Microsoft.Resources/deployments/d`, '2021-04-01', {
    method: 'PUT',
    body: { properties: { mode: 'Incremental', template } },
  })
  const found = await until("the deployment's resource is told", async () => {
    const events = await log(`resourceUri eq '${workspace('deployed')}' and status eq 'Succeeded'`)
    return events.value.length > 0 && events
  })
  assert.equal(found.value[0].caller, server.facts.clientId)
})

test('filters narrow it, a selection thins it, and times bound it', async () => {
  const all = await log(`resourceGroupName eq 'LOGGED'`)
  assert.ok(all.value.length > 8)
  assert.ok(all.value.every((event: Event) => String(event.resourceGroupName).toLowerCase() === 'logged'))
  const storage = await log(`resourceProvider eq 'Microsoft.Storage'`)
  assert.ok(storage.value.length > 0 && storage.value.length < all.value.length)
  const thin = await log(`resourceGroupName eq 'logged'`, '&$select=eventTimestamp,status')
  assert.deepEqual(Object.keys(thin.value[0]).toSorted(), ['eventTimestamp', 'status'])
  const before = await log("eventTimestamp le '2021-01-01T00:00:00Z'")
  assert.deepEqual(before.value, [])
  const bare = await server.ask(
    `${subscription}/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01&$filter=${encodeURIComponent("eventTimestamp ge 2024-01-01T00:00:00.000000 and eventTimestamp le 2099-01-01T00:00:00 and eventChannels eq 'Admin, Operation'")}`,
  )
  assert.ok(bare.json.value.length >= all.value.length, bare.text)
})

test('pages follow each other', async () => {
  for (let count = 0; count < 105; count++) {
    await ask(workspace(`page${count}`), '2021-06-01', { method: 'PUT', body: { location: 'nowhere' } })
  }
  const first = await log(`resourceGroupName eq 'logged' and status eq 'Failed'`)
  assert.ok(first.value.length <= 200)
  const all = await log(`resourceGroupName eq 'logged'`)
  assert.equal(all.value.length, 200)
  const url = new URL(all.nextLink)
  const next = await server.ask(url.pathname + url.search)
  assert.ok(next.json.value.length > 0)
  const ids = [...all.value, ...next.json.value].map(({ eventDataId }: { eventDataId: string }) => eventDataId)
  assert.equal(new Set(ids).size, ids.length)
})

for (const { name, filter, says } of [
  { name: 'no filter', filter: '', says: /eventTimestamp ge/ },
  { name: 'no begin', filter: "resourceGroupName eq 'x'", says: /eventTimestamp ge/ },
  { name: 'another clause', filter: `${SINCE} and color eq 'red'`, says: /color/ },
  { name: 'or', filter: `${SINCE} or caller eq 'x'`, says: /no clause/ },
  { name: 'a time that is none', filter: "eventTimestamp ge 'yesterday'", says: /no time/ },
])
  test(`refused: ${name}`, async () => {
    const { status, json } = await server.ask(
      `${subscription}/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01&$filter=${encodeURIComponent(filter)}`,
    )
    assert.equal(status, 400)
    assert.match(json.error.message, says)
  })

test('an operation that a kill interrupts is told at its end', async () => {
  await server.ask('/lazuli/simulation', {
    method: 'PUT',
    body: { properties: { provisioning: { [LOGS]: { seconds: 3600 } } } },
  })
  const correlation = randomUUID()
  await ask(workspace('killed'), '2021-06-01', { method: 'PUT', body: { location: 'eastus' }, correlation })
  await server.kill9()
  await server.restart()
  assert.deepEqual(statuses(await log(`correlationId eq '${correlation}'`)), ['Started', 'Accepted'])
  await server.ask('/lazuli/simulation', { method: 'PUT', body: { properties: { clock: { offsetSeconds: 3700 } } } })
  await until('its end is told', async () => {
    const { json } = await server.ask(
      `${subscription}/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01&$filter=${encodeURIComponent(`${SINCE} and correlationId eq '${correlation}'`)}`,
    )
    return statuses(json).join() === 'Started,Accepted,Succeeded'
  })
})

test('events are forgotten after 90 days', async () => {
  await server.ask('/lazuli/simulation', {
    method: 'PUT',
    body: { properties: { clock: { offsetSeconds: 91 * 86_400 } } },
  })
  await until('the log is empty', async () => (await log(`resourceGroupName eq 'logged'`)).value.length === 0)
  // And they stay away when the clock is what it was.
  await server.ask('/lazuli/simulation', { method: 'DELETE' })
  await until('they are gone', async () => (await log(`resourceGroupName eq 'logged'`)).value.length === 0)
})

test('a deployment and all that it makes are found under one correlation id, which its record shows', async () => {
  const correlation = randomUUID()
  const deployment = `${group}/providers/Microsoft.Resources/deployments/whole`
  const resource = (name: string) => ({ type: LOGS, apiVersion: '2021-06-01', name, location: 'eastus' })
  const nested = {
    type: 'Microsoft.Resources/deployments',
    apiVersion: '2022-09-01',
    name: 'inner',
    properties: {
      mode: 'Incremental',
      template: { $schema: SCHEMA, contentVersion: '1.0.0.0', resources: [resource('deep')] },
    },
  }
  const template = { $schema: SCHEMA, contentVersion: '1.0.0.0', resources: [resource('flat'), nested] }
  const body = { properties: { mode: 'Incremental', template } }
  const put = await ask(deployment, '2022-09-01', { method: 'PUT', body, correlation })
  assert.ok(put.status < 300, put.text)
  const { json } = await until('the deployment is over', async () => {
    const answer = await ask(deployment, '2022-09-01', { method: 'GET' })
    return answer.json.properties.provisioningState === 'Succeeded' && answer
  })
  assert.equal(json.properties.correlationId, correlation)
  const { value } = await log(`correlationId eq '${correlation}'`)
  const told = new Set(
    value.map(({ resourceId }: { resourceId: string }) => resourceId.slice(resourceId.lastIndexOf('/') + 1)),
  )
  assert.deepEqual([...told].sort(), ['deep', 'flat', 'inner', 'whole'])
})
