/** Quotas of cores that bite: at a compute's PUT with Azure's words, at scale-up, and as shares of workspaces. */
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { startServer, type TestServer, until } from '../support/server.ts'
import { ArmClient, ML } from './arm-client.ts'

let server: TestServer
let arm: ArmClient
let region = ''
const FAMILY = 'standardDSv2Family'

before(async () => {
  server = await startServer()
  arm = new ArmClient(server)
  region = `${arm.subscription}/providers/${ML}/locations/eastus`
})
after(() => server?.stop())
afterEach(() => server.ask('/lazuli/simulation', { method: 'DELETE' }))

const simulate = (quota: object) => server.ask('/lazuli/simulation', { method: 'PUT', body: { properties: { quota } } })
const compute = (name: string) => `${arm.workspace}/computes/${name}`
/** A Standard_DS3_v2 has 4 cores. */
const cluster = (nodes: { min: number; max: number }, more: object = {}) => ({
  location: 'eastus',
  properties: {
    computeType: 'AmlCompute',
    properties: {
      vmSize: 'Standard_DS3_v2',
      scaleSettings: { minNodeCount: nodes.min, maxNodeCount: nodes.max },
      ...more,
    },
  },
})
const usage = async (name: string, kind = 'usages') => {
  const { json } = await arm.get(`${region}/${kind}`)
  return json.value.filter((one: { name: { value: string } }) => one.name.value === name)
}
const nodesUp = (name: string, count: number) =>
  until(`${name} has ${count} nodes`, async () => {
    const { json } = await arm.get(compute(name))
    return json.properties.properties.currentNodeCount === count && json.properties.properties
  })

test("a compute above the quota is refused in Azure's words, and nothing is kept of it", async () => {
  await simulate({ families: { [FAMILY]: 8 } })
  const { code, message } = await arm.refusal(compute('too-many'), cluster({ min: 0, max: 3 }))
  assert.equal(code, 'ClusterCoreQuotaReached')
  assert.match(message, /Maximum allowed: 8, Current in use: 0, Additional requested: 12/)
  assert.equal((await arm.get(compute('too-many'))).status, 404)
})

test('what is in use counts, and usages show it', async () => {
  await simulate({ cores: 8 })
  await arm.made(compute('one-up'), cluster({ min: 1, max: 1 }))
  await nodesUp('one-up', 1)
  const [used] = await usage(FAMILY)
  assert.deepEqual([used.currentValue, used.limit, used.type], [4, 8, `${ML}/vmFamily/dedicatedCores/usages`])
  const { message } = await arm.refusal(compute('second'), cluster({ min: 0, max: 2 }))
  assert.match(message, /Current in use: 4, Additional requested: 8/)
  await arm.made(compute('second'), cluster({ min: 0, max: 1 }))
  // Its own nodes are no others' when it is changed.
  await arm.made(compute('one-up'), cluster({ min: 1, max: 2 }))
  await arm.gone(compute('one-up'), '&underlyingResourceAction=Delete')
  await arm.gone(compute('second'), '&underlyingResourceAction=Delete')
})

test('nodes of low priority count against a quota of their own', async () => {
  await simulate({ families: { [FAMILY]: 0, TotalLowPriorityCores: 4 } })
  await arm.made(compute('cheap'), cluster({ min: 0, max: 1 }, { vmPriority: 'LowPriority' }))
  const { message } = await arm.refusal(compute('cheap2'), cluster({ min: 0, max: 2 }, { vmPriority: 'LowPriority' }))
  assert.match(message, /family TotalLowPriorityCores/)
  assert.equal((await usage('TotalLowPriorityCores'))[0].type, `${ML}/lowPriorityCores/usages`)
  await arm.gone(compute('cheap'), '&underlyingResourceAction=Delete')
})

test('a quota that shrank keeps further nodes from coming up, and the compute says why', async () => {
  await arm.made(compute('held'), cluster({ min: 2, max: 2 }))
  await nodesUp('held', 2)
  await simulate({ families: { [FAMILY]: 4 } })
  await server.kill9()
  await server.restart()
  const { errors } = await nodesUp('held', 1)
  assert.equal(errors[0].error.code, 'ClusterCoreQuotaReached')
  await server.ask('/lazuli/simulation', { method: 'DELETE' })
  assert.equal((await nodesUp('held', 2)).errors, null)
  await arm.gone(compute('held'), '&underlyingResourceAction=Delete')
})

test('two clusters that each fit share one quota when they grow', async () => {
  await simulate({ families: { [FAMILY]: 8 } })
  await arm.made(compute('first'), cluster({ min: 0, max: 2 }))
  await arm.made(compute('other'), cluster({ min: 0, max: 2 }))
  await arm.made(compute('first'), cluster({ min: 2, max: 2 }))
  await nodesUp('first', 2)
  // A change whose nodes can't all come up is refused; without it none of the other's comes up either.
  const { message } = await arm.refusal(compute('other'), cluster({ min: 1, max: 1 }))
  assert.match(message, /Current in use: 8, Additional requested: 4/)
  for (const name of ['first', 'other']) await arm.gone(compute(name), '&underlyingResourceAction=Delete')
})

test('workspaces get shares of a quota, which count and are listed', async () => {
  const id = `${arm.workspace}/quotas/${FAMILY}`
  const update = async (quotas: readonly object[]) =>
    (await arm.post(`${region}/updateQuotas`, { value: quotas })).json.value
  const item = (limit: number, more: object = {}) => ({
    id,
    type: `${ML}/workspaces/dedicatedCores/quotas`,
    limit,
    unit: 'Count',
    ...more,
  })
  assert.equal((await update([item(4)]))[0].status, 'Success')
  assert.deepEqual(
    (await usage(FAMILY, 'quotas')).map((one: { id: string; limit: number }) => [one.id.split('/').at(-2), one.limit]),
    [
      ['quotas', 300],
      ['quotas', 4],
    ],
  )
  const { message } = await arm.refusal(compute('beyond-share'), cluster({ min: 0, max: 2 }))
  assert.match(message, /Maximum allowed: 4/)
  await arm.made(compute('within-share'), cluster({ min: 0, max: 1 }))
  const statuses = (
    await update([
      item(301),
      item(1, { id: `${arm.workspace}/quotas/nonsense` }),
      item(1, { id: '/subscriptions/x' }),
      item(-2),
    ])
  ).map(({ status }: { status: string }) => status)
  assert.deepEqual(statuses, ['InvalidQuotaExceedsSubscriptionLimit', 'InvalidVMFamilyName', 'Failure', 'Failure'])
  assert.equal((await update([item(-1)]))[0].status, 'Success')
  await arm.made(compute('beyond-share'), cluster({ min: 0, max: 2 }))
  const bad = await arm.post(`${region}/updateQuotas`, { value: 'all' })
  assert.deepEqual([bad.status, bad.json.error.code], [400, 'BadRequest'])
})
