import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startServer, type TestServer, until } from '../support/server.ts'
import { ArmClient } from './arm-client.ts'

/** What a command job can be told, as its processes then find it: through ARM, with the real engine. */
let server: TestServer
let arm: ArmClient
before(async () => {
  server = await startServer({ env: { LAZULI_ALLOW_SUBSTITUTE: 'true' } })
  arm = new ArmClient(server)
  await arm.made(path('environments/plain/versions/1'), { properties: { image: 'python:3.11-slim' } })
  await arm.made(path('computes/four'), {
    location: 'eastus',
    properties: {
      computeType: 'AmlCompute',
      properties: { vmSize: 'Standard_D1', scaleSettings: { maxNodeCount: 4 } },
    },
  })
})
after(() => server.stop())

const path = (rest: string) => `${arm.workspace}/${rest}`
const job = (command: string, more: object = {}) => ({
  properties: {
    jobType: 'Command',
    command,
    environmentId: path('environments/plain/versions/1'),
    computeId: path('computes/four'),
    ...more,
  },
})

/** A job's properties once it is over. */
async function run(name: string, body: object) {
  const answer = await arm.put(path(`jobs/${name}`), body)
  assert.equal(answer.status, 201, answer.text)
  return until(
    `job ${name} is over`,
    async () => {
      const { properties } = (await arm.get(path(`jobs/${name}`))).json
      return ['Completed', 'Failed', 'Canceled'].includes(properties.status) && properties
    },
    120_000,
  )
}

/** What a blob of a datastore holds; undefined where there is none. */
async function blob(store: string, name: string): Promise<string | undefined> {
  const { accountName, containerName } = (await arm.get(path(`datastores/${store}`))).json.properties
  const token = await server.token({ resource: 'https://storage.azure.com/' })
  const answer = await server.ask(`/_blob/${accountName}/${containerName}/${name}`, {
    token,
    headers: { 'x-ms-version': '2021-12-02' },
  })
  return answer.status === 200 ? answer.text : undefined
}
const log = (name: string, file = 'user_logs/std_log.txt') =>
  blob('workspaceartifactstore', `ExperimentRun/dcid.${name}/${file}`)

describe('a distributed job', () => {
  test('of PyTorch on two nodes has four ranks, each with a log of its own', async () => {
    const { status } = await run(
      'torch',
      job('echo rank $RANK of $WORLD_SIZE on node $NODE_RANK', {
        resources: { instanceCount: 2 },
        distribution: { distributionType: 'PyTorch', processCountPerInstance: 2 },
      }),
    )
    assert.equal(status, 'Completed')
    for (const rank of [0, 1, 2, 3])
      assert.equal(
        await log('torch', `user_logs/std_log_process_0${rank}.txt`),
        `rank ${rank} of 4 on node ${Math.floor(rank / 2)}\n`,
      )
  })

  for (const { name, more, says } of [
    {
      name: 'of no known type',
      more: { distribution: { distributionType: 'Horovod' } },
      says: /Horovod/,
    },
    {
      name: 'with no process at all',
      more: { distribution: { distributionType: 'PyTorch', processCountPerInstance: 0 } },
      says: /processCountPerInstance.*from 1/,
    },
    {
      name: 'with more nodes than its compute',
      more: { resources: { instanceCount: 5 } },
      says: /5 nodes.* 4 at most/,
    },
    { name: 'of an unknown priority', more: { queueSettings: { priority: 9 } }, says: /priority/ },
  ])
    test(`is refused ${name}`, async () => {
      assert.match((await arm.refusal(path('jobs/refused'), job('true', more))).message, says)
      assert.equal((await arm.get(path('jobs/refused'))).status, 404)
    })
})
