/** Diagnostic settings that act: a subscription's activity log in a storage account, each event once, over kills too. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Answer, startServer, type TestServer, until } from './support/server.ts'

let server: TestServer
let subscription = ''
let account = ''
let workspace = ''
const V = 'api-version=2021-05-01-preview'

before(async () => {
  server = await startServer()
  subscription = `/subscriptions/${server.facts.subscriptionId}`
  workspace = `${subscription}/resourceGroups/lazuli/providers/Microsoft.MachineLearningServices/workspaces/default`
  account = (await server.ask(`${workspace}?api-version=2023-10-01`)).json.properties.storageAccount
})
after(() => server?.stop())

const setting = (name: string, scope = subscription) =>
  `${scope}/providers/Microsoft.Insights/diagnosticSettings/${name}?${V}`
const put = (path: string, properties: object): Promise<Answer> =>
  server.ask(path, { method: 'PUT', body: { properties } })
const group = async (name: string): Promise<void> => {
  const answer = await server.ask(`${subscription}/resourceGroups/${name}?api-version=2021-04-01`, {
    method: 'PUT',
    body: { location: 'eastus' },
  })
  assert.ok(answer.status < 300, answer.text)
}
const ADMINISTRATIVE = [{ category: 'Administrative', enabled: true }]

type Line = {
  readonly operationName: string
  readonly resultType: string
  readonly resourceId: string
  readonly category: string
}
/** All lines of all blobs of the archive. */
async function archived(): Promise<{ readonly names: readonly string[]; readonly lines: readonly Line[] }> {
  const token = await server.token({ resource: 'https://storage.azure.com/' })
  const headers = { 'x-ms-version': '2023-11-03' }
  const at = `/_blob/${account.slice(account.lastIndexOf('/') + 1)}/insights-activity-logs`
  const listed = await server.ask(`${at}?restype=container&comp=list`, { token, headers })
  const names = [...listed.text.matchAll(/<Name>([^<]+)<\/Name>/g)].map(([, name]) => name ?? '')
  const texts = await Promise.all(
    names.map(async (name) => (await server.ask(`${at}/${name}`, { token, headers })).text),
  )
  return {
    names,
    lines: texts.flatMap((text) =>
      text
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    ),
  }
}
const ofGroup = async (name: string): Promise<readonly Line[]> =>
  (await archived()).lines.filter(({ resourceId }) => resourceId.endsWith(`/RESOURCEGROUPS/${name.toUpperCase()}`))

test('categories are those that a scope really has', async () => {
  const categories = async (scope: string) =>
    (await server.ask(`${scope}/providers/Microsoft.Insights/diagnosticSettingsCategories?${V}`)).json.value.map(
      ({ name }: { name: string }) => name,
    )
  assert.ok((await categories(subscription)).includes('Administrative'))
  assert.deepEqual(await categories(workspace), [])
  const one = await server.ask(
    `${subscription}/providers/Microsoft.Insights/diagnosticSettingsCategories/administrative?${V}`,
  )
  assert.deepEqual([one.json.name, one.json.properties.categoryType], ['Administrative', 'Logs'])
})

test("events that come after a setting are archived at Azure's path, in Azure's words", async () => {
  await group('before')
  const made = await put(setting('archive'), { storageAccountId: account, logs: ADMINISTRATIVE })
  assert.equal(made.status, 200, made.text)
  await group('archived')
  const lines = await until('the archive has them', async () => {
    const found = await ofGroup('archived')
    return found.length >= 2 && found
  })
  assert.deepEqual(
    lines.map(({ resultType, category }) => `${category} ${resultType}`),
    ['Administrative Start', 'Administrative Success'],
  )
  assert.equal(lines[0]?.operationName, 'MICROSOFT.RESOURCES/SUBSCRIPTIONS/RESOURCEGROUPS/WRITE')
  assert.deepEqual(await ofGroup('before'), [])
  const { names } = await archived()
  assert.match(
    names[0] ?? '',
    /^resourceId=\/SUBSCRIPTIONS\/[0-9A-F-]{36}\/y=\d{4}\/m=\d\d\/d=\d\d\/h=\d\d\/m=00\/PT1H\.json$/,
  )
})

