import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { BatchWorld } from './batch-world.ts'

/** Batch endpoints as raw REST has them: deployed, invoked, followed, read. azure-ai-ml does the same in `clients`. */
let world: BatchWorld
before(async () => {
  world = await BatchWorld.start()
})
after(() => world?.server.stop())

const LETTERS = ['0.txt aa', '1.txt bb', '2.txt cc', '3.txt dd', '4.txt ee']
const place = (path: string) => `azureml://datastores/workspaceblobstore/paths/${path}`

describe('an invocation', () => {
  test('scores with the default deployment; its job is a pipeline of one step, whose rows are its output', async () => {
    const job = await world.done(world.folder('letters'))
    assert.equal(job.properties.status, 'Completed', await world.why(job.name))
    assert.deepEqual(await world.rows(job), LETTERS)
    assert.equal(job.id, `${world.endpoint}/jobs/${job.name}`)
    assert.equal(job.properties.inputData.letters.jobInputType, 'UriFolder')
    assert.equal(job.properties.outputData.score.jobOutputType, 'UriFolder')
    assert.equal(job.properties.experimentName, 'scores')
    const shown = (await world.arm.get(world.path(`jobs/${job.name}`))).json.properties
    assert.equal(shown.jobType, 'Pipeline')
    assert.equal(shown.tags['azureml.batchrun'], 'true')
    const run = await world.child(job.name)
    assert.equal(run.displayName, 'batchscoring')
    const overview = await world.artifact(run.runId, 'logs/job_progress_overview.txt')
    assert.match(overview, /Mini-batches: 3 created, 3 processed/)
    const log = await world.artifact(run.runId, 'user_logs/std_log.txt')
    assert.match(log, /3 mini-batches of 5 items; 2 worker processes .*max_concurrency_per_instance 2/)
    assert.match(await world.artifact(job.name, 'logs/azureml/executionlogs.txt'), /batchscoring/)
  })

  test('finds its data however it is named', async () => {
    const dataUri = place('letters')
    await world.arm.made(world.path('data/letters/versions/1'), { properties: { dataType: 'uri_folder', dataUri } })
    const store = world.path('datastores/workspaceblobstore')
    const inputs: Readonly<Record<string, object>> = {
      'a folder by its address': { jobInputType: 'UriFolder', uri: await world.address('letters') },
      'a folder by its datastore, in ARM’s words': {
        jobInputType: 'uri_folder',
        uri: `azureml:${store}/paths/letters`,
      },
      'a registered one': { jobInputType: 'UriFolder', uri: 'azureml:letters:1' },
      'a registered one by its id': { jobInputType: 'UriFolder', uri: world.path('data/letters/versions/1') },
      'the latest of one': {
        jobInputType: 'UriFolder',
        uri: 'azureml://locations/eastus/workspaces/default/data/letters/versions/labels/latest',
      },
    }
    const begun = await Promise.all(
      Object.entries(inputs).map(async ([what, data]) => [what, await world.invoke({ inputData: { data } })] as const),
    )
    // As the first clients did, with names that begin with a capital, and a comma at the end.
    const first = await world.ask('/jobs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"properties": {"dataset": {"dataInputType": "DataUrl", "Path": "${place('letters/3.txt')}"}, }}`,
    })
    for (const [what, answer] of begun) {
      assert.equal(answer.status, 201, `${what}: ${answer.text}`)
      const job = await world.ended(answer.json.name)
      assert.equal(job.properties.status, 'Completed', `${what}: ${await world.why(job.name)}`)
      assert.deepEqual(await world.rows(job), LETTERS, what)
    }
    assert.equal(first.status, 201, first.text)
    assert.deepEqual(await world.rows(await world.ended(first.json.name)), ['3.txt dd'])
  })

  test('scores a file, and the rows of an mltable', async () => {
    const file = { jobInputType: 'UriFile', uri: place('letters/1.txt') }
    assert.deepEqual(await world.rows(await world.done({ inputData: { file } })), ['1.txt bb'])
    await world.upload('table/MLTable', 'paths:\n- pattern: ./*.txt\n')
    await world.upload('table/x.txt', 'x')
    // azure-ai-ml writes the modes of tables as components do.
    const table = { jobInputType: 'MLTable', uri: place('table'), mode: 'ro_mount' }
    assert.deepEqual(await world.rows(await world.done({ inputData: { table } })), ['x.txt xx'])
  })

  test('puts what it says in the place of the deployment’s own settings', async () => {
    const job = await world.done(
      world.folder('letters', {
        name: 'overridden',
        miniBatchSize: 1,
        outputFileName: 'mine.csv',
        compute: { instanceCount: 1, isLocal: true },
        retrySettings: { maxRetries: 0, timeout: 'PT10S' },
        loggingLevel: 'Debug',
        tags: { mine: 'yes' },
        properties: { experimentName: 'elsewhere', note: 'kept' },
        outputDataset: { datastoreId: world.path('datastores/workspaceblobstore'), path: 'placed' },
      }),
    )
    assert.equal(job.name, 'overridden')
    assert.equal(job.properties.status, 'Completed', await world.why(job.name))
    assert.deepEqual(await world.rows(job, 'mine.csv'), LETTERS)
    assert.equal(job.properties.output.path, 'placed')
    const { experimentName, tags, properties } = job.properties
    assert.deepEqual([experimentName, tags.mine, properties.note], ['elsewhere', 'yes', 'kept'])
    const overview = await world.artifact((await world.child(job.name)).runId, 'logs/job_progress_overview.txt')
    assert.match(overview, /Mini-batches: 5 created/)
    const again = await world.invoke(world.folder('letters', { name: 'overridden' }))
    assert.deepEqual([again.status, again.json.error.innerError.innerError.code], [409, 'Conflict'])
    const same = { score: { jobOutputType: 'UriFile', uri: place('placed/mine.csv') } }
    const taken = await world.invoke(world.folder('letters', { outputData: same }))
    assert.equal(taken.status, 400)
    assert.match(taken.json.error.message, /There is a file at the output's place already: 'placed\/mine.csv'/)
  })

  test('that is sent again is one job', async () => {
    const headers = { 'repeatability_request-id': 'the-same' }
    const [one, two] = [
      await world.invoke(world.folder('letters'), headers),
      await world.invoke(world.folder('letters'), headers),
    ]
    assert.equal(one.json.name, two.json.name)
    const other = await world.invoke(world.folder('letters'), { 'repeatability_request-id': 'another' })
    assert.notEqual(other.json.name, one.json.name)
    assert.equal(typeof one.headers.location, 'string')
    await world.ended(one.json.name)
    await world.ended(other.json.name)
  })
})

