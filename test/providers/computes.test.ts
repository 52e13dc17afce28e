import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startServer, type TestServer, until } from '../support/server.ts'
import { ArmClient, filesWith } from './arm-client.ts'

let server: TestServer
let arm: ArmClient
before(async () => {
  server = await startServer()
  arm = new ArmClient(server)
})
after(() => server.stop())

const path = (name: string) => `${arm.workspace}/computes/${name}`
const cluster = (properties: object = {}, rest: object = {}) => ({
  location: 'eastus',
  properties: {
    computeType: 'AmlCompute',
    properties: { vmSize: 'Standard_D1', scaleSettings: { minNodeCount: 0, maxNodeCount: 1 }, ...properties },
  },
  ...rest,
})
const instance = (properties: object = {}) => ({
  location: 'eastus',
  properties: { computeType: 'ComputeInstance', properties: { vmSize: 'Standard_D1', ...properties } },
})

describe('clusters', () => {
  test("the article's own body is answered 201, and the admin's password stands nowhere in clear", async () => {
    const password = 'S3cret-of-the-article!'
    const beside = { userAccountCredentials: { adminUserName: 'admin-of-it', adminUserPassword: password } }
    const answer = await arm.put(path('article'), cluster(beside, beside))
    assert.equal(answer.status, 201, answer.text)
    await arm.ended(answer)
    const shown = await arm.get(path('article'))
    assert.equal(shown.json.properties.provisioningState, 'Succeeded')
    for (const text of [answer.text, shown.text, (await arm.get(`${arm.workspace}/computes`)).text]) {
      assert.ok(!text.includes(password))
    }
    assert.deepEqual(filesWith(server.data, password), [])
    assert.ok(!server.output.includes(password))
  })

  test('show what they are and what their nodes do, with defaults filled', async () => {
    const { properties } = (await arm.get(path('article'))).json
    assert.deepEqual(
      [properties.computeLocation, properties.isAttachedCompute, properties.provisioningErrors],
      ['eastus', false, null],
    )
    const inner = properties.properties
    assert.deepEqual(
      [inner.vmPriority, inner.osType, inner.allocationState, inner.currentNodeCount],
      ['Dedicated', 'Linux', 'Steady', 0],
    )
  })

  test('PATCH changes the scale and nothing else; a node that must be there comes up and tells what it was granted', async () => {
    const scaleSettings = { minNodeCount: 1, maxNodeCount: 2, nodeIdleTimeBeforeScaleDown: 'PT5M' }
    const patched = await arm.patch(path('article'), { properties: { properties: { scaleSettings } } })
    assert.equal(patched.status, 200, patched.text)
    assert.deepEqual(patched.json.properties.properties.scaleSettings, scaleSettings)
    assert.equal(patched.json.properties.properties.vmSize, 'Standard_D1')
    const [node] = await until('a node is up', async () => {
      const { nodes } = (await arm.post(`${path('article')}/listNodes`)).json
      return nodes.some((one: { nodeState: string }) => one.nodeState === 'idle') && nodes
    })
    assert.equal(node.grantedCpus, 1)
    assert.ok(node.grantedMemoryBytes <= 3.5 * 1024 ** 3)
    const usages = await arm.get(
      `${arm.subscription}/providers/Microsoft.MachineLearningServices/locations/eastus/usages`,
    )
    const family = usages.json.value.find((one: { name: { value: string } }) => one.name.value === 'standardDFamily')
    assert.equal(family.currentValue, 1)
  })

  test('are deleted for good, with what becomes of their machines said', async () => {
    assert.match((await arm.remove(path('article'), '&underlyingResourceAction=Detach')).text, /detach/)
    await arm.gone(path('article'), '&underlyingResourceAction=Delete')
    assert.equal((await arm.get(path('article'))).status, 404)
    assert.equal((await arm.remove(path('article'), '&underlyingResourceAction=Delete')).status, 204)
  })

  for (const { name, wish, says } of [
    { name: 'a subnet, since nodes have no network of their own', wish: { subnet: { id: '/x' } }, says: /subnet/ },
    { name: 'Windows', wish: { osType: 'Windows' }, says: /Linux/ },
    {
      name: 'an idle time that is no duration',
      wish: { scaleSettings: { maxNodeCount: 1, nodeIdleTimeBeforeScaleDown: 'soon' } },
      says: /ISO 8601|duration/,
    },
    { name: 'no size', wish: { vmSize: undefined }, says: /vmSize/ },
  ]) {
    test(`refuse ${name}`, async () => {
      assert.match((await arm.refusal(path('refused'), cluster(wish))).message, says)
      assert.equal((await arm.get(path('refused'))).status, 404)
    })
  }

  test('refuse another size once they are made, and keys', async () => {
    await arm.made(path('fixed'), cluster())
    assert.match((await arm.refusal(path('fixed'), cluster({ vmSize: 'Standard_D2' }))).message, /vmSize/)
    assert.match((await arm.refusal(path('fixed'), instance())).message, /computeType/)
    assert.equal((await arm.post(`${path('fixed')}/listKeys`)).status, 400)
  })

  for (const kind of ['AKS', 'Kubernetes', 'VirtualMachine', 'HDInsight', 'Databricks', 'SynapseSpark']) {
    test(`refuse ${kind}, and say why`, async () => {
      const refusal = await arm.refusal(path('foreign'), {
        location: 'eastus',
        properties: { computeType: kind, resourceId: `${arm.group}/providers/x.y/z/z`, properties: {} },
      })
      assert.match(refusal.code, /ComputeType/)
      assert.match(refusal.message, new RegExp(`${kind}.*: \\w+`))
    })
  }
})

