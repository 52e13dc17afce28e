import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
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

describe('a job’s data', () => {
  const uri = (name: string) => `azureml://datastores/workspaceblobstore/paths/${name}`
  before(async () => {
    for (const name of ['set/one.csv', 'set/sub/two.csv']) await put('workspaceblobstore', name, `of ${name}\n`)
  })

  test('literals of every type stand in the command as they were sent', async () => {
    const literal = (value: string) => ({ jobInputType: 'literal', value })
    const { status } = await run(
      'literals',
      job(
        'echo ${{inputs.int}} ${{inputs.float}} ${{inputs.flag}} "${{inputs.text}}" $[[--x ${{inputs.gone}}]]$AZURE_ML_INPUT_int',
        {
          inputs: { int: literal('3'), float: literal('1e-3'), flag: literal('True'), text: literal('two  words') },
        },
      ),
    )
    assert.equal(status, 'Completed')
    assert.equal(await log('literals'), '3 1e-3 True two  words 3\n')
  })

  test('a direct input is its URI, and a folder is found by any of its addresses', async () => {
    const { accountName, containerName } = (await arm.get(path('datastores/workspaceblobstore'))).json.properties
    const folder = (uri: string, mode = 'ReadOnlyMount') => ({ jobInputType: 'uri_folder', uri, mode })
    const { status } = await run(
      'addresses',
      job(
        'echo ${{inputs.direct}}; for at in ${{inputs.wasbs}} ${{inputs.abfss}} ${{inputs.https}}; do cat $at/one.csv $at/sub/two.csv; done',
        {
          inputs: {
            direct: folder(uri('set/'), 'Direct'),
            wasbs: folder(`wasbs://${containerName}@${accountName}.blob.core.windows.net/set`),
            abfss: folder(`abfss://${containerName}@${accountName}.dfs.core.windows.net/set/`, 'Download'),
            https: folder(`https://${accountName}.blob.core.windows.net/${containerName}/set/`),
          },
        },
      ),
    )
    assert.equal(status, 'Completed', await log('addresses'))
    const [direct, ...lines] = (await log('addresses'))?.trim().split('\n') ?? []
    assert.match(direct ?? '', /^azureml:\/\/.*datastores\/workspaceblobstore\/paths\/set\/$/)
    assert.deepEqual(lines, Array.from({ length: 3 }, () => ['of set/one.csv', 'of set/sub/two.csv']).flat())
  })

  test('a mounted output is seen by others while the job runs; a written input is stored', async () => {
    const inputs = { set: { jobInputType: 'uri_folder', uri: uri('live/'), mode: 'ReadWriteMount' } }
    const outputs = { out: { jobOutputType: 'uri_folder', mode: 'ReadWriteMount' } }
    await put('workspaceblobstore', 'live/first.txt', 'first')
    await arm.put(
      path('jobs/early'),
      job('echo 0.5 > ${{outputs.out}}/loss.txt; echo more > ${{inputs.set}}/more.txt; sleep 300', { inputs, outputs }),
    )
    await until(
      'the output is seen',
      async () => (await blob('workspaceblobstore', 'azureml/early/out/loss.txt')) === '0.5\n',
    )
    await until('the input is stored', async () => (await blob('workspaceblobstore', 'live/more.txt')) === 'more\n')
    assert.equal((await arm.get(path('jobs/early'))).json.properties.status, 'Running')
    await arm.post(path('jobs/early/cancel'))
  })

  test('a file of the web is fetched, and one that can’t be had is named with the reason', async () => {
    const web = createServer((request, answer) => {
      answer.statusCode = request.url === '/there.csv' ? 200 : 404
      answer.end('a,b\n')
    })
    await once(web.listen(0, '127.0.0.1'), 'listening')
    const { port } = web.address() as AddressInfo
    const file = (name: string) => ({ jobInputType: 'uri_file', uri: `http://127.0.0.1:${port}/${name}` })
    const fetched = await run(
      'web',
      job('cat ${{inputs.f}}; basename ${{inputs.f}}', { inputs: { f: file('there.csv') } }),
    )
    assert.equal(fetched.status, 'Completed')
    assert.equal(await log('web'), 'a,b\nthere.csv\n')
    assert.equal((await run('no-file', job('true', { inputs: { f: file('gone.csv') } }))).status, 'Failed')
    assert.match(await errorOf('no-file'), /'f'.*gone\.csv could not be downloaded: it answered 404/)
    web.close()
    await run('no-server', job('true', { inputs: { f: file('there.csv') } }))
    assert.match(await errorOf('no-server'), /there\.csv could not be downloaded: .*ECONNREFUSED/)
  })

  for (const { name, input, says } of [
    {
      name: 'evaluated and no table',
      input: { jobInputType: 'uri_folder', uri: uri('set/'), mode: 'EvalMount' },
      says: /mltable/,
    },
    {
      name: 'a folder of the web',
      input: { jobInputType: 'uri_folder', uri: 'https://example.org/folder/' },
      says: /can't be listed/,
    },
    {
      name: 'of the web and to be written to',
      input: { jobInputType: 'uri_file', uri: 'https://example.org/f.csv', mode: 'ReadWriteMount' },
      says: /written/,
    },
  ])
    test(`is refused where it is ${name}`, async () => {
      assert.match((await arm.refusal(path('jobs/refused'), job('true', { inputs: { i: input } }))).message, says)
    })
})

