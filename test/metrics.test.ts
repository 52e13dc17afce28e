/** Metrics of what is measured: nodes minute by minute, runs by the states they went through, and honest gaps. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Answer, startServer, type TestServer, until } from './support/server.ts'

let server: TestServer
let workspace = ''

before(async () => {
  server = await startServer()
  workspace = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli/providers/Microsoft.MachineLearningServices/workspaces/default`
})
after(() => server?.stop())

const ask = (path: string, query = '', resource = workspace): Promise<Answer> =>
  server.ask(`${resource}/providers/Microsoft.Insights/${path}?api-version=2018-01-01${query}`)
const metrics = async (names: string, query = '') => {
  const answer = await ask('metrics', `&metricnames=${encodeURIComponent(names)}${query}`)
  assert.equal(answer.status, 200, answer.text)
  return answer.json
}
type Cell = Record<string, number | string>
const cells = (json: Answer['json'], at = 0): Cell[] => json.value[at].timeseries[0].data
const total = (json: Answer['json'], at = 0): number =>
  cells(json, at).reduce((sum, { total: one }) => sum + Number(one ?? 0), 0)

test('definitions say what is measured, and nothing of what is not', async () => {
  const { json } = await ask('metricDefinitions')
  const names = json.value.map(({ name }: { name: { value: string } }) => name.value)
  for (const name of [
    'Active Nodes',
    'Idle Nodes',
    'Total Nodes',
    'Started Runs',
    'Completed Runs',
    'Failed Runs',
    'Cancelled Runs',
    'Quota Utilization Percentage',
  ])
    assert.ok(names.includes(name), name)
  const { json: namespaces } = await ask('metricNamespaces')
  assert.equal(namespaces.value[0].name, 'Microsoft.MachineLearningServices/workspaces')
  const account = (await server.ask(`${workspace}?api-version=2023-10-01`)).json.properties.storageAccount
  assert.deepEqual((await ask('metricDefinitions', '', account)).json.value, [])
  const refused = await ask('metrics', '&metricnames=Transactions', account)
  assert.deepEqual([refused.status, refused.json.error.code], [400, 'BadRequest'])
})

test('runs are counted when they enter a state', async () => {
  const url = new URL(server.facts.mlflowUrl)
  const post = async (path: string, body: object) => {
    const answer = await server.ask(`${url.pathname}/api/2.0/mlflow/${path}`, { method: 'POST', body })
    assert.equal(answer.status, 200, answer.text)
    return answer.json
  }
  const { experiment_id } = await post('experiments/create', { name: 'measured' })
  for (const status of ['FINISHED', 'FINISHED', 'FAILED']) {
    const { run } = await post('runs/create', { experiment_id, start_time: Date.now() })
    await post('runs/update', { run_id: run.info.run_id, status, end_time: Date.now() })
  }
  const json = await metrics('Started Runs,Completed Runs,Failed Runs,Cancelled Runs', '&timespan=PT1H&interval=PT5M')
  assert.deepEqual(
    [0, 1, 2, 3].map((at) => total(json, at)),
    [3, 2, 1, 0],
  )
  assert.equal(json.interval, 'PT5M')
  assert.ok(cells(json).length >= 12 && cells(json).length <= 13)
  assert.equal(json.value[1].unit, 'Count')
  const whole = await metrics('completed runs', '&timespan=PT1H&interval=FULL&aggregation=Total,Count')
  assert.deepEqual(
    cells(whole).map(({ total: sum, count }) => [sum, count]),
    [[2, 2]],
  )
})

test('nodes are measured, and a minute that nobody measured has no value', async () => {
  const compute = `${workspace}/computes/measured?api-version=2023-10-01`
  const made = await server.ask(compute, {
    method: 'PUT',
    body: {
      location: 'eastus',
      properties: {
        computeType: 'AmlCompute',
        properties: { vmSize: 'Standard_DS3_v2', scaleSettings: { minNodeCount: 1, maxNodeCount: 1 } },
      },
    },
  })
  assert.ok(made.status < 300, made.text)
  await until(
    'its node is up',
    async () => (await server.ask(compute)).json.properties.properties.currentNodeCount === 1,
  )
  // The clock is set: what is there is measured at once.
  await server.ask('/lazuli/simulation', { method: 'PUT', body: { properties: { clock: { offsetSeconds: 1800 } } } })
  const json = await until('the node is measured', async () => {
    const found = await metrics(
      'Total Nodes,Idle Nodes,Total Cores,Quota Utilization Percentage',
      '&timespan=PT1H&interval=PT1M&aggregation=Average,Maximum',
    )
    return cells(found).some(({ maximum }) => maximum === 1) && found
  })
  const measured = cells(json).filter(({ average }) => average !== undefined)
  assert.ok(measured.length < 5 && cells(json).length >= 60, 'most minutes were never measured')
  const last = (at: number) => cells(json, at).findLast(({ average }) => average !== undefined)?.average
  assert.equal(last(2), 4)
  assert.ok(Math.abs(Number(last(3)) - (100 * 4) / 300) < 1e-9, String(last(3)))
  await server.ask('/lazuli/simulation', { method: 'DELETE' })
})

test('a timespan of two times is taken, also encoded twice as az does', async () => {
  const json = await metrics(
    'Total Nodes',
    `&timespan=${encodeURIComponent('2026-01-01T00%3A00%3A00%2F2026-01-01T01%3A00%3A00')}&interval=PT15M`,
  )
  assert.deepEqual(
    cells(json),
    ['00', '15', '30', '45'].map((minute) => ({ timeStamp: `2026-01-01T00:${minute}:00.000Z` })),
  )
  assert.equal(json.timespan, '2026-01-01T00:00:00.000Z/2026-01-01T01:00:00.000Z')
})

for (const { name, query, says } of [
  {
    name: 'a metric that there is not',
    query: '&metricnames=Happiness',
    says: /metric: Happiness, Valid metrics: Active Nodes/,
  },
  { name: 'an interval that there is not', query: '&interval=PT7M', says: /PT7M/ },
  { name: 'a timespan that is none', query: '&timespan=yesterday', says: /yesterday/ },
  {
    name: 'a timespan that runs back',
    query: '&timespan=2026-01-02T00:00:00Z/2026-01-01T00:00:00Z',
    says: /before its begin/,
  },
  { name: 'too many points', query: '&timespan=P90D&interval=PT1M', says: /20000/ },
  { name: 'an aggregation that there is not', query: '&aggregation=Median', says: /Median/ },
  { name: 'a dimension that it lacks', query: "&$filter=ClusterName eq 'x'", says: /no dimension of/ },
  { name: 'a filter that is none', query: '&$filter=deployment', says: /dimension eq 'value'/ },
])
  test(`refused: ${name}`, async () => {
    const { status, json } = await ask('metrics', query.replaceAll(' ', '%20'))
    assert.deepEqual([status, json.error.code], [400, 'BadRequest'])
    assert.match(json.error.message, says)
  })

test('refused: metrics of what is not there, and without a right', async () => {
  assert.equal((await ask('metrics', '', `${workspace}x`)).status, 404)
  const { json } = await server.ask('/lazuli/principals', { method: 'POST', body: { name: 'unmeasured' } })
  const token = await server.token({ clientId: json.appId, secret: json.secret })
  const denied = await server.ask(`${workspace}/providers/Microsoft.Insights/metrics?api-version=2018-01-01`, { token })
  assert.deepEqual([denied.status, denied.json.error.code], [403, 'AuthorizationFailed'])
})
