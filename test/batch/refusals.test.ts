import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Answer } from '../support/server.ts'
import { BatchWorld } from './batch-world.ts'

/** What batch endpoints refuse, each in its own words, and that nothing came of it. */
let world: BatchWorld
before(async () => {
  world = await BatchWorld.start()
})
after(() => world?.server.stop())

const place = (path: string) => `azureml://datastores/workspaceblobstore/paths/${path}`

interface Refused {
  readonly why: string
  readonly status?: number
  readonly says: RegExp
}

describe('an endpoint is refused', () => {
  const cases: readonly (Refused & { readonly body: () => object; readonly name?: string })[] = [
    {
      why: 'a mode that is not Azure’s',
      says: /its authMode is aadToken, not 'Key'/,
      body: () => ({ authMode: 'Key' }),
    },
    {
      why: 'a default that is no deployment of it',
      status: 404,
      says: /The batch endpoint 'other' has no deployment 'nobody'/,
      body: () => ({ authMode: 'aadToken', defaults: { deploymentName: 'nobody' } }),
    },
  ]
  for (const { why, status = 400, says, body } of cases) {
    test(why, async () => {
      const path = world.path('batchEndpoints/other')
      const answer = await world.arm.put(path, { location: 'eastus', properties: body() })
      assert.deepEqual([answer.status, says.test(answer.json.error.message)], [status, true], answer.text)
      assert.equal((await world.arm.get(path)).status, 404)
    })
  }

  test('in another region than its workspace, with an identity, with a name that another endpoint has', async () => {
    const properties = { authMode: 'aadToken' }
    const path = world.path('batchEndpoints/other')
    const elsewhere = await world.arm.put(path, { location: 'westeurope', properties })
    assert.match(elsewhere.json.error.message, /in 'westeurope', and its workspace in 'eastus'/)
    const somebody = await world.arm.put(path, { location: 'eastus', identity: { type: 'SystemAssigned' }, properties })
    assert.match(somebody.json.error.message, /A batch endpoint acts as nobody/)
    await world.arm.made(world.path('onlineEndpoints/taken'), { location: 'eastus', properties: { authMode: 'Key' } })
    const taken = await world.arm.put(world.path('batchEndpoints/taken'), { location: 'eastus', properties })
    assert.match(taken.json.error.message, /The endpoint name 'taken' is already taken in region 'eastus'/)
    assert.equal((await world.arm.get(world.path('batchEndpoints/taken'))).status, 404)
  })

  test('keys, which it does not have', async () => {
    const answer = await world.arm.post(`${world.endpoint}/listkeys`)
    assert.deepEqual([answer.status, answer.json.error.code], [400, 'UserError'])
    assert.match(answer.json.error.message, /invoked with tokens of Microsoft Entra ID/)
  })
})

describe('a deployment is refused', () => {
  const noCode = { codeConfiguration: null, environmentId: null }
  const model = (name: string) => ({ model: { referenceType: 'Id', assetId: world.path(`models/${name}/versions/1`) } })
  before(async () => {
    await world.upload('mlmodels/bare/MLmodel', 'flavors:\n  sklearn:\n    x: 1\n')
    await world.upload(
      'mlmodels/lone/MLmodel',
      'flavors:\n  python_function:\n    loader_module: x\n    env: conda.yaml\n',
    )
    for (const name of ['bare', 'lone']) {
      const properties = { modelUri: place(`mlmodels/${name}`), modelType: 'mlflow_model' }
      await world.arm.made(world.path(`models/${name}/versions/1`), { properties })
    }
  })
  const cases: readonly (Refused & { readonly properties: () => object })[] = [
    { why: 'no compute', says: /needs the 'compute'/, properties: () => ({ compute: null }) },
    {
      why: 'a compute that is not there',
      says: /The compute 'nowhere' was not found/,
      properties: () => ({ compute: 'nowhere' }),
    },
    {
      why: 'more nodes than its compute ever has',
      says: /asks for 9 nodes, and its compute has 4 at most/,
      properties: () => ({ resources: { instanceCount: 9 } }),
    },
    {
      why: 'a script without an environment',
      says: /needs an 'environmentId'/,
      properties: () => ({ environmentId: null }),
    },
    {
      why: 'an environment that is not there',
      says: /environment .* was not found/,
      properties: () => ({ environmentId: world.path('environments/nothing/versions/1') }),
    },
    {
      why: 'code that is not there',
      says: /code .* was not found/,
      properties: () => ({
        codeConfiguration: { codeId: world.path('codes/nothing/versions/1'), scoringScript: 'score.py' },
      }),
    },
    {
      why: 'a script of no code',
      says: /A 'codeConfiguration' needs a 'codeId'/,
      properties: () => ({ codeConfiguration: { scoringScript: 'score.py' } }),
    },
    { why: 'a model that is not there', says: /model .* was not found/, properties: () => model('nothing') },
    {
      why: 'neither model nor code',
      says: /needs a 'model', or a 'codeConfiguration'/,
      properties: () => ({ ...noCode, model: null }),
    },
    {
      why: 'no code, and a model that is no MLflow model',
      says: /its model is no MLflow model: there is no file 'MLmodel' in it/,
      properties: () => noCode,
    },
    {
      why: 'an MLflow model without a Python function',
      says: /no flavor python_function/,
      properties: () => ({ ...noCode, ...model('bare') }),
    },
    {
      why: 'an MLflow model without an environment',
      says: /has no 'conda.yaml' to build an environment from/,
      properties: () => ({ ...noCode, ...model('lone') }),
    },
    {
      why: 'no code, and nowhere for its rows',
      says: /SummaryOnly would throw away/,
      properties: () => ({ ...noCode, outputAction: 'SummaryOnly' }),
    },
    {
      why: 'a file name that leads elsewhere',
      says: /'\.\.\/x' is no name for a file/,
      properties: () => ({ outputFileName: '../x' }),
    },
    {
      why: 'mini-batches of nothing',
      says: /miniBatchSize is a whole number/,
      properties: () => ({ miniBatchSize: 0 }),
    },
    {
      why: 'no process at all',
      says: /max_concurrency_per_instance is a whole number/,
      properties: () => ({ maxConcurrencyPerInstance: 0 }),
    },
    {
      why: 'no time at all',
      says: /'PT0S' is no ISO 8601 duration longer than nothing/,
      properties: () => ({ retrySettings: { timeout: 'PT0S' } }),
    },
    {
      why: 'a component that is not there',
      says: /component .* was not found/,
      properties: () => ({
        deploymentConfiguration: {
          deploymentConfigurationType: 'PipelineComponent',
          componentId: { referenceType: 'Id', assetId: world.path('components/nothing/versions/1') },
        },
      }),
    },
  ]
  for (const { why, says, properties } of cases) {
    test(why, async () => {
      const path = `${world.endpoint}/deployments/refused`
      const { message } = await world.arm.refusal(path, world.deployment(properties()))
      assert.match(message, says)
      const kept = await world.arm.get(path)
      assert.ok(kept.status === 404 || kept.json.properties.provisioningState === 'Failed', kept.text)
    })
  }
})

