import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startServer, type TestServer, until } from '../support/server.ts'
import { ArmClient } from './arm-client.ts'

/** Jobs run with whatever Python the machine has: what they do is asked here, not what they run on. */
let server: TestServer
let arm: ArmClient
before(async () => {
  server = await startServer({ env: { LAZULI_ALLOW_SUBSTITUTE: 'true' } })
  arm = new ArmClient(server)
  await arm.made(path('environments/plain/versions/1'), { properties: { image: 'python:3.11-slim' } })
  await arm.made(path('data/table/versions/3'), {
    properties: { dataType: 'uri_folder', dataUri: 'azureml://datastores/workspaceblobstore/paths/table/' },
  })
})
after(() => server.stop())

const path = (rest: string) => `${arm.workspace}/${rest}`
const job = (more: object = {}) => ({
  properties: {
    jobType: 'Command',
    command: 'echo hello',
    environmentId: path('environments/plain/versions/1'),
    computeId: path('computes/cpu-cluster'),
    experimentName: 'tests',
    ...more,
  },
})
const ended = (name: string) =>
  until(
    `job ${name} is over`,
    async () => {
      const { properties } = (await arm.get(path(`jobs/${name}`))).json
      return ['Completed', 'Failed', 'Canceled'].includes(properties.status) && properties
    },
    120_000,
  )