describe('a deployment', () => {
  test('with SummaryOnly leaves files to its script', async () => {
    const own = world.deployment({ outputAction: 'SummaryOnly', environmentVariables: { MODE: 'own' } })
    await world.arm.made(`${world.endpoint}/deployments/own`, own)
    const job = await world.done(world.folder('letters'), { 'azureml-model-deployment': 'own' })
    assert.equal(job.properties.status, 'Completed', await world.why(job.name))
    assert.deepEqual(await world.rows(job), [])
    const { path } = job.properties.output
    assert.equal((await world.blob(`${path}own-4.txt.txt`)).text, '4.txt ee')
  })

  test('tries a mini-batch again, and says how often', async () => {
    for (const at of [0, 1]) await world.upload(`once/${at}.txt`, at === 0 ? 'once' : 'fine')
    const job = await world.done(world.folder('once', { miniBatchSize: 1 }))
    assert.equal(job.properties.status, 'Completed', await world.why(job.name))
    assert.deepEqual(await world.rows(job), ['0.txt onceonce', '1.txt finefine'])
    const overview = await world.artifact((await world.child(job.name)).runId, 'logs/job_progress_overview.txt')
    assert.match(overview, /2 created, 2 processed, 0 failed, 1 tried again/)
  })

  test('fails over more failed files than its error threshold admits, and not over as many', async () => {
    for (const at of [0, 1, 2]) await world.upload(`bad/${at}.txt`, at === 2 ? 'good' : 'bad')
    const retrySettings = { maxRetries: 0, timeout: 'PT30S' }
    const settings = { miniBatchSize: 1, retrySettings }
    const failed = await world.done(world.folder('bad', { ...settings, errorThreshold: 1 }))
    assert.deepEqual([failed.properties.status, failed.properties.provisioningState], ['Failed', 'Failed'])
    assert.match(await world.why(failed.name), /2 items have failed, and error_threshold allows 1/)
    assert.match(failed.properties.error.message, /batchscoring/)
    const passed = await world.done(world.folder('bad', { ...settings, errorThreshold: 2 }))
    assert.equal(passed.properties.status, 'Completed', await world.why(passed.name))
    assert.deepEqual(await world.rows(passed), ['2.txt goodgood'])
  })

  test('appends the rows of all its workers, each once', async () => {
    const names = Array.from({ length: 40 }, (_, at) => `${String(at).padStart(2, '0')}.txt`)
    for (const name of names) await world.upload(`many/${name}`, 'x')
    const job = await world.done(world.folder('many', { miniBatchSize: 3, compute: { instanceCount: 2 } }))
    assert.deepEqual(
      await world.rows(job),
      names.map((name) => `${name} xx`),
    )
    const log = await world.artifact((await world.child(job.name)).runId, 'user_logs/std_log.txt')
    assert.match(log, /14 mini-batches of 40 items; 4 worker processes/)
  })
})

