import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Endpoints, saying } from './support/endpoints.ts'
import { startServer, type TestServer, until } from './support/server.ts'

/** What is measured of online endpoints, and deployments that are scaled by it. The clock is set, so no minute is waited for. */

let server: TestServer
let online: Endpoints
let endpoint: string
let blue: string
let key: string
let minutes = 0
before(async () => {
  server = await startServer()
  online = new Endpoints(server)
  endpoint = await online.endpoint('measured')
  blue = `${endpoint}/deployments/blue`
  key = await online.key(endpoint)
  await online.deploy(blue, saying('1'), {
    requestSettings: { maxConcurrentRequestsPerInstance: 20, maxQueueWait: 'PT20S' },
  })
})
after(() => server?.stop())

/** Sets the clock forward, at which everything is measured and scaled. */
async function pass(count: number): Promise<void> {
  minutes += count
  const clock = { offsetSeconds: minutes * 60 }
  const answer = await server.ask('/lazuli/simulation', { method: 'PATCH', body: { properties: { clock } } })
  assert.equal(answer.status, 200, answer.text)
}

const metrics = async (resource: string, names: string) => {
  const end = new Date(Date.now() + (minutes + 1) * 60_000).toISOString()
  const begin = new Date(Date.now() - 3_600_000).toISOString()
  const query = `timespan=${begin}/${end}&interval=PT1M&aggregation=Total,Maximum&metricnames=${names}`
  const answer = await server.ask(`${resource}/providers/Microsoft.Insights/metrics?api-version=2018-01-01&${query}`)
  assert.equal(answer.status, 200, answer.text)
  return answer.json.value.map((one: { timeseries: [{ data: { maximum?: number }[] }] }): number[] =>
    one.timeseries[0].data.flatMap(({ maximum }) => maximum ?? []),
  ) as number[][]
}
const most = (values: readonly number[] | undefined): number => Math.max(0, ...(values ?? []))

const rule = (metricName: string, operator: string, threshold: number, action: object) => ({
  metricTrigger: {
    metricName,
    metricResourceUri: blue,
    timeGrain: 'PT1M',
    statistic: 'Average',
    timeWindow: 'PT5M',
    timeAggregation: 'Average',
    operator,
    threshold,
  },
  scaleAction: { type: 'ChangeCount', value: '1', cooldown: 'PT1M', ...action },
})
const setting = (
  rules: object[],
  more: object = {},
  capacity: object = { minimum: '1', maximum: '3', default: '1' },
) => ({
  location: 'eastus',
  properties: { targetResourceUri: blue, enabled: true, profiles: [{ name: 'usual', capacity, rules }], ...more },
})
const path = (name: string) =>
  `${online.arm.group}/providers/Microsoft.Insights/autoscalesettings/${name}?api-version=2015-04-01`
const put = (name: string, body: object) => server.ask(path(name), { method: 'PUT', body })
const capacity = async (): Promise<number> => (await online.arm.get(blue)).json.sku.capacity
const scaled = (to: number) =>
  until(`${to} instances`, async () => {
    const { sku, properties } = (await online.arm.get(blue)).json
    return sku.capacity === to && properties.provisioningState === 'Succeeded'
  })

test('requests, their times and what they use are measured, of the deployment and of its endpoint', async () => {
  await pass(1)
  for (let asked = 0; asked < 30; asked++) assert.equal((await online.score(endpoint, { key })).status, 200)
  await pass(1)
  const names =
    'RequestsPerMinute,RequestLatency_P95,CpuUtilizationPercentage,CpuMemoryUtilizationPercentage,DeploymentCapacity'
  const seen = await until('the minute is measured', async () => {
    const values = await metrics(blue, names)
    return most(values[0]) > 10 && values
  })
  const [requests, latency, cpu, memory, instances] = seen
  assert.ok(most(requests) <= 31, JSON.stringify(requests))
  assert.ok(most(latency) > 0)
  assert.ok(most(cpu) >= 0 && (cpu?.length ?? 0) > 0)
  assert.ok(most(memory) > 0)
  assert.equal(most(instances), 1)
  const [whole] = await metrics(endpoint, 'RequestsPerMinute')
  assert.equal(most(whole), most(requests))
})

