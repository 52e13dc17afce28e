/**
 * Every operation of MLflow's REST API, asked as its reference says and otherwise: what it answers, and that it refuses what
 * is wrong in MLflow's words. The last test finds operations that nothing here has asked.
 */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { mlflowFace } from '../../src/data-planes/mlflow/face.ts'
import { startServer, type TestServer, until } from '../support/server.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server?.stop())

type Json = ReturnType<typeof JSON.parse>
/** Operations that have succeeded, as `GET /api/2.0/mlflow/runs/get`. */
const asked = new Set<string>()
const patterns = mlflowFace.operations.map(({ method, path, deep }) => ({
  name: `${method} ${path}`,
  method,
  path: new RegExp(`^${path.replace(/\{\w+\}$/, deep ? '.+' : '[^/]+').replace(/\{\w+\}/g, '[^/]+')}$`),
}))

async function raw(method: string, path: string, sent: Json = {}, headers: Record<string, string> = {}) {
  const query = method === 'GET' ? `?${new URLSearchParams(pairs(sent))}` : ''
  const body = method === 'GET' ? {} : { body: sent }
  const answer = await server.ask(`${path}${query}`, { method, headers, ...body })
  if (answer.status < 300) {
    // What stands in a path word for word comes before what fills a blank.
    const all = patterns.filter((one) => one.method === method && one.path.test(path))
    const found = all.find(({ name }) => name === `${method} ${path}`) ?? all[0]
    if (found) asked.add(found.name)
  }
  return answer
}
const pairs = (sent: Json): [string, string][] =>
  Object.entries(sent).flatMap(([key, value]) => [value].flat().map((one): [string, string] => [key, String(one)]))

const at = (path: string) => (path.startsWith('/api/') || path.startsWith('/v1/') ? path : `/api/2.0/mlflow${path}`)
async function ok(method: string, path: string, sent: Json = {}): Promise<Json> {
  const answer = await raw(method, at(path), sent)
  assert.equal(answer.status, 200, `${method} ${path}: ${answer.text}`)
  return answer.json
}
async function refused(method: string, path: string, sent: Json, code: string, message?: RegExp): Promise<void> {
  const answer = await raw(method, at(path), sent)
  assert.equal(
    answer.json.error_code,
    code,
    `${method} ${path} ${JSON.stringify(sent)}: ${answer.status} ${answer.text}`,
  )
  const statuses: Record<string, number> = { RESOURCE_DOES_NOT_EXIST: 404, NOT_IMPLEMENTED: 501 }
  assert.equal(answer.status, statuses[code] ?? 400, answer.text)
  if (message) assert.match(answer.json.message, message)
}
const BAD = 'INVALID_PARAMETER_VALUE'
const GONE = 'RESOURCE_DOES_NOT_EXIST'
const TAKEN = 'RESOURCE_ALREADY_EXISTS'
const V3 = '/api/3.0/mlflow'

let names = 0
const newExperiment = async (): Promise<string> =>
  (await ok('POST', '/experiments/create', { name: `e${names++}` })).experiment_id
const newRun = async (experiment_id: string, more: Json = {}): Promise<string> =>
  (await ok('POST', '/runs/create', { experiment_id, ...more })).run.info.run_id

describe('experiments', () => {
  test('made, found, changed, tagged, deleted, restored', async () => {
    const name = 'what: any/name?'
    const tags = [{ key: 'a', value: 'b' }]
    const { experiment_id } = await ok('POST', '/experiments/create', { name, tags })
    const { experiment } = await ok('GET', '/experiments/get', { experiment_id })
    assert.deepEqual([experiment.name, experiment.lifecycle_stage, experiment.tags], [name, 'active', tags])
    assert.equal((await ok('GET', '/experiments/get-by-name', { experiment_name: name })).experiment.name, name)
    await ok('POST', '/experiments/update', { experiment_id, new_name: 'renamed' })
    await ok('POST', '/experiments/set-experiment-tag', { experiment_id, key: 'c', value: 'd' })
    await ok('POST', '/experiments/delete-experiment-tag', { experiment_id, key: 'a' })
    const filter = "tags.c = 'd' and name LIKE 'ren%' and creation_time > 0"
    for (const method of ['GET', 'POST']) {
      const found = await ok(method, '/experiments/search', { filter, max_results: 10, order_by: ['name DESC'] })
      assert.deepEqual(
        found.experiments.map((one: Json) => one.tags),
        [[{ key: 'c', value: 'd' }]],
      )
    }
    await ok('POST', '/experiments/delete', { experiment_id })
    assert.equal((await ok('POST', '/experiments/search', { filter })).experiments.length, 0)
    assert.equal((await ok('POST', '/experiments/search', { filter, view_type: 'DELETED_ONLY' })).experiments.length, 1)
    await refused('POST', '/experiments/update', { experiment_id, new_name: 'x' }, 'INVALID_STATE')
    await ok('POST', '/experiments/restore', { experiment_id })
    await refused('POST', '/experiments/create', { name: 'renamed' }, TAKEN)
    await refused('POST', '/experiments/create', { name: 123 }, BAD, /Invalid value 123 for parameter 'name'/)
    await refused('POST', '/experiments/create', {}, BAD, /Missing value for required parameter 'name'/)
    await refused(
      'POST',
      '/experiments/create',
      { name: 'x', tags: '5' },
      BAD,
      /Invalid value "5" for parameter 'tags'/,
    )
    await refused('POST', '/experiments/create', { name: 'x'.repeat(501) }, BAD)
    await refused('POST', '/experiments/create', { name: 'x', artifact_location: 's3://x' }, BAD, /own store/)
    await refused('POST', '/experiments/delete-experiment-tag', { experiment_id, key: 'nope' }, GONE)
    await refused('POST', '/experiments/search', { view_type: 'SOME' }, BAD, /Invalid view type/)
    await refused('POST', '/experiments/search', { max_results: 0 }, BAD, /max_results/)
    await refused('POST', '/experiments/search', { filter: 'metrics.x > 1' }, BAD, /Invalid entity type 'metrics'/)
    await refused('POST', '/experiments/search', { page_token: 'x' }, BAD, /page token/)
  })
})