describe('an invocation is refused', () => {
  const data = { jobInputType: 'UriFolder', uri: place('letters') }
  const folder = { jobOutputType: 'UriFolder' }
  const input = (member: object) => ({ inputData: { data: { ...data, ...member } } })
  const output = (member: object) => ({ inputData: { data }, outputData: { score: { ...member } } })
  const cases: readonly (Refused & { readonly properties: object })[] = [
    { why: 'no input', says: /takes one input, and the invocation gives 0/, properties: {} },
    {
      why: 'two inputs',
      says: /takes one input, and the invocation gives 2/,
      properties: { inputData: { a: data, b: data } },
    },
    { why: 'a literal', says: /is of type literal/, properties: input({ jobInputType: 'Literal', value: 'x' }) },
    { why: 'a model as data', says: /is of type custom_model/, properties: input({ jobInputType: 'CustomModel' }) },
    { why: 'data of no known type', says: /unknown type 'UriThing'/, properties: input({ jobInputType: 'UriThing' }) },
    { why: 'data at no place', says: /has no 'uri'/, properties: input({ uri: '' }) },
    {
      why: 'data that is not registered',
      status: 404,
      says: /was not found/,
      properties: input({ uri: 'azureml:nothing:1' }),
    },
    {
      why: 'a datastore that is not there',
      status: 404,
      says: /was not found/,
      properties: input({ uri: 'azureml://datastores/none/paths/x' }),
    },
    {
      why: 'a folder of the web',
      says: /is a folder of the web, which can't be listed/,
      properties: input({ uri: 'https://example.com/x' }),
    },
    { why: 'a mode that is none', says: /is 'Teleport' and must be one of/, properties: input({ mode: 'Teleport' }) },
    {
      why: 'two outputs',
      says: /has one output, 'score'/,
      properties: { inputData: { data }, outputData: { a: folder, b: folder } },
    },
    {
      why: 'an output that is a table',
      says: /predictions go to a folder or a file/,
      properties: output({ jobOutputType: 'MLTable' }),
    },
    {
      why: 'an output elsewhere',
      says: /leads out of this workspace/,
      properties: output({ jobOutputType: 'UriFolder', uri: 'https://example.com/x' }),
    },
    {
      why: 'mini-batches that are none',
      says: /miniBatchSize is a whole number/,
      properties: { inputData: { data }, miniBatchSize: 'many' },
    },
    {
      why: 'an error threshold that is none',
      says: /error_threshold/,
      properties: { inputData: { data }, errorThreshold: -2 },
    },
    {
      why: 'a compute that is not there',
      status: 404,
      says: /'nowhere' was not found/,
      properties: { inputData: { data }, compute: { target: 'nowhere' } },
    },
    {
      why: 'the client’s own machine',
      says: /client's own machine/,
      properties: { inputData: { data }, compute: { isLocal: true } },
    },
    {
      why: 'a size of machine',
      says: /'compute.instanceType' can not be honoured/,
      properties: { inputData: { data }, compute: { instanceType: 'Standard_DS3_v2' } },
    },
    { why: 'a name that is none', says: /name/i, properties: { inputData: { data }, name: '-bad name-' } },
    {
      why: 'a dataset of no known type',
      says: /is no dataInputType/,
      properties: { dataset: { dataInputType: 'Thing' } },
    },
  ]
  for (const { why, status = 400, says, properties } of cases) {
    test(why, async () => {
      const answer = await world.invoke(properties)
      assert.equal(answer.status, status, answer.text)
      assert.match(answer.json.error.message, says)
      assert.equal((await world.ask()).json.value.length, 0)
    })
  }

  const refused = async (asked: Promise<Answer>, status: number, says: RegExp) => {
    const answer = await asked
    assert.deepEqual([answer.status, says.test(answer.json.error.message)], [status, true], answer.text)
  }

  test('by its path, its body, and who asks', async () => {
    const body = { properties: { inputData: { data } } }
    await refused(world.ask('/jobs', { method: 'POST', body, token: null }), 401, /./)
    await refused(world.ask('/jobs', { method: 'POST', body, token: 'x.y.z' }), 401, /./)
    const { appId, secret } = (
      await world.server.ask('/lazuli/principals', { method: 'POST', body: { name: 'nobody' } })
    ).json
    const token = await world.server.token({ resource: 'https://ml.azure.com', clientId: appId, secret })
    for (const method of ['GET', 'POST']) {
      await refused(
        world.ask('/jobs', { method, token, ...(method === 'POST' && { body }) }),
        403,
        /batchEndpoints\/jobs\//,
      )
    }
    const storage = await world.server.token({ resource: 'https://storage.azure.com/' })
    await refused(world.ask('/jobs', { token: storage }), 401, /./)
    await refused(world.ask('/jobs', { endpoint: 'nobody' }), 404, /There is no batch endpoint 'nobody' in eastus/)
    await refused(world.ask('/score', { method: 'POST', body }), 404, /There is no /)
    await refused(world.ask('/jobs', { method: 'PUT', body }), 404, /There is no operation PUT/)
    await refused(world.ask('/jobs', { method: 'POST', body: 'not json' }), 400, /invalid/)
    await refused(world.ask('/jobs', { method: 'POST', body: '[]' }), 400, /it is no JSON object/)
    await refused(world.ask('/jobs', { method: 'POST', body: ' '.repeat(2 * 1024 * 1024) }), 413, /1048576/)
    await refused(
      world.invoke({ inputData: { data } }, { 'azureml-model-deployment': 'none' }),
      404,
      /no deployment 'none'/,
    )
    await world.arm.made(world.path('batchEndpoints/empty'), {
      location: 'eastus',
      properties: { authMode: 'aadToken' },
    })
    await refused(world.invoke({ inputData: { data } }, {}, 'empty'), 400, /has no default deployment/)
    assert.equal((await world.ask()).json.value.length, 0)
  })
})

