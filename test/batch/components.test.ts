import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { BatchWorld } from './batch-world.ts'

/** Deployments of components, and what the resource manager shows of every deployment. */
let world: BatchWorld
before(async () => {
  world = await BatchWorld.start()
  const port = { type: 'uri_folder' }
  const environment = `azureml:${world.path('environments/plain/versions/1')}`
  const say = 'echo ${{inputs.word}} ${{inputs.times}} $(ls ${{inputs.data}} | wc -l) > ${{outputs.said}}/said.txt'
  const inputs = { data: port, word: { type: 'string', default: 'hello' }, times: { type: 'integer', default: '1' } }
  const command = { name: 'say', type: 'command', inputs, outputs: { said: port }, environment, command: say }
  await component('say', command)
  await component('all', {
    name: 'all',
    type: 'pipeline',
    inputs,
    outputs: { said: port },
    jobs: {
      first: {
        type: 'command',
        componentId: world.path('components/say/versions/1'),
        inputs: Object.fromEntries(
          ['data', 'word', 'times'].map((name) => [
            name,
            { value: `\${{parent.inputs.${name}}}`, job_input_type: 'literal' },
          ]),
        ),
        outputs: { said: { value: '${{parent.outputs.said}}', type: 'literal' } },
      },
    },
  })
})
after(() => world?.server.stop())

const component = (name: string, componentSpec: object) =>
  world.arm.made(world.path(`components/${name}/versions/1`), { properties: { componentSpec } })
const deploy = (name: string, assetId = world.path(`components/${name}/versions/1`)) =>
  world.arm.made(`${world.endpoint}/deployments/${name}`, {
    location: 'eastus',
    properties: {
      deploymentConfiguration: {
        deploymentConfigurationType: 'PipelineComponent',
        componentId: { referenceType: 'Id', assetId },
        settings: { default_compute: 'cpu-cluster', 'ComponentDeployment.Settings.continue_on_step_failure': 'False' },
      },
    },
  })
const data = { jobInputType: 'UriFolder', uri: 'azureml://datastores/workspaceblobstore/paths/letters' }
const literal = (value: unknown) => ({ jobInputType: 'Literal', value })