describe('instances', () => {
  test('run when made, stop, start and restart, and tell the last of it', async () => {
    const made = await arm.made(path('box'), instance())
    assert.equal(made.properties.properties.state, 'Running')
    for (const [action, state] of [
      ['stop', 'Stopped'],
      ['start', 'Running'],
      ['restart', 'Running'],
    ] as const) {
      const answer = await arm.post(`${path('box')}/${action}`)
      assert.equal(answer.status, 202, answer.text)
      assert.equal((await arm.ended(answer)).json.status, 'Succeeded')
      const { properties } = (await arm.get(path('box'))).json.properties
      assert.equal(properties.state, state)
      assert.equal(properties.lastOperation.operationName.toLowerCase(), action)
    }
  })

  test('that is stopped stays so over a restart of the server', async () => {
    await arm.ended(await arm.post(`${path('box')}/stop`))
    await server.kill9()
    await server.restart()
    assert.equal((await arm.get(path('box'))).json.properties.properties.state, 'Stopped')
  })

  test('start and stop when their schedules say, and stop when they have idled too long', async () => {
    const at = (action: string, expression: string, more: object = {}) => ({
      ...{ action, triggerType: 'Cron', cron: { expression, timeZone: 'Pacific Standard Time' } },
      ...more,
    })
    const schedules = {
      computeStartStop: [
        at('Stop', '0 18 1 6 *'),
        at('Start', '0 8 2 6 *'),
        at('Stop', '0 9 2 6 *', { status: 'Disabled' }),
      ],
    }
    const { properties } = await arm.made(
      path('timed'),
      instance({ schedules, idleTimeBeforeShutdown: 'PT2H', vmSize: 'Standard_D2' }),
    )
    const [first] = properties.properties.schedules.computeStartStop
    assert.equal(first.provisioningStatus, 'Completed')
    assert.equal(first.status, 'Enabled')
    assert.match(first.id, /^[0-9a-f-]{36}$/)
    const year = new Date().getUTCFullYear() + 1
    const clock = async (now: string) => {
      const body = { properties: { clock: { now } } }
      assert.equal((await server.ask('/lazuli/simulation', { method: 'PUT', body })).status, 200)
    }
    const becomes = (state: string, by: string) =>
      until(`the instance is ${state}`, async () => {
        const inner = (await arm.get(path('timed'))).json.properties.properties
        return inner.state === state && inner.lastOperation.operationTrigger === by
      })
    // Six in the evening of Seattle's summer.
    await clock(`${year}-06-02T01:00:02Z`)
    await becomes('Stopped', 'Schedule')
    await clock(`${year}-06-02T15:00:02Z`)
    await becomes('Running', 'Schedule')
    await clock(`${year}-06-02T17:30:00Z`)
    await becomes('Stopped', 'IdleShutdown')
    const answer = await arm.post(`${path('timed')}/start`)
    assert.equal((await arm.ended(answer)).json.status, 'Succeeded')
    await becomes('Running', 'User')
  })

  for (const [what, properties, says] of [
    [
      'an action that there is not',
      { action: 'Pause', triggerType: 'Cron', cron: { expression: '0 1 * * *' } },
      /Start(,| or) Stop/,
    ],
    ['no kind of trigger', { action: 'Stop', cron: { expression: '0 1 * * *' } }, /Cron or Recurrence/],
    [
      'a cron expression that is none',
      { action: 'Stop', triggerType: 'Cron', cron: { expression: '0 1' } },
      /five fields/,
    ],
    ['no interval', { action: 'Stop', triggerType: 'Recurrence', recurrence: { frequency: 'Day' } }, /interval/],
  ] as const)
    test(`with a schedule of ${what} are refused`, async () => {
      const refused = await arm.refusal(path('odd'), instance({ schedules: { computeStartStop: [properties] } }))
      assert.match(refused.message, says)
    })

  test('refuse to idle for less than Azure allows', async () => {
    const refused = await arm.refusal(path('odd'), instance({ idleTimeBeforeShutdown: 'PT5M' }))
    assert.match(refused.message, /from PT15M to P3D/)
  })

  test('refuse what is not run for them, and a listing of nodes', async () => {
    const scripts = { setupScripts: { scripts: { startupScript: { scriptSource: 'inline', scriptData: 'eA==' } } } }
    assert.match((await arm.refusal(path('scripted'), instance(scripts))).message, /setupScripts/)
    assert.equal((await arm.post(`${path('box')}/listNodes`)).status, 400)
  })
})

test('sizes of a region are listed, those with a GPU too', async () => {
  const at = `${arm.subscription}/providers/Microsoft.MachineLearningServices/locations/eastus`
  const { value } = (await arm.get(`${at}/vmSizes`)).json
  const one = value.find((size: { name: string }) => size.name === 'Standard_DS3_v2')
  assert.deepEqual([one.vCPUs, one.memoryGB, one.gpus], [4, 14, 0])
  assert.ok(value.some((size: { gpus: number }) => size.gpus > 0))
  assert.ok((await arm.get(`${at}/quotas`)).json.value[0].limit > 0)
  assert.deepEqual((await arm.post(`${at}/updateQuotas`, { value: [] })).json, { value: [] })
})