describe('runs', () => {
  test('made with all that can be said, changed, ended, deleted, restored', async () => {
    const experiment_id = await newExperiment()
    const tags = [
      { key: 'mlflow.user', value: 'ada' },
      { key: 'mlflow.source.name', value: 'x.py' },
    ]
    const made = await ok('POST', '/runs/create', { experiment_id, start_time: 456, run_name: 'my name', tags })
    const { run_id } = made.run.info
    const { run } = await ok('GET', '/runs/get', { run_id })
    assert.deepEqual([run.info.user_id, run.info.start_time, run.info.run_name], ['ada', 456, 'my name'])
    await ok('POST', '/runs/set-tag', { run_id, key: 'k', value: '' })
    await ok('POST', '/runs/delete-tag', { run_id, key: 'k' })
    await refused('POST', '/runs/delete-tag', { run_id, key: 'k' }, GONE, /No tag with name: k in run with id/)
    const ended = await ok('POST', '/runs/update', { run_id, status: 'FINISHED', end_time: '789', run_name: 'new' })
    assert.deepEqual(
      [ended.run_info.status, ended.run_info.end_time, ended.run_info.run_name],
      ['FINISHED', 789, 'new'],
    )
    await refused('POST', '/runs/update', { run_id, status: 'DONE' }, BAD)
    await ok('POST', '/runs/delete', { run_id })
    await refused('POST', '/runs/log-metric', { run_id, key: 'm', value: 1, timestamp: 1 }, BAD, /deleted/)
    await ok('POST', '/runs/restore', { run_id })
    await refused('GET', '/runs/get', { run_id: 'none' }, GONE)
    await refused('GET', '/runs/get', {}, BAD, /Missing value for required parameter 'run_id'/)
    await refused('POST', '/runs/create', { experiment_id: 'none' }, GONE)
  })

  test('metrics, params and tags, alone and in batches; NaN and infinities; a retry adds nothing', async () => {
    const run_id = await newRun(await newExperiment())
    for (const [key, value] of [
      ['m', 1.5],
      ['nan', 'NaN'],
      ['inf', 'Infinity'],
      ['neg', '-Infinity'],
    ]) {
      await ok('POST', '/runs/log-metric', { run_id, key, value, timestamp: 10, step: 2 })
    }
    const metrics = [1, 2, 3].map((step) => ({ key: 'series/loss', value: step / 2, timestamp: step, step }))
    const params = [{ key: 'lr', value: '0.1' }]
    const batch = { run_id, metrics, params, tags: [{ key: 't', value: 'v' }] }
    for (let times = 0; times < 2; times++) await ok('POST', '/runs/log-batch', batch)
    await ok('POST', '/runs/log-parameter', { run_id, key: 'empty', value: '' })
    const { run } = await ok('GET', '/runs/get', { run_id })
    const values = Object.fromEntries(run.data.metrics.map((one: Json) => [one.key, one.value]))
    assert.deepEqual(values, { m: 1.5, nan: 'NaN', inf: 'Infinity', neg: '-Infinity', 'series/loss': 1.5 })
    const history = await ok('GET', '/metrics/get-history', { run_id, metric_key: 'series/loss', max_results: 2 })
    assert.deepEqual(
      history.metrics.map((one: Json) => one.step),
      [1, 2],
    )
    const rest = { run_id, metric_key: 'series/loss', page_token: history.next_page_token }
    assert.deepEqual(
      (await ok('GET', '/metrics/get-history', rest)).metrics.map((one: Json) => one.step),
      [3],
    )
    assert.deepEqual((await ok('GET', '/metrics/get-history', { run_id, metric_key: 'none' })).metrics, [])
    const bulk = await ok('GET', '/metrics/get-history-bulk', { run_id: [run_id], metric_key: 'series/loss' })
    assert.deepEqual(
      bulk.metrics.map((one: Json) => one.run_id),
      [run_id, run_id, run_id],
    )
    const chart = { run_ids: [run_id], metric_key: 'series/loss', start_step: 2, end_step: 3, max_results: 10 }
    assert.equal((await ok('GET', '/metrics/get-history-bulk-interval', chart)).metrics.length, 2)
    const param = { run_id, key: 'lr', value: '0.2' }
    await refused('POST', '/runs/log-parameter', param, BAD, /Changing param values is not allowed/)
    await refused(
      'POST',
      '/runs/log-metric',
      { run_id: 31, key: 'm', value: 1 },
      BAD,
      /Invalid value 31 for parameter 'run_id' supplied/,
    )
    await refused(
      'POST',
      '/runs/log-metric',
      { run_id, key: 'm', value: 1, step: 'foo' },
      BAD,
      /"foo" for parameter 'step'/,
    )
    await refused(
      'POST',
      '/runs/log-metric',
      { run_id: null, key: 'm', value: 1 },
      BAD,
      /Missing value for required parameter 'run_id'/,
    )
    await refused(
      'POST',
      '/runs/log-metric',
      { run_id, key: null, value: 1 },
      BAD,
      /Missing value for required parameter 'key'/,
    )
    await refused('POST', '/runs/log-metric', { run_id, key: 'a//b', value: 1, timestamp: 1 }, BAD, /must not resolve/)
    await refused('POST', '/runs/log-metric', { run_id, key: 'a', value: 1, timestamp: -1 }, BAD, /nonnegative/)
    await refused('POST', '/runs/log-metric', { run_id, key: 'k'.repeat(251), value: 1, timestamp: 1 }, BAD, /250/)
    await refused('POST', '/runs/log-parameter', { run_id, key: 'p', value: 'x'.repeat(6001) }, BAD, /6000/)
    await refused('POST', '/runs/set-tag', { run_id, key: 'p', value: 'x'.repeat(8001) }, BAD, /8000/)
    const many = (count: number) =>
      Array.from({ length: count }, (_, step) => ({ key: 'm', value: 1, timestamp: 1, step }))
    await refused('POST', '/runs/log-batch', { run_id, metrics: many(1001) }, BAD, /at most 1000 metrics/)
    const wrong = {
      run_id,
      metrics: [{ key: 'fine', value: 1, timestamp: 1 }],
      params: [{ key: 'lr', value: 'other' }],
    }
    await refused('POST', '/runs/log-batch', wrong, BAD)
    assert.equal((await ok('GET', '/metrics/get-history', { run_id, metric_key: 'fine' })).metrics.length, 0)
    await refused(
      'GET',
      '/metrics/get-history-bulk-interval',
      { ...chart, end_step: 1 },
      BAD,
      /end_step must be greater/,
    )
    await refused('GET', '/metrics/get-history-bulk', { metric_key: 'x' }, BAD, /run_id/)
  })

  test('inputs, outputs and models', async () => {
    const experiment_id = await newExperiment()
    const run_id = await newRun(experiment_id)
    const dataset = { name: 'iris', digest: 'd1', source_type: 'local', source: 'x' }
    const tags = [{ key: 'mlflow.data.context', value: 'training' }]
    const input = { run_id, datasets: [{ dataset, tags }] }
    for (let times = 0; times < 2; times++) await ok('POST', '/runs/log-inputs', input)
    const { model } = await ok('POST', '/logged-models', { experiment_id, name: 'lm', source_run_id: run_id })
    const { model_id } = model.info
    await ok('POST', '/runs/outputs', { run_id, models: [{ model_id, step: 3 }] })
    await ok('POST', '/runs/log-model', { run_id, model_json: '{"artifact_path":"model"}' })
    const { run } = await ok('GET', '/runs/get', { run_id })
    assert.deepEqual(run.inputs.dataset_inputs, [{ dataset, tags }])
    assert.deepEqual(run.outputs.model_outputs, [{ model_id, step: 3 }])
    const { runs } = await ok('POST', '/runs/search', {
      experiment_ids: [experiment_id],
      filter: "datasets.name = 'iris' and dataset.context IN ('training')",
    })
    assert.equal(runs.length, 1)
    const summary = (await ok('POST', '/experiments/search-datasets', { experiment_ids: [experiment_id] }))
      .dataset_summaries
    assert.deepEqual(summary, [{ experiment_id, name: 'iris', digest: 'd1', context: 'training' }])
    await refused('POST', '/runs/outputs', { run_id, models: [{ model_id: 'm-none' }] }, GONE)
    await refused('POST', '/runs/log-model', { run_id, model_json: '{' }, BAD)
    await refused('POST', '/experiments/search-datasets', {}, BAD)
  })

  test('search: filters, several orders with nulls last, pages that stay right while runs are added', async () => {
    const experiment_id = await newExperiment()
    const values: (number | string | undefined)[] = [3, 1, undefined, 'NaN', 2, 2]
    const ids: string[] = []
    for (const [index, value] of values.entries()) {
      const run_id = await newRun(experiment_id, { start_time: 1000 + index, run_name: `r${index}` })
      ids.push(run_id)
      if (value !== undefined) await ok('POST', '/runs/log-metric', { run_id, key: 'm', value, timestamp: 1 })
      await ok('POST', '/runs/log-parameter', { run_id, key: 'p', value: index % 2 === 0 ? 'even' : 'odd' })
    }
    const search = async (more: Json): Promise<{ found: number[]; next: string }> => {
      const answer = await ok('POST', '/runs/search', { experiment_ids: [experiment_id], ...more })
      const found = answer.runs.map((run: Json) => ids.indexOf(run.info.run_id))
      return { found, next: answer.next_page_token }
    }
    const order_by = ['metrics.m DESC', 'params.p ASC', 'start_time ASC']
    assert.deepEqual((await search({ order_by })).found.slice(0, 4), [0, 4, 5, 1])
    assert.deepEqual((await search({ order_by: ['metrics.m'] })).found.slice(0, 2), [1, 5])
    assert.deepEqual((await search({ filter: "metrics.m >= 2 and params.p = 'even'" })).found.toSorted(), [0, 4])
    assert.deepEqual((await search({ filter: "attributes.run_name IN ('r1','r5')" })).found.toSorted(), [1, 5])
    assert.deepEqual((await search({ filter: 'tags.nope IS NULL and start_time < 1001' })).found, [0])
    for (const order of [order_by, []]) {
      const all = (await search({ order_by: order })).found.filter((one) => one >= 0)
      const seen: number[] = []
      let page_token: string | undefined
      do {
        const page = await search({ order_by: order, max_results: 2, ...(page_token && { page_token }) })
        seen.push(...page.found.filter((one) => one >= 0))
        page_token = page.next
        const added = await newRun(experiment_id, { start_time: 9000 })
        await ok('POST', '/runs/log-metric', { run_id: added, key: 'm', value: 99, timestamp: 1 })
        await ok('POST', '/runs/log-parameter', { run_id: added, key: 'p', value: 'odd' })
      } while (page_token)
      assert.deepEqual(seen, all)
    }
    await refused('POST', '/runs/search', { experiment_ids: [experiment_id], max_results: 50_001 }, BAD)
    await refused('POST', '/runs/search', { experiment_ids: [experiment_id], filter: 'a = 1 or b = 2' }, BAD)
    await refused('POST', '/runs/search', { experiment_ids: [experiment_id], order_by: ['nope'] }, BAD, /nope/)
  })
})