for (const { name, step } of [
  { name: 'all', step: 'first' },
  { name: 'say', step: 'say' },
]) {
  test(`a ${name === 'all' ? 'pipeline' : 'command'} component runs with the inputs of each invocation`, async () => {
    await deploy(name)
    const headers = { 'azureml-model-deployment': name }
    const uri = `azureml://datastores/workspaceblobstore/paths/said-${name}/`
    const job = await world.done(
      {
        inputData: { data, word: literal('salut'), times: literal(3) },
        outputData: { said: { jobOutputType: 'UriFolder', uri } },
      },
      headers,
    )
    assert.equal(job.properties.status, 'Completed', await world.why(job.name))
    assert.equal((await world.blob(`said-${name}/said.txt`)).text, 'salut 3 5\n')
    assert.equal((await world.child(job.name)).displayName, step)
    assert.equal(job.properties.tags['azureml.jobtype'], 'azureml.pipelinejob')
    const plain = await world.done({ inputData: { data } }, headers)
    assert.equal(plain.properties.status, 'Completed', await world.why(plain.name))
    const said = plain.properties.outputData.said.uri.replace(/^.*\/paths\//, '')
    assert.equal((await world.blob(`${said}said.txt`)).text, 'hello 1 5\n')
    for (const [inputData, says] of [
      [{}, /needs the input 'data'/],
      [{ data, more: data }, /has no input 'more'/],
      [{ data: literal('x') }, /'data' of the component is data of type uri_folder/],
      [{ data, word: data }, /'word' of the component is a literal of type string/],
      [{ data, times: literal('many') }, /is no integer/],
    ] as const) {
      const refused = await world.invoke({ inputData }, headers)
      assert.deepEqual([refused.status, says.test(refused.json.error.message)], [400, true], refused.text)
    }
    const outputData = { other: { jobOutputType: 'UriFolder' } }
    const refused = await world.invoke({ inputData: { data }, outputData }, headers)
    assert.match(refused.json.error.message, /has no output 'other'/)
  })
}

test('a job runs a pipeline component as a whole, and a component is made of a job', async () => {
  const componentId = world.path('components/all/versions/1')
  const inputs = { data: { jobInputType: 'uri_folder', uri: data.uri }, times: { jobInputType: 'literal', value: '2' } }
  const job = { jobType: 'Pipeline', componentId, inputs, settings: { default_compute: 'cpu-cluster' } }
  const path = world.path('jobs/whole')
  const made = await world.arm.put(path, { properties: job })
  assert.equal(made.status, 201, made.text)
  assert.equal((await world.arm.put(path, { properties: { ...job, tags: { a: 'b' } } })).status, 200)
  const short = { ...job, inputs: { times: inputs.times } }
  const refused = await world.arm.put(world.path('jobs/short'), { properties: short })
  assert.match(refused.json.error.message, /The component needs the input 'data'/)
  const ended = async () => {
    const { status } = (await world.arm.get(path)).json.properties
    return ['Completed', 'Failed'].includes(status) && status
  }
  await world.until('the job is over', async () => (await ended()) !== false)
  assert.equal(await ended(), 'Completed', await world.why('whole'))
  // As azure-ai-ml does: always by the same name and version.
  const anonymous = world.path('components/azureml_anonymous/versions/1')
  const spec = { name: 'azureml_anonymous', type: 'pipeline', jobs: {}, sourceJobId: 'azureml:whole' }
  const first = await world.arm.put(anonymous, { properties: { componentSpec: spec, isAnonymous: true } })
  assert.equal(first.status, 201, first.text)
  const again = await world.arm.put(anonymous, { properties: { componentSpec: spec, isAnonymous: true } })
  assert.deepEqual([again.status, again.json.id], [200, first.json.id])
  assert.equal((await world.arm.get(anonymous)).status, 404)
  const lost = { componentSpec: { ...spec, sourceJobId: 'nobody' } }
  assert.match((await world.arm.put(anonymous, { properties: lost })).json.error.message, /there is no such job/)
  await deploy('ofjob', first.json.id)
  const outcome = await world.done({ inputData: { word: literal('again') } }, { 'azureml-model-deployment': 'ofjob' })
  assert.equal(outcome.properties.status, 'Completed', await world.why(outcome.name))
  const said = outcome.properties.outputData.said.uri.replace(/^.*\/paths\//, '')
  assert.equal((await world.blob(`${said}said.txt`)).text, 'again 2 5\n')
})

test('a deployment shows what it has and what Azure would have set, is patched, listed and removed', async () => {
  const path = `${world.endpoint}/deployments/main`
  const { properties } = (await world.arm.get(path)).json
  const { errorThreshold, loggingLevel, outputAction, outputFileName, resources, retrySettings } = properties
  assert.deepEqual(
    { errorThreshold, loggingLevel, outputAction, outputFileName, resources, retrySettings },
    {
      errorThreshold: -1,
      loggingLevel: 'Info',
      outputAction: 'AppendRow',
      outputFileName: 'predictions.csv',
      resources: { instanceCount: 1 },
      retrySettings: { maxRetries: 3, timeout: 'PT30S' },
    },
  )
  const patched = await world.arm.patch(path, { properties: { description: 'mine' }, tags: { a: 'b' } })
  assert.ok(patched.status < 300, patched.text)
  await world.arm.ended(patched)
  const now = (await world.arm.get(path)).json
  assert.deepEqual([now.properties.description, now.properties.miniBatchSize, now.tags], ['mine', 2, { a: 'b' }])
  const listed = (await world.arm.get(`${world.endpoint}/deployments`)).json.value
  assert.ok(listed.some((one: { name: string }) => one.name === 'main'))
  await world.arm.gone(path)
  const endpoint = (await world.arm.get(world.endpoint)).json
  assert.deepEqual(endpoint.properties.defaults, { deploymentName: null })
  await world.arm.gone(world.endpoint)
  assert.equal((await world.arm.get(path)).status, 404)
  assert.equal((await world.ask()).status, 404)
})

test('a model by its place in a datastore, and one that a job has put out', async () => {
  await world.arm.made(world.endpoint, { location: 'eastus', properties: { authMode: 'aadToken' } })
  const datastoreId = world.path('datastores/workspaceblobstore')
  const model = { referenceType: 'DataPath', datastoreId, path: 'registered/model' }
  await world.arm.made(`${world.endpoint}/deployments/placed`, world.deployment({ model }))
  const job = await world.done({ inputData: { data } }, { 'azureml-model-deployment': 'placed' })
  assert.equal(job.properties.status, 'Completed', await world.why(job.name))
  assert.equal((await world.rows(job)).length, 5)
  const output = { referenceType: 'OutputPath', jobId: world.path('jobs/no-such'), path: 'model' }
  const refused = await world.arm.refusal(`${world.endpoint}/deployments/lost`, world.deployment({ model: output }))
  assert.match(refused.message, /the job 'no-such' was not found/)
})