test('what is measured is told apart by deployment and by status', async () => {
  const series = async (resource: string, metric: string, filter: string) => {
    const end = new Date(Date.now() + (minutes + 1) * 60_000).toISOString()
    const begin = new Date(Date.now() - 3_600_000).toISOString()
    const query = `timespan=${begin}/${end}&interval=PT1M&aggregation=Maximum&metricnames=${metric}&$filter=${encodeURIComponent(filter)}`
    const answer = await server.ask(`${resource}/providers/Microsoft.Insights/metrics?api-version=2018-01-01&${query}`)
    if (answer.status !== 200) return answer.json
    return answer.json.value[0].timeseries.map(
      (one: { metadatavalues: { value: string }[]; data: { maximum?: number }[] }) => [
        one.metadatavalues.map(({ value }) => value).join(),
        most(one.data.flatMap(({ maximum }) => maximum ?? [])) > 0,
      ],
    )
  }
  assert.equal((await online.score(endpoint, { key, path: '/score', method: 'PUT' })).status, 424)
  await pass(1)
  await until(
    'the refusal is measured',
    async () => (await series(endpoint, 'RequestsPerMinute', "statusCode eq '424'")).length > 0,
  )
  for (const [resource, metric, filter, told] of [
    [endpoint, 'RequestsPerMinute', "deployment eq '*'", [['blue', true]]],
    [endpoint, 'RequestsPerMinute', "deployment eq 'blue' and statusCodeClass eq '4xx'", [['blue,4xx', true]]],
    [endpoint, 'RequestsPerMinute', "deployment eq 'green'", []],
    [endpoint, 'RequestLatency', "deployment eq '*'", [['blue', true]]],
    [
      blue,
      'RequestsPerMinute',
      "(statusCode eq '200' or statusCode eq '424')",
      [
        ['200', true],
        ['424', true],
      ],
    ],
  ] as const) {
    assert.deepEqual(await series(resource, metric, filter), told, filter)
  }
  const refused = await series(blue, 'CpuUtilizationPercentage', "statusCode eq '200'")
  assert.match(refused.error?.message ?? refused.message, /no dimension of 'CpuUtilizationPercentage'/)
})

test('Prometheus scrapes what was counted, with the owner’s token alone', async () => {
  const token = readFileSync(join(server.data, 'owner-token'), 'utf8').trim()
  const answer = await server.ask('/metrics', { token })
  assert.equal(answer.status, 200, answer.text)
  const labels = 'workspace="default",endpoint="measured",deployment="blue",region="eastus"'
  assert.match(answer.text, new RegExp(`lazuli_online_requests_total\\{${labels},status="200"\\} 30\\n`))
  assert.match(answer.text, new RegExp(`lazuli_online_request_duration_seconds_count\\{${labels}\\} 31\\n`))
  assert.match(answer.text, /lazuli_online_instances_ready\{[^}]*\} 1\n/)
  assert.equal((await server.ask('/metrics', { token: 'nope' })).status, 401)
  assert.equal((await server.ask('/metrics', { token: null })).status, 401)
})

test('a deployment grows by its rules while it is asked, and shrinks when it is not', async () => {
  const body = setting([
    rule('RequestsPerMinute', 'GreaterThan', 3, { direction: 'Increase' }),
    rule('RequestsPerMinute', 'LessThan', 1, { direction: 'Decrease' }),
  ])
  const made = await put('grow', body)
  assert.equal(made.status, 201, made.text)
  assert.equal(made.json.properties.enabled, true)
  await pass(1)
  await scaled(2)
  // Nothing more within its cooldown, and in the end no more than the most.
  for (let asked = 0; asked < 40; asked++) await online.score(endpoint, { key })
  await pass(2)
  await scaled(3)
  for (let asked = 0; asked < 40; asked++) await online.score(endpoint, { key })
  await pass(2)
  await pass(1)
  assert.equal(await capacity(), 3)
  // The window of five minutes empties; then both go again, one after the other.
  await pass(6)
  await pass(1)
  await scaled(2)
  await pass(2)
  await scaled(1)
})

test('a deployment outside of its bounds is brought inside, and a setting that is off does nothing', async () => {
  await put('grow', setting([], { enabled: false }, { minimum: '2', maximum: '3', default: '2' }))
  await pass(1)
  await pass(1)
  assert.equal(await capacity(), 1)
  await put('grow', setting([], {}, { minimum: '2', maximum: '3', default: '2' }))
  await pass(1)
  await scaled(2)
  assert.equal((await server.ask(path('grow'), { method: 'DELETE' })).status, 200)
})

test('the profile of this day of the week holds, on the wall of its zone', async () => {
  const DAY_MS = 86_400_000
  const now = Date.now() + minutes * 60_000
  const name = (days: number) =>
    new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'Asia/Tokyo' }).format(now + days * DAY_MS)
  const on = (days: number, least: string) => ({
    name: `day ${days}`,
    capacity: { minimum: least, maximum: '3', default: least },
    rules: [],
    recurrence: {
      frequency: 'Week',
      schedule: { timeZone: 'Tokyo Standard Time', days: [name(days)], hours: [0], minutes: [0] },
    },
  })
  // Yesterday's has ended with the beginning of today's, and tomorrow's began last six days ago.
  await put('weekly', setting([], { profiles: [on(-1, '1'), on(0, '2'), on(1, '1')] }))
  await pass(1)
  await scaled(2)
  const kept = (await server.ask(path('weekly'))).json.properties.profiles[1].recurrence.schedule
  assert.equal(kept.timeZone, 'Tokyo Standard Time')
  assert.equal((await server.ask(path('weekly'), { method: 'DELETE' })).status, 200)
})