describe('a job', () => {
  test('is made with 201, is looked at where its services say, and really runs', async () => {
    const answer = await arm.put(
      path('jobs/first'),
      job({ tags: { a: 'b' }, outputs: { out: { jobOutputType: 'uri_folder' } } }),
    )
    assert.equal(answer.status, 201, answer.text)
    const { properties } = answer.json
    assert.match(properties.services.Tracking.endpoint, /^azureml:\/\//)
    assert.match(properties.services.Studio.endpoint, /runs\/first\?wsid=/)
    assert.equal(properties.outputs.default.uri, 'azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.first')
    const done = await ended('first')
    assert.equal(done.status, 'Completed')
    assert.match(done.outputs.out.uri, /datastores\/workspaceblobstore\/paths\/azureml\/first\/out\//)
  })

  test('that is put again with the same body is the same job: 200', async () => {
    const again = await arm.put(
      path('jobs/first'),
      job({ tags: { a: 'b' }, outputs: { out: { jobOutputType: 'uri_folder' } } }),
    )
    assert.equal(again.status, 200, again.text)
    assert.equal(again.json.properties.status, 'Completed')
    const readBack = (await arm.get(path('jobs/first'))).json
    assert.equal((await arm.put(path('jobs/first'), { properties: readBack.properties })).status, 200)
  })

  test('may be described anew, and not changed', async () => {
    const renamed = await arm.put(path('jobs/first'), job({ displayName: 'renamed', tags: { c: 'd' } }))
    assert.equal(renamed.json.properties.displayName, 'renamed')
    assert.deepEqual(renamed.json.properties.tags, { c: 'd' })
    const refusal = await arm.refusal(path('jobs/first'), job({ command: 'echo other' }))
    assert.equal(refusal.code, 'UserError')
    assert.match(refusal.message, /command/)
  })

  test('is listed by tag and type, hidden when archived, and gone when deleted', async () => {
    const names = async (query: string) =>
      (await arm.get(path(`jobs${query}`))).json.value.map(({ name }: { name: string }) => name)
    assert.deepEqual(await names('?tag=c=d'), ['first'])
    assert.deepEqual(await names('?tag=c=x'), [])
    assert.deepEqual(await names('?jobType=Sweep'), [])
    await arm.put(path('jobs/first'), job({ isArchived: true }))
    assert.deepEqual(await names(''), [])
    assert.deepEqual(await names('?listViewType=ArchivedOnly'), ['first'])
    await arm.gone(path('jobs/first'))
    assert.equal((await arm.get(path('jobs/first'))).status, 404)
  })

  test('is cancelled by a POST that ends when the job has', async () => {
    await arm.put(path('jobs/long'), job({ command: 'sleep 300' }))
    const answer = await arm.post(path('jobs/long/cancel'))
    assert.equal(answer.status, 202, answer.text)
    const location = new URL(String(answer.headers.location))
    await until(
      'the cancel is over',
      async () => (await server.ask(location.pathname + location.search)).status === 200,
    )
    assert.equal((await arm.get(path('jobs/long'))).json.properties.status, 'Canceled')
    assert.ok((await arm.post(path('jobs/long/cancel'))).status < 300)
  })

  test('ends with its compute, which takes its jobs along', async () => {
    await arm.made(path('computes/short-lived'), {
      location: 'eastus',
      properties: {
        computeType: 'AmlCompute',
        properties: { vmSize: 'Standard_D1', scaleSettings: { maxNodeCount: 1 } },
      },
    })
    await arm.put(path('jobs/orphan'), job({ command: 'sleep 300', computeId: path('computes/short-lived') }))
    await arm.gone(path('computes/short-lived'), '&underlyingResourceAction=Delete')
    assert.equal((await ended('orphan')).status, 'Canceled')
  })
})

describe('a job under another', () => {
  const childrenOf = async (name: string) =>
    (await server.ask(`/history/v1.0${arm.workspace}/runs/${name}/children?api-version=v1.0`)).json.value
  const running = (name: string) =>
    until(
      `${name} runs`,
      async () => (await arm.get(path(`jobs/${name}`))).json.properties.status === 'Running',
      60_000,
    )

  test('is a child of its run, in its experiment, and not listed beside it', async () => {
    await arm.put(path('jobs/parent'), job({ command: 'sleep 300', experimentName: 'family' }))
    const answer = await arm.put(path('jobs/child'), job({ parentJobName: 'parent', experimentName: 'other' }))
    assert.equal(answer.status, 201, answer.text)
    const child = await ended('child')
    assert.deepEqual([child.status, child.parentJobName, child.experimentName], ['Completed', 'parent', 'family'])
    assert.deepEqual(
      (await childrenOf('parent')).map(({ runId, rootRunId }: { runId: string; rootRunId: string }) => [
        runId,
        rootRunId,
      ]),
      [['child', 'parent']],
    )
    const listed = (await arm.get(path('jobs'))).json.value.map(({ name }: { name: string }) => name)
    assert.deepEqual([listed.includes('parent'), listed.includes('child')], [true, false])
  })

  test('is cancelled with it, and so is what is under itself', async () => {
    await arm.put(path('jobs/grown'), job({ command: 'sleep 300', parentJobName: 'parent' }))
    await arm.put(path('jobs/grandchild'), job({ command: 'sleep 300', parentJobName: 'grown' }))
    await running('grandchild')
    await arm.post(path('jobs/parent/cancel'))
    for (const name of ['parent', 'grown', 'grandchild']) assert.equal((await ended(name)).status, 'Canceled', name)
    assert.equal((await ended('child')).status, 'Completed')
  })

  test('goes with it when it is deleted, and runs no further', async () => {
    await arm.put(path('jobs/brief'), job())
    await ended('brief')
    await arm.put(path('jobs/outlasts'), job({ command: 'sleep 300', parentJobName: 'brief' }))
    await running('outlasts')
    await arm.gone(path('jobs/brief'))
    assert.equal((await arm.get(path('jobs/outlasts'))).status, 404)
    const nodes = (await arm.post(path('computes/cpu-cluster/listNodes'))).json.nodes
    assert.deepEqual(
      nodes.filter(({ runId }: { runId?: string }) => runId === 'outlasts'),
      [],
    )
  })
})

test('whom a job’s end is to be told to is kept, and that nobody will be told stands in its warnings', async () => {
  const notificationSetting = {
    emailOn: ['JobCompleted', 'JobFailed'],
    emails: ['ada@example.com'],
    webhooks: { devops: { webhookType: 'AzureDevOps', eventType: 'e' } },
  }
  await arm.put(path('jobs/notifies'), job({ notificationSetting }))
  const done = await ended('notifies')
  assert.deepEqual(done.notificationSetting, notificationSetting)
  const details = await server.ask(`/history/v1.0${arm.workspace}/runs/notifies/details?api-version=v1.0`)
  assert.match(JSON.stringify(details.json.warnings), /nobody will be notified/)
})

describe('a job that names no compute', () => {
  for (const [name, more] of Object.entries({
    unnamed: { computeId: undefined },
    named: { computeId: 'azureml:serverless', resources: { instanceType: 'STANDARD_D2_V2' } },
    spot: { computeId: undefined, queueSettings: { jobTier: 'Spot' } },
  })) {
    test(`runs on serverless nodes (${name})`, async () => {
      const answer = await arm.put(path(`jobs/serverless-${name}`), job(more))
      assert.equal(answer.status, 201, answer.text)
      assert.equal((await ended(`serverless-${name}`)).status, 'Completed')
    })
  }

  test('is found again by the next server, still running', async () => {
    await arm.put(
      path('jobs/serverless-stays'),
      job({ computeId: undefined, command: 'until [ -e go ]; do sleep .1; done' }),
    )
    await until(
      'it runs',
      async () => (await arm.get(path('jobs/serverless-stays'))).json.properties.status === 'Running',
    )
    await server.kill9()
    await server.restart()
    await arm.post(path('jobs/serverless-stays/cancel'))
    assert.equal((await ended('serverless-stays')).status, 'Canceled')
    await arm.put(path('jobs/serverless-after'), job({ computeId: undefined }))
    assert.equal((await ended('serverless-after')).status, 'Completed')
  })
})

describe('a job finds its data', () => {
  for (const [at, { name, uri }] of [
    { name: 'by the id of its version', uri: () => path('data/table/versions/3') },
    { name: 'by name and version', uri: () => 'azureml:table:3' },
    { name: 'by the latest of its name', uri: () => 'azureml:table@latest' },
    { name: 'by its place', uri: () => 'azureml://datastores/workspaceblobstore/paths/table/' },
  ].entries()) {
    test(name, async () => {
      await put('workspaceblobstore', 'table/rows.csv', 'a,b\n')
      const inputs = { data: { jobInputType: 'uri_folder', uri: uri() } }
      await arm.put(path(`jobs/reads${at}`), job({ command: 'test -s ${{inputs.data}}/rows.csv', inputs }))
      const { status } = await ended(`reads${at}`)
      assert.equal(status, 'Completed')
    })
  }
})

test('the output named artifacts is what a job leaves in any case', async () => {
  const artifacts = { jobOutputType: 'uri_folder' }
  await arm.put(path('jobs/leaves'), job({ command: 'echo world > outputs/world.txt', outputs: { artifacts } }))
  const { uri } = (await ended('leaves')).outputs.artifacts
  const left = { jobInputType: 'uri_folder', uri }
  await arm.put(path('jobs/takes'), job({ command: 'grep world ${{inputs.left}}/outputs/world.txt', inputs: { left } }))
  assert.equal((await ended('takes')).status, 'Completed')
})

describe('a job reads what lies on an account of elsewhere', () => {
  const account = () => `${arm.workspace.split('/providers/')[0]}/providers/Microsoft.Storage/storageAccounts/otherdata`
  before(async () => {
    await arm.made(account(), {
      location: 'eastus',
      sku: { name: 'Standard_LRS' },
      kind: 'StorageV2',
      properties: { allowBlobPublicAccess: true },
    })
    for (const [name, access] of Object.entries({ open: 'container', single: 'blob', closed: '' })) {
      await write('otherdata', `${name}?restype=container`, '', access && { 'x-ms-blob-public-access': access })
      await write('otherdata', `${name}/table/rows.csv`, 'a,b\n', { 'x-ms-blob-type': 'BlockBlob' })
    }
  })

  const host = 'otherdata.blob.core.windows.net'
  for (const [at, { name, type, uri, becomes }] of [
    { name: 'a file by https', type: 'uri_file', uri: `https://${host}/open/table/rows.csv`, becomes: 'Completed' },
    { name: 'a folder by wasbs', type: 'uri_folder', uri: `wasbs://open@${host}/table/`, becomes: 'Completed' },
    {
      name: 'a file of a container of single blobs',
      type: 'uri_file',
      uri: `https://${host}/single/table/rows.csv`,
      becomes: 'Completed',
    },
    {
      name: 'no folder of a container of single blobs',
      type: 'uri_folder',
      uri: `wasbs://single@${host}/table/`,
      becomes: 'Failed',
    },
    {
      name: 'nothing that is not public',
      type: 'uri_file',
      uri: `https://${host}/closed/table/rows.csv`,
      becomes: 'Failed',
    },
  ].entries()) {
    test(name, async () => {
      const command = type === 'uri_file' ? 'test -s ${{inputs.data}}' : 'test -s ${{inputs.data}}/rows.csv'
      await arm.put(path(`jobs/other${at}`), job({ command, inputs: { data: { jobInputType: type, uri } } }))
      const { status } = await ended(`other${at}`)
      assert.equal(status, becomes)
      const details = await server.ask(`/history/v1.0${arm.workspace}/experiments/tests/runs/other${at}/details`)
      assert.equal(/is not public/.test(JSON.stringify(details.json.error)), becomes === 'Failed', details.text)
    })
  }

  test('and writes nothing there', async () => {
    const out = { jobOutputType: 'uri_folder', uri: `wasbs://open@${host}/out/` }
    const mounted = { jobInputType: 'uri_folder', mode: 'ReadWriteMount', uri: `wasbs://open@${host}/table/` }
    assert.match((await arm.refusal(path('jobs/writes'), job({ inputs: { mounted } }))).message, /mounted/)
    assert.match((await arm.refusal(path('jobs/writes'), job({ outputs: { out } }))).message, /no datastore/)
  })
})

/** A blob of a datastore of the workspace, written as a client would. */
async function put(store: string, name: string, body: string): Promise<void> {
  const { accountName, containerName } = (await arm.get(path(`datastores/${store}`))).json.properties
  await write(accountName, `${containerName}/${name}`, body, { 'x-ms-blob-type': 'BlockBlob' })
}

async function write(account: string, path: string, body: string, headers: object | ''): Promise<void> {
  const token = await server.token({ resource: 'https://storage.azure.com/' })
  const answer = await server.ask(`/_blob/${account}/${path}`, {
    method: 'PUT',
    token,
    body,
    headers: { 'x-ms-version': '2021-12-02', ...(headers || {}) },
  })
  assert.equal(answer.status, 201, answer.text)
}

describe('a job is refused', () => {
  before(async () => {
    const trial = { command: 'echo ${{search_space.x}}', environmentId: path('environments/plain/versions/1') }
    const answer = await arm.put(path('jobs/swept'), {
      properties: {
        jobType: 'Sweep',
        computeId: path('computes/cpu-cluster'),
        searchSpace: { x: ['choice', [[1]]] },
        samplingAlgorithm: { samplingAlgorithmType: 'Grid' },
        objective: { goal: 'Maximize', primaryMetric: 'm' },
        trial,
      },
    })
    assert.equal(answer.status, 201, answer.text)
  })
  const literal = (value: unknown) => ({ jobInputType: 'literal', value })
  for (const { name, wish, says } of [
    {
      name: 'for serverless nodes of an unknown size',
      wish: () => ({ computeId: undefined, resources: { instanceType: 'Standard_None' } }),
      says: /Standard_None/,
    },
    {
      name: 'for serverless nodes with GPUs',
      wish: () => ({ computeId: 'serverless', resources: { instanceType: 'Standard_NC6s_v3' } }),
      says: /GPUs/,
    },
    { name: 'for the client’s own machine', wish: () => ({ computeId: 'local' }), says: /client/ },
    {
      name: 'on a compute of another workspace',
      wish: () => ({ computeId: path('computes/cpu-cluster').replace('/default/', '/other/') }),
      says: /another workspace/,
    },
    {
      name: 'with an environment of a registry',
      wish: () => ({ environmentId: 'azureml://registries/azureml/environments/sklearn/versions/1' }),
      says: /registr/,
    },
    {
      name: 'with a model where an environment should be',
      wish: () => ({ environmentId: path('models/m/versions/1') }),
      says: /models/,
    },
    { name: 'with an unknown label', wish: () => ({ environmentId: 'azureml:plain@newest' }), says: /newest/ },
    { name: 'on too many nodes', wish: () => ({ resources: { instanceCount: 99 } }), says: /99 nodes/ },
    {
      name: 'with a limit that is none',
      wish: () => ({ limits: { jobLimitsType: 'Command', timeout: 'PT0S' } }),
      says: /timeout/,
    },
    {
      name: 'with an input without data',
      wish: () => ({ inputs: { a: { jobInputType: 'uri_file', uri: 'azureml:none:1' } } }),
      says: /none/,
    },
    {
      name: 'with an output in another workspace',
      wish: () => ({
        outputs: {
          o: {
            jobOutputType: 'uri_folder',
            uri: 'azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/x',
          },
        },
      }),
      says: /another workspace/,
    },
    {
      name: 'whose output no command could name',
      wish: () => ({ outputs: { 'a b': { jobOutputType: 'uri_folder' } } }),
      says: /a b/,
    },
    {
      name: 'that uses an output it does not have',
      wish: () => ({ command: 'ls ${{outputs.o}} ${{inputs.i}}', inputs: { i: literal('1') } }),
      says: /outputs\.o/,
    },
    {
      name: 'as a managed identity',
      wish: () => ({ identity: { identityType: 'Managed' } }),
      says: /managed identity/,
    },
    { name: 'under a job that is not there', wish: () => ({ parentJobName: 'nobody' }), says: /'nobody'/ },
    { name: 'under a sweep', wish: () => ({ parentJobName: 'swept' }), says: /sweep job/ },
    {
      name: 'that tells nobody of its end',
      wish: () => ({ notificationSetting: { emailOn: ['JobFailed'] } }),
      says: /needs 'emails'/,
    },
    {
      name: 'that tells of its end where no mail goes',
      wish: () => ({ notificationSetting: { emailOn: ['JobFailed'], emails: ['ada'] } }),
      says: /'ada' is no e-mail address/,
    },
    {
      name: 'that tells too many of its end',
      wish: () => ({ notificationSetting: { emails: Array.from({ length: 40 }, (_, at) => `ada${at}@example.com`) } }),
      says: /499 characters/,
    },
    { name: 'with arguments for Docker', wish: () => ({ resources: { dockerArgs: '--gpus all' } }), says: /Docker/ },
  ]) {
    test(name, async () => {
      assert.match((await arm.refusal(path('jobs/refused'), job(wish()))).message, says)
      assert.equal((await arm.get(path('jobs/refused'))).status, 404)
    })
  }
})