describe('the jobs of an endpoint', () => {
  const region = 'eastus.api.azureml.ms'
  const front = (rest: string, method = 'GET', body?: object) =>
    world.server.ask(`/mferp/managementfrontend${rest}?api-version=2020-09-01-dataplanepreview`, {
      host: region,
      method,
      body,
    })

  test('are listed by endpoint and by deployment, at both hosts, and by pages that end', async () => {
    await world.arm.made(`${world.endpoint}/deployments/second`, world.deployment())
    const job = await world.done(world.folder('letters'), { 'azureml-model-deployment': 'second' })
    const listed = await world.ask()
    assert.equal(listed.json.value[0].name, job.name)
    assert.ok(listed.json.value.length > 1)
    const below = await front(`${world.endpoint}/jobs`)
    assert.deepEqual(below.json, listed.json)
    const names = (answer: typeof below) => answer.json.value.map((one: { name: string }) => one.name)
    assert.deepEqual(names(await front(`${world.endpoint}/deployments/second/jobs`)), [job.name])
    assert.ok(!names(await front(`${world.endpoint}/deployments/main/jobs`)).includes(job.name))
    assert.equal((await front(`${world.endpoint}/deployments/second/jobs/${job.name}`)).json.name, job.name)
    assert.equal((await front(`${world.endpoint}/deployments/main/jobs/${job.name}`)).status, 404)
    assert.equal((await front(`${world.endpoint}/jobs/nobody`)).status, 404)
    const made = await front(`${world.endpoint}/jobs`, 'POST', { properties: world.folder('letters') })
    assert.equal(made.status, 201, made.text)
    assert.match(
      String(made.headers.location),
      /^https:\/\/eastus\.api\.azureml\.ms\/mferp\/.*\/batchEndpoints\/scores\/jobs\//,
    )
    await world.ended(made.json.name)
  })

  test('are stopped and removed', async () => {
    const slow = { ...world.deployment({ environmentVariables: { MODE: 'slow' }, retrySettings: { timeout: 'PT5M' } }) }
    await world.arm.made(`${world.endpoint}/deployments/slow`, slow)
    const begun = await world.invoke(world.folder('letters'), { 'azureml-model-deployment': 'slow' })
    const path = `/jobs/${begun.json.name}`
    await world.until(`${path} runs`, async () => (await world.ask(path)).json.properties.status === 'Running')
    assert.equal((await world.ask(`${path}/cancel`, { method: 'POST' })).status, 202)
    assert.equal((await world.ended(begun.json.name)).properties.status, 'Canceled')
    assert.equal((await world.ask(`${path}/cancel`, { method: 'POST' })).status, 200)
    assert.equal((await world.ask(path, { method: 'DELETE' })).status, 204)
    assert.equal((await world.ask(path)).status, 404)
    const open = await world.invoke(world.folder('letters'), { 'azureml-model-deployment': 'slow' })
    assert.equal((await world.ask(`/jobs/${open.json.name}`, { method: 'DELETE' })).status, 202)
    await world.until('it is gone', async () => (await world.ask(`/jobs/${open.json.name}`)).status === 404)
  })
})

test('the same at Lazuli’s own origin, with links that stay there', async () => {
  const endpoint = await world.server.ask(`${world.endpoint}?api-version=2023-10-01`)
  const { scoringUri } = endpoint.json.properties
  assert.equal(new URL(scoringUri).pathname, '/_score/eastus/scores/jobs')
  const { pathname } = new URL(scoringUri)
  const begun = await world.server.ask(pathname, { method: 'POST', body: { properties: world.folder('letters') } })
  assert.equal(begun.status, 201, begun.text)
  assert.ok(String(begun.headers.location).startsWith(`${scoringUri}/`))
  assert.deepEqual(await world.rows(await world.ended(begun.json.name)), LETTERS)
})

test('jobs go on over a server that is killed, and its endpoints are asked as before', async () => {
  const begun = await world.invoke(world.folder('letters'), { 'azureml-model-deployment': 'slow' })
  const path = `/jobs/${begun.json.name}`
  const state = async () => (await world.ask(path)).json.properties.status
  await world.until(`${path} runs`, async () => (await state()) === 'Running')
  const run = await world.child(begun.json.name)
  await world.until('its step runs', async () => (await world.history(`runs/${run.runId}`)).status === 'Running')
  await world.server.kill9()
  await world.server.restart()
  assert.equal(await state(), 'Running')
  assert.equal((await world.history(`runs/${run.runId}`)).status, 'Running')
  assert.equal((await world.ask(`${path}/cancel`, { method: 'POST' })).status, 202)
  assert.equal((await world.ended(begun.json.name)).properties.status, 'Canceled')
  assert.deepEqual(await world.rows(await world.done(world.folder('letters'))), LETTERS)
})
