import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { startServer, type TestServer, until } from '../support/server.ts'
import { ArmClient } from './arm-client.ts'

/**
 * Parallel steps as raw REST has them. What the driver does by itself is in `src/compute/local/parallel-driver.test.ts`;
 * the real client drives the real client, with tables.
 */
let server: TestServer
let arm: ArmClient
before(async () => {
  server = await startServer({ env: { LAZULI_ALLOW_SUBSTITUTE: 'true' } })
  arm = new ArmClient(server)
  await arm.made(path('environments/plain/versions/1'), { properties: { image: 'python:3.11-slim' } })
  for (let at = 0; at < 7; at++) await upload(`numbers/${at}.txt`, String(at))
  await upload('code/score.py', SCRIPT)
  await arm.made(path('codes/score/versions/1'), { properties: { codeUri: await address('code') } })
  await component('score', {})
})
after(() => server.stop())

const SCRIPT = `
import argparse, os, time
parser = argparse.ArgumentParser()
parser.add_argument("--mode", default="good")
def init():
    global mode
    mode = parser.parse_known_args()[0].mode
def run(batch):
    if mode == "hang":
        time.sleep(300)
    if mode == "bad":
        raise ValueError("bad data")
    return [open(each).read() for each in batch]
`
const path = (rest: string) => `${arm.workspace}/${rest}`
const component = (name: string, more: object, task: object = {}) =>
  arm.made(path(`components/${name}/versions/1`), {
    properties: {
      componentSpec: {
        name,
        type: 'parallel',
        inputs: { data: { type: 'uri_folder', mode: 'ro_mount' }, mode: { type: 'string', optional: true } },
        outputs: { rows: { type: 'uri_file' } },
        input_data: '${{inputs.data}}',
        mini_batch_size: '2',
        max_concurrency_per_instance: 2,
        retry_settings: { max_retries: 1, timeout: 60 },
        task: {
          type: 'run_function',
          code: `azureml:${path('codes/score/versions/1')}`,
          entry_script: 'score.py',
          environment: `azureml:${path('environments/plain/versions/1')}`,
          program_arguments: '$[[--mode ${{inputs.mode}}]]',
          append_row_to: '${{outputs.rows}}',
          ...task,
        },
        ...more,
      },
    },
  })