test('each event stands there once, whatever kills there are', async () => {
  for (let round = 0; round < 3; round++) {
    for (let count = 0; count < 5; count++) await group(`killed-${round}-${count}`)
    await server.kill9()
    await server.restart()
  }
  await until(
    'all are archived',
    async () => (await archived()).lines.filter(({ resourceId }) => resourceId.includes('/KILLED-')).length >= 30,
  )
  const { lines } = await archived()
  assert.equal(lines.filter(({ resourceId }) => resourceId.includes('/KILLED-')).length, 30)
})

test('a setting that is gone, or switched off, archives no more', async () => {
  await put(setting('archive'), { storageAccountId: account, logs: [{ category: 'Administrative', enabled: false }] })
  await group('unwanted')
  await put(setting('second'), { storageAccountId: account, logs: [{ categoryGroup: 'allLogs', enabled: true }] })
  await group('wanted')
  await until('the second setting acts', async () => (await ofGroup('wanted')).length === 2)
  assert.deepEqual(await ofGroup('unwanted'), [])
  const { json } = await server.ask(`${subscription}/providers/Microsoft.Insights/diagnosticSettings?${V}`)
  assert.deepEqual(
    json.value.map(({ name }: { name: string }) => name),
    ['archive', 'second'],
  )
  assert.equal((await server.ask(setting('second'), { method: 'DELETE' })).status, 200)
  assert.equal((await server.ask(setting('second'))).status, 404)
})

for (const { name, properties, scope, code, says } of [
  {
    name: 'a Log Analytics workspace',
    properties: () => ({ workspaceId: '/subscriptions/x', logs: ADMINISTRATIVE }),
    says: /Log Analytics/,
  },
  {
    name: 'an event hub',
    properties: () => ({ storageAccountId: account, eventHubAuthorizationRuleId: '/x', logs: ADMINISTRATIVE }),
    says: /event hub/,
  },
  { name: 'no sink', properties: () => ({ logs: ADMINISTRATIVE }), says: /At least one data sink/ },
  { name: 'no logs', properties: () => ({ storageAccountId: account, logs: [] }), says: /At least one log category/ },
  {
    name: 'a category that there is not',
    properties: () => ({ storageAccountId: account, logs: [{ category: 'Gossip', enabled: true }] }),
    says: /'Gossip' is not supported/,
  },
  {
    name: 'a category of a workspace',
    scope: () => workspace,
    properties: () => ({ storageAccountId: account, logs: [{ category: 'AmlComputeJobEvent', enabled: true }] }),
    says: /AmlComputeJobEvent/,
  },
  {
    name: 'metrics',
    properties: () => ({
      storageAccountId: account,
      logs: ADMINISTRATIVE,
      metrics: [{ category: 'AllMetrics', enabled: true }],
    }),
    says: /AllMetrics/,
  },
  {
    name: 'a retention',
    properties: () => ({
      storageAccountId: account,
      logs: [{ ...ADMINISTRATIVE[0], retentionPolicy: { enabled: true, days: 7 } }],
    }),
    says: /retention/,
  },
  {
    name: 'an account that is not there',
    properties: () => ({ storageAccountId: `${account}x`, logs: ADMINISTRATIVE }),
    code: /.+/,
    says: /not found|could not be found|does not exist/i,
  },
])
  test(`refused: ${name}`, async () => {
    const answer = await put(setting('refused', scope?.()), properties())
    assert.ok(answer.status >= 400, answer.text)
    assert.match(answer.json.error.code, code ?? /^BadRequest$/)
    assert.match(answer.json.error.message, says)
    assert.equal((await server.ask(setting('refused', scope?.()))).status, 404)
  })