describe('logged models', () => {
  test('made, measured, tagged, searched, finished, deleted; their files', async () => {
    const experiment_id = await newExperiment()
    const run_id = await newRun(experiment_id)
    const pair = (key: string, value: string) => ({ key, value })
    const made = await ok('POST', '/logged-models', {
      experiment_id,
      name: 'one',
      model_type: 'agent',
      params: [pair('lr', '1')],
      tags: [pair('a', 'b')],
    })
    const { model_id, artifact_uri, status } = made.model.info
    assert.equal(status, 'LOGGED_MODEL_PENDING')
    const one = `/logged-models/${model_id}`
    const metric = { run_id, key: 'acc', timestamp: 1, model_id }
    await ok('POST', '/runs/log-metric', { ...metric, value: 0.5, dataset_name: 'd', dataset_digest: 'x' })
    await ok('POST', '/runs/log-batch', { run_id, metrics: [{ ...metric, value: 0.9 }] })
    await ok('PATCH', `${one}/tags`, { tags: [pair('c', 'd')] })
    await ok('DELETE', `${one}/tags/a`)
    await ok('POST', `${one}/params`, { params: [pair('depth', '3')] })
    await ok('PATCH', one, { status: 'LOGGED_MODEL_READY' })
    const { model } = await ok('GET', one)
    assert.deepEqual([model.info.status, model.info.tags], ['LOGGED_MODEL_READY', [pair('c', 'd')]])
    assert.deepEqual(
      model.data.metrics.map((each: Json) => [each.value, each.dataset_name]),
      [
        [0.5, 'd'],
        [0.9, undefined],
      ],
    )
    const search = async (more: Json) =>
      (await ok('POST', '/logged-models/search', { experiment_ids: [experiment_id], ...more })).models.length
    assert.equal(
      await search({ filter: "metrics.acc > 0.8 and params.depth = '3' and status = 'LOGGED_MODEL_READY'" }),
      1,
    )
    assert.equal(await search({ filter: 'metrics.acc > 0.8', datasets: [{ dataset_name: 'd' }] }), 0)
    assert.equal(await search({ order_by: [{ field_name: 'metrics.acc', ascending: false }] }), 1)
    const file = `/api/2.0/mlflow-artifacts/artifacts/${artifact_uri.replace('mlflow-artifacts:/', '')}/MLmodel`
    assert.equal((await raw('PUT', file, 'flavors:\n')).status, 200)
    const list = await ok('GET', `${one}/artifacts/directories`)
    assert.deepEqual(list.files, [{ path: 'MLmodel', is_dir: false, file_size: 9 }])
    const bytes = await raw('GET', at(`${one}/artifacts/files`), { artifact_file_path: 'MLmodel' })
    assert.equal(bytes.text, 'flavors:\n')
    await refused('GET', `${one}/artifacts/files`, { artifact_file_path: '../x' }, BAD)
    await refused('POST', '/logged-models', { experiment_id, name: 'a/b' }, BAD, /cannot contain/)
    await refused('PATCH', one, { status: 'NICE' }, BAD)
    await refused('DELETE', `${one}/tags/nope`, {}, GONE)
    await refused('POST', '/runs/log-metric', { ...metric, value: 1, model_id: 'm-none' }, GONE)
    await refused('POST', '/logged-models/search', { filter: 'nope = 1' }, BAD)
    await ok('DELETE', one)
    await refused('GET', one, {}, GONE)
  })
})