describe('a job that fails', () => {
  for (const { name, command, says } of [
    {
      name: 'no-module',
      command: 'python -c "import nosuchmodule"',
      says: /code 1\.\s*Likely cause: .*'nosuchmodule'.*No module named/s,
    },
    {
      name: 'no-command',
      command: 'nosuchcommand --x',
      says: /code 127\.\s*Likely cause: .*'nosuchcommand'.*command not found/s,
    },
    {
      name: 'no-memory',
      command: 'python -c "x = bytearray(64 << 30); x[::4096] = b\'1\' * len(x[::4096])"',
      says: /memory/,
    },
  ])
    test(`names exit code, last lines and likely cause: ${name}`, async () => {
      assert.equal((await run(name, job(command))).status, 'Failed')
      assert.match(await errorOf(name), says)
    })

  test('has told its lines as they came: Python buffers nothing', async () => {
    await arm.put(path('jobs/unbuffered'), job('python -c "import time; print(1); time.sleep(300)"'))
    await until('the line is there', async () => (await log('unbuffered')) === '1\n')
    await arm.post(path('jobs/unbuffered/cancel'))
  })
})

test('services that were asked for are kept and say that they can’t be reached; the job runs', async () => {
  const services = { lab: { jobServiceType: 'JupyterLab', port: 8888 } }
  const { status, services: shown } = await run('serves', job('true', { services }))
  assert.equal(status, 'Completed')
  assert.equal(shown.lab.jobServiceType, 'JupyterLab')
  assert.equal(shown.lab.status, 'Failed')
  assert.match(shown.lab.errorMessage, /JupyterLab.*can't be reached/)
  assert.match(shown.Tracking.endpoint, /^azureml:/)
  assert.equal((await arm.put(path('jobs/serves'), job('true', { services }))).status, 200)
})

/** What a failed job says of itself in run history. */
async function errorOf(name: string): Promise<string> {
  const answer = await server.ask(`/history/v1.0${arm.workspace}/runs/${name}/details`)
  assert.equal(answer.status, 200, answer.text)
  return answer.json.error.error.message
}

/** A blob of a datastore of the workspace, written as a client would. */
async function put(store: string, name: string, body: string): Promise<void> {
  const { accountName, containerName } = (await arm.get(path(`datastores/${store}`))).json.properties
  const token = await server.token({ resource: 'https://storage.azure.com/' })
  const answer = await server.ask(`/_blob/${accountName}/${containerName}/${name}`, {
    method: 'PUT',
    token,
    body,
    headers: { 'x-ms-version': '2021-12-02', 'x-ms-blob-type': 'BlockBlob' },
  })
  assert.equal(answer.status, 201, answer.text)
}