const literal = (value: string) => ({ value, job_input_type: 'literal' })
const step = (more: object = {}, name = 'score', inputs: object = {}) => ({
  type: 'parallel',
  componentId: path(`components/${name}/versions/1`),
  inputs: {
    data: { job_input_type: 'uri_folder', uri: 'azureml://datastores/workspaceblobstore/paths/numbers' },
    ...inputs,
  },
  ...more,
})
const pipeline = (node: object, more: object = {}) => ({
  properties: {
    jobType: 'Pipeline',
    experimentName: 'parallel',
    settings: { default_compute: path('computes/cpu-cluster') },
    jobs: { all: node },
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
const history = async (rest: string) =>
  (await server.ask(`/history/v1.0${arm.workspace}/${rest}?api-version=v1.0`)).json
const child = async (name: string) => (await history(`runs/${name}/children`)).value[0]
const store = async () => (await arm.get(path('datastores/workspaceblobstore'))).json.properties
const blob = async (name: string, body?: string) => {
  const { accountName, containerName } = await store()
  return server.ask(`/_blob/${accountName}/${containerName}/${name}`, {
    token: await server.token({ resource: 'https://storage.azure.com/' }),
    headers: { 'x-ms-version': '2021-12-02', ...(body !== undefined && { 'x-ms-blob-type': 'BlockBlob' }) },
    ...(body !== undefined && { method: 'PUT', body }),
  })
}
const upload = async (name: string, body: string) => assert.equal((await blob(name, body)).status, 201)
const address = async (name: string) => {
  const { accountName, containerName } = await store()
  return `https://${accountName}.blob.core.windows.net/${containerName}/${name}`
}
const rows = async (run: string) => (await blob(`azureml/${run}/rows`)).text.split('\n').filter(Boolean).toSorted()

describe('a parallel step', () => {
  test('processes every item once, and its rows are its output', async () => {
    const node = step({
      mini_batch_size: '${{parent.inputs.size}}',
      resources: { instance_count: 2 },
      partition_keys: null,
    })
    const inputs = { size: { jobInputType: 'literal', value: '3' } }
    const made = await arm.put(path('jobs/good'), pipeline(node, { inputs }))
    assert.equal(made.status, 201, made.text)
    assert.equal((await ended('good')).status, 'Completed', JSON.stringify((await history('runs/good/details')).error))
    const run = await child('good')
    assert.deepEqual(await rows(run.runId), ['0', '1', '2', '3', '4', '5', '6'])
    const job = (await arm.get(path(`jobs/${run.runId}`))).json.properties
    assert.equal(job.displayName, 'all')
    assert.equal(job.task.entryScript, 'score.py')
    assert.equal(job.inputs.data.mode, 'ReadOnlyMount')
    const log = await artifact(run.runId, 'logs/job_progress_overview.txt')
    assert.match(log, /The job succeeded/)
    assert.match(log, /Mini-batches: 3 created, 3 processed, 0 failed/)
    assert.match(await artifact(run.runId, 'user_logs/std_log.txt'), /instance_count 2, max_concurrency_per_instance 2/)
  })

  test('is reused by content, and run anew where a setting of it differs', async () => {
    await arm.put(path('jobs/first'), pipeline(step()))
    await ended('first')
    await arm.put(path('jobs/again'), pipeline(step()))
    await ended('again')
    assert.equal((await child('again')).properties['azureml.isreused'], 'true')
    await arm.put(path('jobs/other'), pipeline(step({ mini_batch_size: 4 })))
    await ended('other')
    const other = await child('other')
    assert.equal(other.properties['azureml.isreused'], undefined)
    assert.match(other.properties['lazuli.reuse'], /'miniBatchSize' differs/)
  })

  test('fails with its reason where more fails than it allows', async () => {
    await arm.put(
      path('jobs/bad'),
      pipeline(step({ mini_batch_error_threshold: 0 }, 'score', { mode: literal('bad') })),
    )
    assert.equal((await ended('bad')).status, 'Failed')
    const { runId } = await child('bad')
    const { error } = await history(`runs/${runId}/details`)
    assert.match(JSON.stringify(error), /mini-batches have failed, and mini_batch_error_threshold allows 0/)
    assert.match(await artifact(runId, 'logs/user/error.txt'), /ValueError: bad data/)
  })

  test('whose driver is killed fails, and none of its processes is left', async () => {
    await arm.put(path('jobs/killed'), pipeline(step({}, 'score', { mode: literal('hang') })))
    const driver = await until(
      'a mini-batch hangs',
      async () => {
        const all = await processesOf('/main.py')
        return all.some(({ line }) => line.includes('worker')) && all.find(({ line }) => !line.includes('worker'))
      },
      60_000,
    )
    process.kill(driver.pid, 'SIGKILL')
    assert.equal((await ended('killed')).status, 'Failed')
    const { runId } = await child('killed')
    assert.match(JSON.stringify((await history(`runs/${runId}/details`)).error), /137 \(signal 9, SIGKILL\)/)
    assert.deepEqual(await processesOf('/main.py'), [])
  })

  test('is canceled with its pipeline', async () => {
    await arm.put(path('jobs/stopped'), pipeline(step({}, 'score', { mode: literal('hang') })))
    await until('a mini-batch hangs', async () => (await processesOf('worker')).length > 0, 60_000)
    await arm.post(path('jobs/stopped/cancel'))
    assert.equal((await ended('stopped')).status, 'Canceled')
    assert.equal((await child('stopped')).status, 'Canceled')
    assert.deepEqual(await processesOf('/main.py'), [])
  })

  for (const { what, node, says } of [
    { what: 'a size that is none', node: { mini_batch_size: 'many' }, says: /mini_batch_size 'many' is no number/ },
    { what: 'a threshold below -1', node: { error_threshold: -2 }, says: /error_threshold is a whole number from -1/ },
    {
      what: 'a timeout beyond three days',
      node: { retry_settings: { timeout: 259_201 } },
      says: /retry_settings.timeout is a whole number from 1 to 259200/,
    },
    {
      what: 'no processes',
      node: { max_concurrency_per_instance: 0 },
      says: /max_concurrency_per_instance is a whole/,
    },
    { what: 'an unknown level of logging', node: { logging_level: 'LOUD' }, says: /logging_level 'LOUD' is none of/ },
    { what: 'keys that are no names', node: { partition_keys: '[1]' }, says: /partition_keys is a list of names/ },
    {
      what: 'input_data that is no input',
      node: { input_data: '${{inputs.no}}' },
      says: /names 'no', which is no input/,
    },
    {
      what: 'input_data that is a literal',
      node: { input_data: '${{inputs.mode}}' },
      says: /'mode', which is no input of/,
    },
    { what: 'input_data that is no binding', node: { input_data: 'data' }, says: /'data' is no \$\{\{inputs.name\}\}/ },
    {
      what: 'rows for no output',
      node: { task: { append_row_to: '${{outputs.no}}' } },
      says: /'no', which is no output/,
    },
    { what: 'a task of another type', node: { task: { type: 'model' } }, says: /'model' is not offered here/ },
  ])
    test(`with ${what} is refused, and nothing of it is there`, async () => {
      const refused = await arm.refusal(path('jobs/refused'), pipeline(step(node)))
      assert.match(refused.message, says)
      assert.equal((await arm.get(path('jobs/refused'))).status, 404)
    })

  test('on more nodes than its compute has fails, and says so', async () => {
    await arm.put(path('jobs/wide'), pipeline(step({ resources: { instance_count: 50 } })))
    assert.equal((await ended('wide')).status, 'Failed')
    const { runId } = await child('wide')
    assert.match(JSON.stringify((await history(`runs/${runId}/details`)).error), /asks for 50 nodes/)
  })
})

const artifact = async (run: string, name: string) => {
  const { accountName } = await store()
  const token = await server.token({ resource: 'https://storage.azure.com/' })
  const answer = await server.ask(`/_blob/${accountName}/azureml/ExperimentRun/dcid.${run}/${name}`, {
    token,
    headers: { 'x-ms-version': '2021-12-02' },
  })
  assert.equal(answer.status, 200, answer.text)
  return answer.text
}

/** Processes of this machine whose command line ends with a word, of the drivers of this server's jobs. */
async function processesOf(word: string): Promise<readonly { readonly pid: number; readonly line: string }[]> {
  const found: { pid: number; line: string }[] = []
  for (const name of (await readdir('/proc')).filter((each) => /^\d+$/.test(each))) {
    const line = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ').trim()
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '')
    if (!/python\S* -B \S+\/parallel\/main\.py/.test(line) || !line.includes(word)) continue
    if (environment.includes(String(server.facts.subscriptionId))) found.push({ pid: Number(name), line })
  }
  return found
}