describe('the registry', () => {
  const files = async (): Promise<{ run_id: string; source: string }> => {
    const run_id = await newRun(await newExperiment())
    const { run } = await ok('GET', '/runs/get', { run_id })
    const root = run.info.artifact_uri
    const path = `/api/2.0/mlflow-artifacts/artifacts/${root.replace('mlflow-artifacts:/', '')}/model/MLmodel`
    assert.equal((await raw('PUT', path, 'flavors:\n  sklearn:\n    x: 1\n')).status, 200)
    return { run_id, source: `${root}/model` }
  }

  test('a model and its versions, stages, tags, aliases; the same in the resource manager', async () => {
    const { run_id, source } = await files()
    const name = 'registered'
    await ok('POST', '/registered-models/create', { name, tags: [{ key: 'a', value: 'b' }], description: 'd' })
    await refused('POST', '/registered-models/create', { name }, TAKEN)
    for (const from of [source, `runs:/${run_id}/model`]) {
      const { model_version } = await ok('POST', '/model-versions/create', {
        name,
        source: from,
        run_id,
        run_link: 'http://x',
      })
      assert.deepEqual([model_version.source, model_version.run_id, model_version.status], [source, run_id, 'READY'])
    }
    await ok('PATCH', '/registered-models/update', { name, description: 'e' })
    await ok('PATCH', '/model-versions/update', { name, version: '1', description: 'v' })
    await ok('POST', '/registered-models/set-tag', { name, key: 'k', value: 'v' })
    await ok('DELETE', '/registered-models/delete-tag', { name, key: 'a' })
    await ok('POST', '/model-versions/set-tag', { name, version: '1', key: 'k', value: 'v' })
    await ok('POST', '/model-versions/set-tag', { name, version: '1', key: 'gone', value: 'v' })
    await ok('DELETE', '/model-versions/delete-tag', { name, version: '1', key: 'gone' })
    await ok('POST', '/registered-models/alias', { name, alias: 'champion', version: '1' })
    assert.equal((await ok('GET', '/registered-models/alias', { name, alias: 'champion' })).model_version.version, '1')
    for (const alias of ['latest', 'v3', 'a b'])
      await refused('POST', '/registered-models/alias', { name, alias, version: '1' }, BAD)
    await ok('POST', '/model-versions/transition-stage', { name, version: '1', stage: 'production' })
    const staged = { name, version: '2', stage: 'Production', archive_existing_versions: true }
    await ok('POST', '/model-versions/transition-stage', staged)
    await refused('POST', '/model-versions/transition-stage', { ...staged, stage: 'Nowhere' }, BAD)
    assert.equal(
      (await ok('GET', '/model-versions/get', { name, version: '1' })).model_version.current_stage,
      'Archived',
    )
    for (const method of ['GET', 'POST']) {
      const latest = await ok(method, '/registered-models/get-latest-versions', { name, stages: ['Production'] })
      assert.deepEqual(
        latest.model_versions.map((one: Json) => one.version),
        ['2'],
      )
    }
    assert.equal((await ok('GET', '/model-versions/get-download-uri', { name, version: '1' })).artifact_uri, source)
    const workspace = new URL(server.facts.mlflowUrl).pathname.replace('/mlflow', '')
    const arm = await server.ask(`${workspace}/models/${name}/versions/1?api-version=2023-10-01`)
    assert.deepEqual([arm.json.properties.modelType, arm.json.properties.jobName], ['mlflow_model', run_id])
    await ok('POST', '/registered-models/rename', { name, new_name: 'renamed' })
    await refused('GET', '/registered-models/get', { name }, GONE)
    const { registered_model } = await ok('GET', '/registered-models/get', { name: 'renamed' })
    assert.deepEqual(registered_model.aliases, [{ alias: 'champion', version: '1' }])
    const found = await ok('GET', '/registered-models/search', { filter: "name ILIKE 'REN%' and tags.k = 'v'" })
    assert.equal(found.registered_models.length, 1)
    const versions = await ok('GET', '/model-versions/search', {
      filter: `run_id = '${run_id}' and version_number > 1`,
    })
    assert.deepEqual(
      versions.model_versions.map((one: Json) => one.version),
      ['2'],
    )
    await ok('DELETE', '/registered-models/alias', { name: 'renamed', alias: 'champion' })
    await refused('GET', '/registered-models/alias', { name: 'renamed', alias: 'champion' }, GONE)
    await ok('DELETE', '/model-versions/delete', { name: 'renamed', version: '1' })
    await refused('GET', '/model-versions/get', { name: 'renamed', version: '1' }, GONE)
    await ok('DELETE', '/registered-models/delete', { name: 'renamed' })
    await refused('POST', '/model-versions/create', { name: 'none', source }, GONE)
    await refused('POST', '/registered-models/create', { name: 'a/b' }, BAD)
    await refused('GET', '/registered-models/search', { filter: "nope = 'x'" }, BAD)
  })

  test('what the resource manager registered is a version here, and its files can be read', async () => {
    const { source } = await files()
    const workspace = new URL(server.facts.mlflowUrl).pathname.replace('/mlflow', '')
    const run = /runs\/([^/]+)\/artifacts/.exec(source)?.[1]
    const modelUri = `azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.${run}/model`
    const put = await server.ask(`${workspace}/models/byarm/versions/1?api-version=2023-10-01`, {
      method: 'PUT',
      body: { properties: { modelUri, modelType: 'mlflow_model' } },
    })
    assert.ok(put.status < 300, put.text)
    const { artifact_uri } = await ok('GET', '/model-versions/get-download-uri', { name: 'byarm', version: '1' })
    const path = artifact_uri.replace('mlflow-artifacts:/', '')
    assert.match((await raw('GET', `/api/2.0/mlflow-artifacts/artifacts/${path}/MLmodel`)).text, /sklearn/)
  })

  test('prompts are registered models that only who asks for prompts is shown', async () => {
    const prompt = { key: 'mlflow.prompt.is_prompt', value: 'true' }
    const name = 'greeting'
    await ok('POST', '/registered-models/create', { name, tags: [prompt] })
    const tags = [prompt, { key: 'mlflow.prompt.text', value: 'Hello {{name}}' }]
    await ok('POST', '/model-versions/create', { name, source: 'dummy-source', tags })
    assert.deepEqual(
      (await ok('GET', '/registered-models/search', { filter: `name = '${name}'` })).registered_models,
      [],
    )
    const filter = "tags.`mlflow.prompt.is_prompt` = 'true'"
    assert.equal((await ok('GET', '/registered-models/search', { filter })).registered_models.length, 1)
    assert.equal((await ok('GET', '/model-versions/search', { filter })).model_versions.length, 1)
    const { artifact_uri } = await ok('GET', '/model-versions/get-download-uri', { name, version: '1' })
    const file = await raw(
      'GET',
      `/api/2.0/mlflow-artifacts/artifacts/${artifact_uri.replace('mlflow-artifacts:/', '')}`,
    )
    assert.equal(file.text, 'Hello {{name}}')
  })
})