test('who has the right at an endpoint may invoke it, and no other', async () => {
  const made = await world.server.ask('/lazuli/principals', { method: 'POST', body: { name: 'invoker' } })
  const { appId, objectId, secret } = made.json
  const DATA_SCIENTIST = 'f6c7c914-8db3-469d-8ca1-694a8f32e121'
  const assignment = `${world.endpoint}/providers/Microsoft.Authorization/roleAssignments/11111111-1111-4111-8111-111111111111`
  const roleDefinitionId = `${world.arm.subscription}/providers/Microsoft.Authorization/roleDefinitions/${DATA_SCIENTIST}`
  const assigned = await world.server.ask(`${assignment}?api-version=2022-04-01`, {
    method: 'PUT',
    body: { properties: { roleDefinitionId, principalId: objectId } },
  })
  assert.equal(assigned.status, 201, assigned.text)
  const token = await world.server.token({ resource: 'https://ml.azure.com', clientId: appId, secret })
  const body = { properties: world.folder('letters') }
  const begun = await world.ask('/jobs', { method: 'POST', body, token })
  assert.equal(begun.status, 201, begun.text)
  assert.equal((await world.ended(begun.json.name)).properties.status, 'Completed')
  assert.equal((await world.history(`runs/${begun.json.name}`)).createdBy.userObjectId, objectId)
  const properties = { authMode: 'aadToken' }
  await world.arm.made(world.path('batchEndpoints/closed'), { location: 'eastus', properties })
  assert.equal((await world.ask('/jobs', { method: 'POST', body, token, endpoint: 'closed' })).status, 403)
})

test('azure-ai-ml sends the deployment of an earlier invocation along: one that is not there is not meant', async () => {
  const agent = { 'user-agent': 'azure-ai-ml/1.35.2 azsdk-python-core/1.38.0', 'azureml-model-deployment': 'blue' }
  const begun = await world.invoke(world.folder('letters'), agent)
  assert.equal(begun.status, 201, begun.text)
  assert.equal(begun.json.properties.tags['azureml.deploymentname'], 'main')
  assert.equal((await world.invoke(world.folder('letters'), { ...agent, 'user-agent': 'curl/8' })).status, 404)
  await world.ended(begun.json.name)
})