test('settings are listed by group and by subscription, and PATCH changes tags and what it names', async () => {
  // As az sends it: a notification that names nobody.
  const email = { customEmails: [], sendToSubscriptionAdministrator: false, sendToSubscriptionCoAdministrators: false }
  const notifications = [{ operation: 'Scale', email, webhooks: [] }]
  const made = await put('listed', setting([], { enabled: false, notifications }))
  assert.equal(made.status, 201, made.text)
  const group = online.arm.group
  for (const scope of [group, group.slice(0, group.toLowerCase().indexOf('/resourcegroups/'))]) {
    const listed = await server.ask(`${scope}/providers/Microsoft.Insights/autoscalesettings?api-version=2022-10-01`)
    assert.deepEqual(
      listed.json.value.map((one: { name: string }) => one.name),
      ['listed'],
      listed.text,
    )
  }
  const patched = await server.ask(path('listed'), { method: 'PATCH', body: { tags: { by: 'hand' } } })
  assert.equal(patched.status, 200, patched.text)
  const { tags, properties } = (await server.ask(path('listed'))).json
  assert.deepEqual(tags, { by: 'hand' })
  assert.equal(properties.profiles.length, 1)
  const refused = await server.ask(path('listed'), { method: 'PATCH', body: { properties: { profiles: [] } } })
  assert.equal(refused.status, 400, refused.text)
  assert.equal((await server.ask(path('listed'), { method: 'DELETE' })).status, 200)
  assert.equal((await server.ask(path('listed'), { method: 'DELETE' })).status, 204)
})

const recurring = (recurrence: object) => ({
  profiles: [{ name: 'odd', capacity: { minimum: '1', maximum: '1', default: '1' }, rules: [], recurrence }],
})
const schedule = { timeZone: 'UTC', days: ['Monday'], hours: [9], minutes: [0] }

for (const { why, body, says } of [
  {
    why: 'that recurs otherwise than by week',
    body: () => setting([], recurring({ frequency: 'Day', schedule })),
    says: /frequency 'Week'/,
  },
  {
    why: 'of a zone that there is not',
    body: () =>
      setting([], recurring({ frequency: 'Week', schedule: { ...schedule, timeZone: 'Moon Standard Time' } })),
    says: /timeZone/,
  },
  {
    why: 'of no day',
    body: () => setting([], recurring({ frequency: 'Week', schedule: { ...schedule, days: ['Someday'] } })),
    says: /days of the week/,
  },
  {
    why: 'of no hour',
    body: () => setting([], recurring({ frequency: 'Week', schedule: { ...schedule, hours: [24] } })),
    says: /hours/,
  },
  {
    why: 'of something else',
    body: () => setting([], { targetResourceUri: online.arm.workspace }),
    says: /online endpoints/,
  },
  {
    why: 'of a deployment that is not there',
    body: () => setting([], { targetResourceUri: `${endpoint}/deployments/none` }),
    says: /not found/,
  },
  { why: 'without profiles', body: () => setting([], { profiles: [] }), says: /profiles/ },
  {
    why: 'whose least is more than its most',
    body: () => setting([], {}, { minimum: '4', maximum: '2', default: '3' }),
    says: /capacity/,
  },
  {
    why: 'by what nobody measures',
    body: () => setting([rule('GpuUtilizationPercentage', 'GreaterThan', 1, { direction: 'Increase' })]),
    says: /no metric/,
  },
  {
    why: 'that would never rest',
    body: () => setting([rule('RequestsPerMinute', 'GreaterThan', 1, { direction: 'Increase', cooldown: 'PT1S' })]),
    says: /cooldown/,
  },
  {
    why: 'that would tell somebody by mail',
    body: () => setting([], { notifications: [{ operation: 'Scale', email: { customEmails: ['a@example.com'] } }] }),
    says: /notified/,
  },
  {
    why: 'that would call somebody',
    body: () => setting([], { notifications: [{ operation: 'Scale', webhooks: [{ serviceUri: 'https://x' }] }] }),
    says: /notified/,
  },
]) {
  test(`a setting ${why} is refused`, async () => {
    const refused = await put('refused', body())
    assert.equal(refused.status, 400, refused.text)
    assert.match(refused.json.error.message, says)
    assert.equal((await server.ask(path('refused'))).status, 404)
  })
}