describe('webhooks', () => {
  interface Told {
    readonly headers: IncomingMessage['headers']
    readonly body: string
  }
  const told: Told[] = []
  const statuses: number[] = []
  const receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      told.push({ headers: request.headers, body })
      response.writeHead(statuses.shift() ?? 200).end('thanks')
    })
  })
  let url = ''
  before(async () => {
    await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done))
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`
  })
  after(() => receiver.close())

  test('made, listed, changed, tested, and told of what happens: signed, and again after a failure', async () => {
    const created = { entity: 'REGISTERED_MODEL', action: 'CREATED' }
    const events = [created, { entity: 'MODEL_VERSION_ALIAS', action: 'DELETED' }]
    const { webhook } = await ok('POST', '/webhooks', { name: 'mine', url, events, secret: 's3cret' })
    assert.deepEqual([webhook.status, webhook.events, webhook.secret], ['ACTIVE', events, undefined])
    const one = `/webhooks/${webhook.webhook_id}`
    const { result } = await ok('POST', `${one}/test`, { event: created })
    assert.deepEqual([result.success, result.response_status, result.response_body], [true, 200, 'thanks'])
    assert.equal(JSON.parse(told[0]?.body ?? '').entity, 'registered_model')
    told.length = 0
    statuses.push(503)
    await ok('POST', '/registered-models/create', { name: 'hooked', description: 'x' })
    await until('the webhook is told twice', async () => told.length === 2)
    const [first, second] = told
    assert.equal(first?.headers['x-mlflow-delivery-id'], second?.headers['x-mlflow-delivery-id'])
    const { entity, action, data } = JSON.parse(second?.body ?? '')
    assert.deepEqual([entity, action, data.name, data.description], ['registered_model', 'created', 'hooked', 'x'])
    const signed = `${second?.headers['x-mlflow-delivery-id']}.${second?.headers['x-mlflow-timestamp']}.${second?.body}`
    const signature = createHmac('sha256', 's3cret').update(signed).digest('base64')
    assert.equal(second?.headers['x-mlflow-signature'], `v1,${signature}`)
    assert.equal((await ok('PATCH', one, { status: 'DISABLED', name: 'other' })).webhook.status, 'DISABLED')
    assert.equal((await ok('GET', one)).webhook.name, 'other')
    assert.equal((await ok('GET', '/webhooks')).webhooks.length, 1)
    const wrong = { name: 'x', url: 'ftp://x', events }
    await refused('POST', '/webhooks', wrong, BAD, /no http or https URL/)
    await refused('POST', '/webhooks', { ...wrong, url, name: '-x' }, BAD, /name/)
    await refused('POST', '/webhooks', { ...wrong, url, events: [] }, BAD)
    await refused(
      'POST',
      '/webhooks',
      { ...wrong, url, events: [{ entity: 'RUN', action: 'CREATED' }] },
      BAD,
      /RUN.CREATED/,
    )
    await refused('PATCH', one, { status: 'ASLEEP' }, BAD)
    await ok('DELETE', one)
    await refused('GET', one, {}, GONE)
  })
})

describe('traces', () => {
  const now = Date.now()
  const nanos = (ms: number) => `${ms}000000`
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } })
  const span = (trace: string, id: string, parent: string, more: Json = {}) => ({
    traceId: trace,
    spanId: id,
    ...(parent && { parentSpanId: parent }),
    name: `span-${id.slice(-1)}`,
    kind: 1,
    startTimeUnixNano: nanos(now),
    endTimeUnixNano: nanos(now + 250),
    status: { code: 1 },
    ...more,
  })
  const send = (experiment: string, spans: Json[], headers: Record<string, string> = {}) =>
    raw(
      'POST',
      '/v1/traces',
      { resourceSpans: [{ scopeSpans: [{ spans }] }] },
      { 'content-type': 'application/json', 'x-mlflow-experiment-id': experiment, ...headers },
    )

  test('spans over OpenTelemetry make a trace, which is read, tagged, judged, linked, searched, deleted', async () => {
    const experiment = await newExperiment()
    const run_id = await newRun(experiment)
    const hex = 'ab'.repeat(16)
    const attributes = [text('mlflow.spanInputs', '{"q":1}'), text('mlflow.spanType', 'CHAIN')]
    const spans = [span(hex, '1'.repeat(16), '', { attributes }), span(hex, '2'.repeat(16), '1'.repeat(16))]
    const answer = await send(experiment, spans)
    assert.deepEqual([answer.status, answer.json], [200, {}])
    const trace_id = `tr-${hex}`
    const info = (await ok('GET', `${V3}/traces/${trace_id}`)).trace.trace_info
    assert.deepEqual([info.state, info.execution_duration, info.request_preview], ['OK', '0.250s', '{"q":1}'])
    const { trace } = await ok('GET', `${V3}/traces/get`, { trace_id, allow_partial: 'False' })
    assert.deepEqual(
      trace.spans.map((one: Json) => [Buffer.from(one.traceId, 'base64').toString('hex'), one.name]),
      [
        [hex, 'span-1'],
        [hex, 'span-2'],
      ],
    )
    assert.equal((await ok('GET', `${V3}/traces/batchGet`, { trace_ids: [trace_id] })).traces[0].spans.length, 2)
    assert.equal(
      (await ok('POST', `${V3}/traces/batchGetInfos`, { trace_ids: [trace_id, 'none'] })).trace_infos.length,
      1,
    )
    for (const api of ['2.0', '3.0']) {
      await ok('PATCH', `/api/${api}/mlflow/traces/${trace_id}/tags`, { key: 'k', value: 'v' })
      await ok('DELETE', `/api/${api}/mlflow/traces/${trace_id}/tags`, { key: 'k' })
      await refused('DELETE', `/api/${api}/mlflow/traces/${trace_id}/tags`, { key: 'k' }, GONE)
    }
    const source = { source_type: 'HUMAN', source_id: 'ada' }
    const said = { assessment_name: 'good', source, feedback: { value: 0.5 }, metadata: { a: 'b' } }
    const all = `${V3}/traces/${trace_id}/assessments`
    const { assessment } = await ok('POST', all, { assessment: said })
    const one = `${all}/${assessment.assessment_id}`
    const change = { assessment: { feedback: { value: 0.7 }, rationale: 'r' }, update_mask: 'feedback,rationale' }
    assert.equal((await ok('PATCH', one, change)).assessment.feedback.value, 0.7)
    assert.equal((await ok('GET', one)).assessment.rationale, 'r')
    const over = { ...said, feedback: { value: 1 }, overrides: assessment.assessment_id }
    const newer = (await ok('POST', all, { assessment: over })).assessment.assessment_id
    assert.equal((await ok('GET', one)).assessment.valid, false)
    await ok('DELETE', `${all}/${newer}`)
    assert.equal((await ok('GET', one)).assessment.valid, true)
    await refused('POST', all, { assessment: { ...said, expectation: { value: 1 } } }, BAD, /exactly one/)
    await refused('PATCH', one, { ...change, update_mask: 'traceId' }, BAD)
    await refused('PATCH', one, { assessment: { expectation: { value: 1 } }, update_mask: 'expectation' }, BAD)
    await refused('GET', `${all}/a-none`, {}, GONE)
    await ok('POST', '/traces/link-to-run', { trace_ids: [trace_id], run_id })
    await ok('POST', '/traces/link-prompts', { trace_id, prompt_versions: [{ name: 'p', version: '1' }] })
    const locations = [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experiment } }]
    for (const [filter, found] of [
      [`run_id = '${run_id}' and status = 'OK'`, 1],
      ["span.name = 'span-2' and span.type = 'CHAIN'", 1],
      ["feedback.good > 0.6 and trace.text LIKE '%span-2%'", 1],
      ["prompt = 'p/1' and name = 'span-1' and execution_time_ms = 250", 1],
      ["span.name = 'none'", 0],
      ['metadata.`mlflow.trace.session` IS NOT NULL', 0],
    ] as const) {
      const { traces } = await ok('POST', `${V3}/traces/search`, { locations, filter })
      assert.equal(traces.length, found, filter)
    }
    const order_by = ['timestamp_ms ASC']
    assert.equal((await ok('POST', `${V3}/traces/search`, { locations, order_by })).traces.length, 1)
    await refused('POST', `${V3}/traces/search`, { locations, filter: "tags.a RLIKE 'x'" }, BAD)
    await refused('POST', `${V3}/traces/search`, {}, BAD)
    for (const api of ['2.0', '3.0']) {
      const wish = { experiment_id: experiment, request_ids: [trace_id] }
      const { traces_deleted } = await ok('POST', `/api/${api}/mlflow/traces/delete-traces`, wish)
      assert.equal(traces_deleted, api === '2.0' ? 1 : 0)
    }
    await refused('GET', `${V3}/traces/${trace_id}`, {}, GONE)
    await refused('POST', `${V3}/traces/delete-traces`, { experiment_id: experiment }, BAD)
  })

  test('a trace that its client tells; spans may come later', async () => {
    const experiment_id = await newExperiment()
    const trace_id = `tr-${'cd'.repeat(16)}`
    const trace_info = {
      trace_id,
      trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id } },
      request_time: '2026-01-02T03:04:05.678901Z',
      execution_duration: '1.5s',
      state: 'ERROR',
      trace_metadata: { 'mlflow.trace.sizeStats': '{"num_spans":1}' },
      tags: { a: 'b' },
    }
    const { trace } = await ok('POST', `${V3}/traces`, { trace: { trace_info } })
    const { request_time, execution_duration } = trace.trace_info
    assert.deepEqual([request_time, execution_duration], ['2026-01-02T03:04:05.678Z', '1.500s'])
    await refused('GET', `${V3}/traces/get`, { trace_id }, GONE, /Not all spans/)
    assert.deepEqual((await ok('GET', `${V3}/traces/get`, { trace_id, allow_partial: true })).trace.spans, [])
    await send(experiment_id, [span('cd'.repeat(16), '3'.repeat(16), '')])
    assert.equal((await ok('GET', `${V3}/traces/get`, { trace_id })).trace.trace_info.state, 'ERROR')
    const elsewhere = { ...trace_info, trace_location: { type: 'INFERENCE_TABLE' } }
    await refused('POST', `${V3}/traces`, { trace: { trace_info: elsewhere } }, BAD)
    await refused('POST', `${V3}/traces`, { trace: { trace_info: { ...trace_info, state: 'FINE' } } }, BAD)
    await refused('POST', `${V3}/traces`, { trace: { trace_info: { ...trace_info, request_time: 'now' } } }, BAD)
  })

  test('what is no export of spans is refused, and nothing of it kept', async () => {
    const experiment = await newExperiment()
    const refusal = async (spans: Json[], headers = {}) => (await send(experiment, spans, headers)).json?.error_code
    const good = span('ef'.repeat(16), '4'.repeat(16), '')
    assert.equal(await refusal([]), BAD)
    assert.equal(await refusal([good, { ...good, traceId: 'xx' }]), BAD)
    assert.equal(await refusal([good], { 'x-mlflow-experiment-id': '' }), BAD)
    assert.equal(await refusal([good], { 'x-mlflow-experiment-id': 'none' }), GONE)
    assert.equal(await refusal([good], { 'content-type': 'text/plain' }), BAD)
    assert.equal(await refusal([good], { 'content-type': 'application/x-protobuf' }), BAD)
    assert.equal(await refusal([good], { 'content-encoding': 'br' }), BAD)
    assert.equal(await refusal([good], { 'content-encoding': 'gzip' }), BAD)
    await refused('GET', `${V3}/traces/tr-${'ef'.repeat(16)}`, {}, GONE)
  })

  test('MLflow 2: a trace has a start and an end', async () => {
    const experiment_id = await newExperiment()
    const { trace_info } = await ok('POST', '/traces', {
      experiment_id,
      timestamp_ms: 1000,
      request_metadata: [{ key: 'm', value: '1' }],
      tags: [{ key: 't', value: '2' }],
    })
    const { request_id } = trace_info
    assert.equal(trace_info.status, 'IN_PROGRESS')
    const ended = await ok('PATCH', `/traces/${request_id}`, { timestamp_ms: 1500, status: 'OK' })
    assert.deepEqual([ended.trace_info.status, ended.trace_info.execution_time_ms], ['OK', 500])
    assert.equal(
      (await ok('GET', `/traces/${request_id}/info`)).trace_info.request_metadata.some((one: Json) => one.key === 'm'),
      true,
    )
    const search = { experiment_ids: [experiment_id], filter: "tags.t = '2'" }
    assert.equal((await ok('GET', '/traces', search)).traces.length, 1)
    await refused('PATCH', '/traces/none', { timestamp_ms: 1, status: 'OK' }, GONE)
    await refused('PATCH', `/traces/${request_id}`, { status: 'FINE' }, BAD)
    await refused('GET', '/traces', {}, BAD)
    const wish = { experiment_id, max_timestamp_millis: 5000, max_traces: 5 }
    assert.equal((await ok('POST', '/traces/delete-traces', wish)).traces_deleted, 1)
  })
})

describe('evaluation', () => {
  test('datasets, their records, tags and experiments', async () => {
    const experiment = await newExperiment()
    const other = await newExperiment()
    const wish = { name: 'golden', experiment_ids: [experiment], tags: '{"a":"b"}' }
    const { dataset } = await ok('POST', `${V3}/datasets/create`, wish)
    const one = `${V3}/datasets/${dataset.dataset_id}`
    const records = [{ inputs: { q: 1, r: 2 }, expectations: { a: 1 } }, { inputs: { q: 2 } }]
    const first = await ok('POST', `${one}/records`, { records: JSON.stringify(records) })
    assert.deepEqual(first, { inserted_count: 2, updated_count: 0 })
    const again = [{ inputs: { r: 2, q: 1 }, expectations: { b: 2 }, tags: { t: 'u' } }]
    const second = await ok('POST', `${one}/records`, { records: JSON.stringify(again) })
    assert.deepEqual(second, { inserted_count: 0, updated_count: 1 })
    const kept = JSON.parse((await ok('GET', `${one}/records`)).records)
    assert.deepEqual(kept[0].expectations, { a: 1, b: 2 })
    const page = await ok('GET', `${one}/records`, { max_results: 1 })
    assert.equal(
      JSON.parse((await ok('GET', `${one}/records`, { page_token: page.next_page_token })).records).length,
      1,
    )
    const gone = { dataset_record_ids: [kept[1].dataset_record_id] }
    assert.equal((await ok('DELETE', `${one}/records`, gone)).deleted_count, 1)
    await ok('PATCH', `${one}/tags`, { tags: '{"c":"d","a":null}' })
    assert.equal((await ok('GET', one)).dataset.tags, '{"c":"d"}')
    await ok('DELETE', `${one}/tags/c`)
    await ok('POST', `${one}/add-experiments`, { experiment_ids: [other] })
    assert.deepEqual((await ok('GET', `${one}/experiment-ids`)).experiment_ids, [experiment, other])
    await ok('POST', `${one}/remove-experiments`, { experiment_ids: [experiment] })
    for (const method of ['GET', 'POST']) {
      const found = await ok(method, `${V3}/datasets/search`, {
        experiment_ids: [other],
        filter_string: "name = 'golden'",
      })
      assert.equal(found.datasets.length, 1)
    }
    await refused('POST', `${V3}/datasets/create`, { ...wish, experiment_ids: ['none'] }, GONE)
    await refused('POST', `${V3}/datasets/create`, { ...wish, tags: '[' }, BAD)
    await refused('POST', `${one}/records`, { records: '[{"expectations":{}}]' }, BAD)
    await refused('POST', `${one}/records`, { records: '{}' }, BAD)
    await ok('DELETE', one)
    await refused('GET', one, {}, GONE)
  })

  test('scorers and their versions', async () => {
    const experiment_id = await newExperiment()
    const scorer = { experiment_id, name: 'judge' }
    for (const version of [1, 2]) {
      const made = await ok('POST', `${V3}/scorers/register`, { ...scorer, serialized_scorer: `{"v":${version}}` })
      assert.equal(made.version, version)
    }
    assert.equal((await ok('GET', `${V3}/scorers/get`, scorer)).scorer.scorer_version, 2)
    assert.equal((await ok('GET', `${V3}/scorers/get`, { ...scorer, version: 1 })).scorer.serialized_scorer, '{"v":1}')
    assert.equal((await ok('GET', `${V3}/scorers/versions`, scorer)).scorers.length, 2)
    const list = (await ok('GET', `${V3}/scorers/list`, { experiment_id })).scorers
    assert.deepEqual(
      list.map((one: Json) => one.scorer_version),
      [2],
    )
    await refused('GET', `${V3}/scorers/get`, { ...scorer, version: 3 }, GONE)
    assert.deepEqual((await ok('GET', `${V3}/scorers/online-configs`, { scorer_ids: ['x'] })).configs, [])
    await refused('PUT', `${V3}/scorers/online-config`, {}, 'NOT_IMPLEMENTED')
    await refused('POST', `${V3}/scorers/register`, { ...scorer, serialized_scorer: '{' }, BAD)
    await ok('DELETE', `${V3}/scorers/delete`, { ...scorer, version: 1 })
    await ok('DELETE', `${V3}/scorers/delete`, scorer)
    await refused('GET', `${V3}/scorers/versions`, scorer, GONE)
  })
})

test('what is left out is refused by its name', async () => {
  for (const [method, path, name] of [
    ['POST', `${V3}/gateway/endpoints/create`, 'createGatewayEndpoint'],
    ['POST', `/ajax-api/3.0/mlflow/prompt-optimization/jobs`, 'createPromptOptimizationJob'],
  ] as const) {
    const answer = await raw(method, path)
    assert.deepEqual([answer.status, answer.json.error_code], [501, 'NOT_IMPLEMENTED'], answer.text)
    assert.match(answer.json.message, new RegExp(`MLflow.${name} `))
  }
  const unknown = await raw('GET', '/api/2.0/mlflow/nothing')
  assert.deepEqual([unknown.status, unknown.json.error_code], [404, 'ENDPOINT_NOT_FOUND'])
})

test('every operation refuses an input of the wrong type, and none but with a name', async () => {
  for (const { method, path, body } of mlflowFace.operations) {
    if (method === 'GET' || !body || path.includes('mlflow-artifacts')) continue
    const filled = path.replace(/\{\w+\}/g, 'none')
    for (const key of Object.keys((body as { properties?: object }).properties ?? {})) {
      const answer = await server.ask(filled, { method, body: { [key]: [[{}]] } })
      assert.equal(answer.status, 400, `${method} ${filled} ${key}: ${answer.text}`)
      assert.match(answer.json.message, /for (required )?parameter '/, `${method} ${filled}`)
    }
  }
})

test('every operation has been asked', async () => {
  const run_id = await newRun(await newExperiment())
  await ok('GET', `${V3}/server-info`)
  await ok('GET', '/artifacts/list', { run_id })
  await ok('POST', '/artifacts/presigned-upload-url', { run_id, path: 'x' })
  await ok('POST', '/api/2.0/preview/mlflow/runs/log-batch-async', { run_id })
  const elsewhere =
    /mlflow-artifacts|presigned-download|\/(issues|label-schemas|review-queues|(get-trace-|upload-|get-)artifact|calculate-filter|traces\/metrics|get-run-data)\b/
  const left = patterns.map(({ name }) => name).filter((name) => !asked.has(name) && !elsewhere.test(name))
  assert.deepEqual(left, [])
})
