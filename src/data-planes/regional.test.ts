import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { startServer } from '../../test/support/server.ts'
import { faces } from './faces.ts'
import { whyLeftOut } from './left-out.ts'
import { frontOperations } from './managementfrontend/front.ts'
import { namedOperations } from './named-operations.ts'

const server = await startServer()
after(() => server.stop())
const workspace = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli/providers/Microsoft.MachineLearningServices/workspaces/default`
const region = 'eastus.api.azureml.ms'
const keyOf = (method: string, path: string): string => `${method} ${path.replace(/\{\w*\}/g, '{}').toLowerCase()}`
const ask = (method: string, path: string, body?: unknown, prefix = '/history/v1.0') =>
  server.ask(`${prefix}${workspace}${path}`, { method, host: region, body })
const mlflow = (method: string, path: string, body?: unknown) =>
  ask(method, `/api/2.0/mlflow${path}`, body, '/mlflow/v2.0')

describe('run history', () => {
  test('an experiment is made, found by id and by name, changed, listed by pages, and deleted', async () => {
    const made = await ask('POST', '/experiments/iris')
    assert.equal(made.status, 200)
    const { experimentId } = made.json
    assert.equal((await ask('GET', `/experimentids/${experimentId}`)).json.name, 'iris')
    assert.equal((await ask('POST', '/experiments/iris')).status, 409)
    await ask('PATCH', `/experimentids/${experimentId}`, { description: 'd', tags: { a: '1' }, archive: true })
    const archived = (await ask('GET', '/experiments/iris')).json
    assert.deepEqual([archived.description, archived.tags.a, archived.archivedTime === null], ['d', '1', false])
    assert.deepEqual((await ask('GET', '/experiments')).json.value, [])
    await ask('PATCH', `/experimentids/${experimentId}`, { archive: false })
    await ask('POST', '/experiments/second')
    const first = (await ask('GET', '/experiments?$top=1&api-version=2022-05-01')).json
    assert.equal(first.value.length, 1)
    assert.ok(first.nextLink.startsWith(`https://${region}/history/v1.0/`))
    const next = new URL(first.nextLink)
    const rest = await server.ask(`${next.pathname}${next.search}`, { host: region })
    assert.deepEqual(
      rest.json.value.map((one: { name: string }) => one.name),
      ['second'],
    )
    const found = await ask('POST', '/experiments:query', { filter: "name eq 'second'" })
    assert.equal(found.json.value.length, 1)
    assert.equal((await ask('DELETE', `/experimentids/${experimentId}`)).status, 200)
    assert.equal((await ask('GET', '/experiments/iris')).status, 404)
  })

  test('a client’s own run: made by PATCH, followed, tagged, asked for in every way, canceled', async () => {
    const made = await ask('PATCH', '/experiments/mine/runs/R1', {
      displayName: 'one',
      tags: { a: 'b' },
      status: 'Running',
    })
    assert.deepEqual([made.json.runId, made.json.status, made.json.displayName], ['R1', 'Running', 'one'])
    for (const path of ['/runs/r1', '/experiments/mine/runs/R1', `/experimentids/${made.json.experimentId}/runs/R1`]) {
      assert.equal((await ask('GET', path)).json.runId, 'R1', path)
      assert.deepEqual((await ask('GET', `${path}/details`)).json.logFiles, {}, path)
    }
    assert.equal((await ask('GET', '/experiments/second/runs/R1')).status, 404)
    await ask('PATCH', '/experiments/mine/runs/R1/tags', { tagsToModify: { c: 'd' }, tagsToDelete: ['a'] })
    assert.deepEqual((await ask('GET', '/runs/R1')).json.tags, { c: 'd' })
    await ask('POST', '/runs/R2', { parentRunId: 'R1', experimentId: made.json.experimentId })
    assert.equal((await ask('GET', '/runs/R1/children')).json.value[0].runId, 'R2')
    assert.equal((await ask('POST', '/runs/R2', {})).status, 409)
    const query = { filter: "Status eq 'Running' and tags/c eq 'd'", orderBy: 'startTimeUtc desc', top: 5 }
    const found = await ask('POST', '/experiments/mine/runs:query', query)
    assert.deepEqual(
      found.json.value.map((run: { runId: string }) => run.runId),
      ['R1'],
    )
    const data = (await ask('POST', '/rundata', { runId: 'R1', selectRunMetadata: true })).json
    assert.equal(data.runMetadata.runId, 'R1')
    assert.equal((await ask('POST', '/runs/R1/cancel')).json.status, 'Canceled')
    const spans = (await ask('GET', '/runs/R1/spans', undefined, '/history/v1.0/private')).json.value
    assert.deepEqual(
      spans.map((span: { status: string }) => span.status),
      ['Running', 'Canceled'],
    )
    assert.equal((await ask('POST', '/runs/R1/cancel')).json.status, 'Canceled')
  })

  test('artifacts are blobs: a place, its bytes by the URL alone, then lists and content', async () => {
    await ask('PATCH', '/experiments/mine/runs/R3', {})
    const at = '/experiments/mine/runs/R3/artifacts'
    const batch = (await ask('POST', `${at}/batch/metadata`, { paths: [{ path: 'a/b c.txt' }, { path: '../x' }] })).json
    assert.deepEqual(Object.keys(batch.errors), ['../x'])
    const place = new URL(batch.artifactContentInformation['a/b c.txt'].contentUri)
    assert.match(place.host, /\.blob\.core\.windows\.net$/)
    const headers = { 'x-ms-blob-type': 'BlockBlob' }
    const blob = `${place.pathname}${place.search}`
    const put = await server.ask(blob, { method: 'PUT', host: place.host, token: null, body: 'hello', headers })
    assert.equal(put.status, 201)
    const list = (await ask('GET', at)).json
    assert.deepEqual(
      list.value.map((one: { path: string }) => one.path),
      ['a/b c.txt'],
    )
    assert.equal(
      (await ask('GET', `${at}/metadata?path=a/b%20c.txt`)).json.artifactId,
      'ExperimentRun/dcid.R3/a/b c.txt',
    )
    const content = new URL((await ask('GET', `${at}/contentinfo?path=a/b%20c.txt`)).json.contentUri)
    const got = await server.ask(`${content.pathname}${content.search}`, { host: content.host, token: null })
    assert.equal(got.text, 'hello')
    const readOnly = { method: 'PUT', host: content.host, token: null, body: 'x', headers }
    assert.equal((await server.ask(`${content.pathname}${content.search}`, readOnly)).status, 403)
    assert.equal((await ask('GET', `${at}/contentinfo?path=nope`)).status, 404)
    assert.equal(
      (await ask('GET', '/artifacts/ExperimentRun/dcid.R3', undefined, '/artifact/v2.0')).json.value.length,
      1,
    )
    assert.equal((await ask('GET', '/artifacts/Elsewhere/x', undefined, '/artifact/v2.0')).status, 404)
  })

  test('on the own origin URLs are its own', async () => {
    const batch = await server.ask(`/history/v1.0${workspace}/experiments/mine/runs/R3/artifacts/batch/metadata`, {
      method: 'POST',
      body: { paths: [{ path: 'z' }] },
    })
    assert.ok(batch.json.artifactContentInformation.z.contentUri.startsWith(`${server.url}/_blob/`))
  })
})

describe('refusals', () => {
  const history = (answer: { json: { error: { innerError: { innerError: { code: string } } } } }) =>
    answer.json.error.innerError.innerError.code
  for (const { name, method = 'GET', path, body, status, code } of [
    { name: 'a run that is not there', path: '/runs/nope', status: 404, code: 'RunNotFound' },
    { name: 'an experiment that is not there', path: '/experiments/nope', status: 404, code: 'ExperimentNotFound' },
    {
      name: 'a name that is none',
      method: 'POST',
      path: '/experiments/%2Fx',
      status: 400,
      code: 'ExperimentNameInvalid',
    },
    {
      name: 'a filter that is none',
      method: 'POST',
      path: '/runs:query',
      body: { filter: 'a b c' },
      status: 400,
      code: 'FilterInvalid',
    },
    {
      name: 'a body of the wrong shape',
      method: 'POST',
      path: '/rundata',
      body: { runId: 3 },
      status: 400,
      code: 'BodyInvalid',
    },
    {
      name: 'a status that is none',
      method: 'PATCH',
      path: '/experiments/mine/runs/R4',
      body: { status: 'Flying' },
      status: 400,
      code: 'RunStatusInvalid',
    },
    { name: 'a path of no operation', path: '/nothing/here', status: 404, code: 'NotFound' },
  ]) {
    test(`run history: ${name} is ${status} ${code}`, async () => {
      const answer = await ask(method, path, body)
      assert.equal(answer.status, status, answer.text)
      assert.equal(history(answer), code)
      assert.ok(answer.json.correlation.request && answer.json.time && answer.json.environment === 'eastus')
    })
  }

  test('what Azure’s public clients know has a route, or a reason why it has none', () => {
    const routed = new Set(
      faces.flatMap(({ prefixes, operations }) =>
        prefixes.flatMap((prefix) => operations.map(({ method, path }) => keyOf(method, `${prefix}{ws}${path}`))),
      ),
    )
    for (const [method, path] of frontOperations) routed.add(keyOf(method, path))
    const bare = namedOperations()
      .filter(([method, path]) => !routed.has(keyOf(method, path)) && !whyLeftOut(method, path))
      .map(([method, path]) => `${method} ${path}`)
    assert.deepEqual(bare, [])
  })

  test('what is left out on purpose says why', async () => {
    const answer = await ask('POST', '/experiments/e/localrun', {}, '/execution/v1.0')
    assert.equal(answer.status, 501)
    assert.match(answer.json.error.message, /snapshots, which are retired/)
  })

  test('without a token: 401 with a challenge; without a right: 403; without a workspace: 404', async () => {
    const path = `/history/v1.0${workspace}/experiments`
    const anonymous = await server.ask(path, { host: region, token: null })
    assert.equal(anonymous.status, 401)
    assert.match(String(anonymous.headers['www-authenticate']), /^Bearer authorization_uri=/)
    assert.equal((await server.ask(`${path}/nowhere/at/all`, { host: region, token: null })).status, 401)
    const storage = await server.token({ resource: 'https://storage.azure.com/' })
    assert.equal((await server.ask(path, { host: region, token: storage })).status, 401)
    const missing = await server.ask(path.replace('workspaces/default', 'workspaces/none'), { host: region })
    assert.equal(history(missing), 'WorkspaceNotFound')
  })

  test('ids of a workspace fold', async () => {
    const shouting = `/HISTORY/V1.0${workspace.toUpperCase().replace('/SUBSCRIPTIONS', '/Subscriptions')}/Experiments`
    assert.equal((await server.ask(shouting, { host: region })).status, 200)
  })

  test('a run’s token is exchanged for a fresh one before it is over, as azureml-core does inside a job', async () => {
    const path = `/history/v1.0${workspace}/experiments/mine/runs/R3/token`
    const first = (await ask('GET', '/experiments/mine/runs/R3/token')).json
    const claims = ({ token }: { token: string }) =>
      JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    assert.equal(Math.abs(claims(first).exp * 1000 - Date.parse(first.expiryTimeUtc)) < 2_000, true)
    const again = await server.ask(path, { host: region, token: first.token })
    assert.equal(again.status, 200, again.text)
    const { exp, oid, iat } = claims(again.json)
    assert.deepEqual([oid, exp > iat, exp >= claims(first).exp], [claims(first).oid, true, true])
    const run = `/history/v1.0${workspace}/experiments/mine/runs/R3`
    assert.equal((await server.ask(run, { host: region, token: again.json.token })).status, 200)
    const spoilt = `${again.json.token.slice(0, -4)}AAAA`
    assert.equal((await server.ask(path, { host: region, token: spoilt })).status, 401)
  })

  test('a run’s token is good for its own workspace alone', async () => {
    const { token } = (await ask('GET', '/experiments/mine/runs/R3/token')).json
    const path = `/history/v1.0${workspace}/experiments`
    assert.equal((await server.ask(path, { host: region, token })).status, 200)
    const other = path.replace('workspaces/default', 'workspaces/other')
    assert.equal((await server.ask(other, { host: region, token })).status, 403)
  })
})

describe('MLflow', () => {
  const create = async (input: object = {}) => (await mlflow('POST', '/runs/create', input)).json.run
  const get = async (id: string) => (await mlflow('GET', `/runs/get?run_id=${id}`)).json.run

  test('a run is made, logged to, searched, ended, deleted and restored', async () => {
    const { experiment_id } = (await mlflow('POST', '/experiments/create', { name: 'ml' })).json
    const run = await create({
      experiment_id,
      run_name: 'first',
      start_time: 1700000000000,
      tags: [{ key: 'k', value: 'v' }],
    })
    const id = run.info.run_id
    assert.match(
      run.info.artifact_uri,
      new RegExp(`^azureml://${region}/mlflow/v2.0.*/experiments/${experiment_id}/runs/${id}/artifacts$`),
    )
    for (const [value, step] of [
      [0.5, 0],
      [0.75, 1],
      ['NaN', 2],
    ]) {
      assert.equal(
        (await mlflow('POST', '/runs/log-metric', { run_id: id, key: 'acc', value, step, timestamp: 5 })).status,
        200,
      )
    }
    await mlflow('POST', '/runs/log-metric', { run_id: id, key: 'loss', value: 0.1, timestamp: '1700000000001' })
    await mlflow('POST', '/runs/log-parameter', { run_id: id, key: 'lr', value: '0.1' })
    await mlflow('POST', '/runs/log-parameter', { run_id: id, key: 'lr', value: '0.1' })
    const { data } = await get(id)
    assert.deepEqual(data.metrics, [
      { key: 'acc', value: 'NaN', timestamp: 5, step: 2 },
      { key: 'loss', value: 0.1, timestamp: 1700000000001, step: 0 },
    ])
    assert.deepEqual(data.params, [{ key: 'lr', value: '0.1' }])
    const history = (await mlflow('GET', `/metrics/get-history?run_id=${id}&metric_key=acc&max_results=2`)).json
    assert.equal(history.metrics.length, 2)
    const more = `/metrics/get-history?run_id=${id}&metric_key=acc&page_token=${history.next_page_token}`
    assert.equal((await mlflow('GET', more)).json.metrics.length, 1)
    await mlflow('POST', '/runs/update', { run_id: id, status: 'FINISHED', end_time: 1700000005000 })
    const ended = await get(id)
    assert.deepEqual(
      [ended.info.status, ended.info.end_time, ended.info.start_time],
      ['FINISHED', 1700000005000, 1700000000000],
    )
    await mlflow('POST', '/runs/delete', { run_id: id })
    assert.equal((await mlflow('POST', '/runs/set-tag', { run_id: id, key: 'a', value: 'b' })).status, 400)
    assert.deepEqual((await mlflow('POST', '/runs/search', { experiment_ids: [experiment_id] })).json.runs, [])
    await mlflow('POST', '/runs/restore', { run_id: id })
    assert.equal((await get(id)).info.lifecycle_stage, 'active')
  })

  test('search: filters, order and pages over many runs', async () => {
    const { experiment_id } = (await mlflow('POST', '/experiments/create', { name: 'many' })).json
    for (let at = 0; at < 7; at++) {
      const { info } = await create({ experiment_id, run_name: `r${at}` })
      await mlflow('POST', '/runs/log-batch', {
        run_id: info.run_id,
        metrics: [{ key: 'm', value: (at * 3) % 7, timestamp: 1, step: 0 }],
        params: [{ key: 'parity', value: at % 2 ? 'odd' : 'even' }],
      })
    }
    const search = async (input: object) =>
      (await mlflow('POST', '/runs/search', { experiment_ids: [experiment_id], ...input })).json
    const names = (page: { runs: { info: { run_name: string } }[] }) => page.runs.map(({ info }) => info.run_name)
    const first = await search({ max_results: 3 })
    assert.deepEqual(names(first), ['r6', 'r5', 'r4'])
    const second = await search({ max_results: 3, page_token: first.next_page_token })
    assert.deepEqual(names(second), ['r3', 'r2', 'r1'])
    const odd = await search({ filter: "params.parity = 'odd'", max_results: 2 })
    assert.deepEqual(names(odd), ['r5', 'r3'])
    const last = await search({ filter: "params.parity = 'odd'", max_results: 2, page_token: odd.next_page_token })
    assert.deepEqual([names(last), last.next_page_token], [['r1'], undefined])
    const best = await search({ filter: 'metrics.m >= 3', order_by: ['metrics.m DESC'], max_results: 2 })
    assert.deepEqual(names(best), ['r2', 'r4'])
    const rest = await search({
      filter: 'metrics.m >= 3',
      order_by: ['metrics.m DESC'],
      page_token: best.next_page_token,
    })
    assert.deepEqual(names(rest), ['r6', 'r1'])
  })

  for (const { name, path, body, status = 400, code = 'INVALID_PARAMETER_VALUE' } of [
    { name: 'a parameter’s second value', path: '/runs/log-parameter', body: { key: 'p', value: '2' } },
    { name: 'a key with a way up', path: '/runs/log-metric', body: { key: '../x', value: 1, timestamp: 1 } },
    { name: 'a value that is no number', path: '/runs/log-metric', body: { key: 'x', value: 'many', timestamp: 1 } },
    { name: 'a field that is missing', path: '/runs/log-metric', body: { key: 'x' } },
    {
      name: '101 params',
      path: '/runs/log-batch',
      body: { params: Array.from({ length: 101 }, (_, at) => ({ key: `p${at}`, value: '' })) },
    },
    {
      name: '1001 metrics',
      path: '/runs/log-batch',
      body: { metrics: Array.from({ length: 1001 }, () => ({ key: 'm', value: 1, timestamp: 1, step: 1 })) },
    },
    { name: 'a filter with OR', path: '/runs/search', body: { filter: 'metrics.a > 1 or metrics.a < 0' } },
    { name: 'an attribute that runs lack', path: '/runs/search', body: { filter: "attributes.colour = 'red'" } },
    {
      name: 'a run that is not there',
      path: '/runs/set-tag',
      body: { run_id: 'nope', key: 'a', value: 'b' },
      status: 404,
      code: 'RESOURCE_DOES_NOT_EXIST',
    },
    {
      name: 'a name that is taken',
      path: '/experiments/create',
      body: { name: 'taken' },
      code: 'RESOURCE_ALREADY_EXISTS',
    },
    {
      name: 'a model’s source without files',
      path: '/model-versions/create',
      body: { name: 'taken', source: 'azureml://datastores/workspaceblobstore/paths/nope/' },
    },
    { name: 'prompt lab', path: '/runs/create-promptlab-run', body: {}, status: 501, code: 'NOT_IMPLEMENTED' },
  ]) {
    test(`${name}: ${status} ${code}`, async () => {
      const run = await create({})
      await mlflow('POST', '/runs/log-parameter', { run_id: run.info.run_id, key: 'p', value: '1' })
      await mlflow('POST', '/experiments/create', { name: 'taken' })
      await mlflow('POST', '/registered-models/create', { name: 'taken' })
      const answer = await mlflow('POST', path, { run_id: run.info.run_id, experiment_ids: [], ...body })
      assert.equal(answer.status, status, answer.text)
      assert.equal(answer.json.error_code, code, answer.text)
    })
  }

  test('a batch is logged whole or not at all', async () => {
    const { info } = await create({})
    await mlflow('POST', '/runs/log-parameter', { run_id: info.run_id, key: 'p', value: '1' })
    const batch = { metrics: [{ key: 'm', value: 1, timestamp: 1, step: 0 }], params: [{ key: 'p', value: '2' }] }
    assert.equal((await mlflow('POST', '/runs/log-batch', { run_id: info.run_id, ...batch })).status, 400)
    assert.deepEqual((await get(info.run_id)).data.metrics, [])
  })
})

describe('registered models', () => {
  test('one truth: MLflow registers, model management and ARM show, a delete is seen by all', async () => {
    const { info } = (await mlflow('POST', '/runs/create', {})).json.run
    const at = `/experimentids/${info.experiment_id}/runs/${info.run_id}/artifacts/batch/metadata`
    const { artifactContentInformation } = (await ask('POST', at, { paths: [{ path: 'model/MLmodel' }] })).json
    const place = new URL(artifactContentInformation['model/MLmodel'].contentUri)
    const headers = { 'x-ms-blob-type': 'BlockBlob' }
    const body = 'flavors:\n  python_function:\n    loader_module: x\n  sklearn:\n    code: null\nmodel_uuid: a\n'
    await server.ask(`${place.pathname}${place.search}`, {
      method: 'PUT',
      host: place.host,
      token: null,
      body,
      headers,
    })

    await mlflow('POST', '/registered-models/create', { name: 'm1', description: 'd' })
    const source = `${info.artifact_uri}/model`
    const made = await mlflow('POST', '/model-versions/create', { name: 'm1', source, run_id: info.run_id })
    assert.deepEqual([made.json.model_version.version, made.json.model_version.source], ['1', source])
    await mlflow('POST', '/registered-models/alias', { name: 'm1', alias: 'best', version: '1' })
    assert.deepEqual((await mlflow('GET', '/registered-models/alias?name=m1&alias=best')).json.model_version.aliases, [
      'best',
    ])
    await mlflow('POST', '/model-versions/transition-stage', { name: 'm1', version: '1', stage: 'production' })
    const latest = await mlflow('GET', '/registered-models/get-latest-versions?name=m1&stages=Production')
    assert.equal(latest.json.model_versions[0].current_stage, 'Production')

    const arm = await server.ask(`${workspace}/models/m1/versions/1?api-version=2023-10-01`)
    assert.equal(arm.json.properties.modelType, 'mlflow_model')
    assert.deepEqual(Object.keys(arm.json.properties.flavors), ['python_function', 'sklearn'])
    assert.match(
      arm.json.properties.modelUri,
      /\/datastores\/workspaceartifactstore\/paths\/ExperimentRun\/dcid\..*\/model$/,
    )

    const management = (method: string, path: string, sent?: unknown) =>
      ask(method, path, sent, '/modelmanagement/v1.0')
    const list = (await management('GET', '/models?api-version=2022-05-01')).json.value
    assert.deepEqual(
      list.map((one: { id: string }) => one.id),
      ['m1:1'],
    )
    const patch = [
      { op: 'add', path: '/kvTags/owner', value: 'ada' },
      { op: 'replace', path: '/description', value: 'new' },
    ]
    const patched = (await management('PATCH', '/models/m1:1', patch)).json
    assert.deepEqual([patched.kvTags.owner, patched.description], ['ada', 'new'])
    assert.equal(
      (await management('PATCH', '/models/m1:1', [{ op: 'replace', path: '/name', value: 'x' }])).status,
      400,
    )
    const again = await management('POST', '/models', { name: 'm1', url: source, mimeType: 'application/x-python' })
    assert.equal(again.json.id, 'm1:2')
    const resolved = await ask(
      'POST',
      '/models/batchGetResolvedUris',
      { values: ['azureml:m1:1'] },
      '/modelregistry/v1.0',
    )
    assert.equal(resolved.json.values['azureml:m1:1'].type, 'mlflow_model')

    assert.equal((await management('DELETE', '/models/m1:1?api-version=2022-05-01')).status, 200)
    assert.equal((await management('DELETE', '/models/m1:1?api-version=2022-05-01')).status, 404)
    assert.equal((await mlflow('GET', '/model-versions/get?name=m1&version=1')).status, 404)
    assert.equal((await server.ask(`${workspace}/models/m1/versions/1?api-version=2023-10-01`)).status, 404)
  })
})

describe('MLflow 3’s logged models', () => {
  test('a model is made with its run, finished, measured, found, and no run among runs', async () => {
    const { experiment_id } = (await mlflow('POST', '/experiments/create', { name: 'three' })).json
    const { info: run } = (await mlflow('POST', '/runs/create', { experiment_id })).json.run
    const wish = { experiment_id, name: 'net', source_run_id: run.run_id, params: [{ key: 'depth', value: '3' }] }
    const { info } = (await mlflow('POST', '/logged-models', wish)).json.model
    assert.match(info.model_id, /^m-[0-9a-f]{32}$/)
    assert.equal(info.artifact_uri, `${run.artifact_uri}/models/${info.model_id}`)
    await mlflow('POST', '/runs/outputs', { run_id: run.run_id, models: [{ model_id: info.model_id, step: 1 }] })
    const metric = { run_id: run.run_id, model_id: info.model_id, key: 'acc', value: 0.5, timestamp: 1 }
    await mlflow('POST', '/runs/log-metric', metric)
    const ready = await mlflow('PATCH', `/logged-models/${info.model_id}`, { status: 'LOGGED_MODEL_READY' })
    assert.equal(ready.json.model.info.status, 'LOGGED_MODEL_READY')
    const { data } = (await mlflow('GET', `/logged-models/${info.model_id}`)).json.model
    assert.deepEqual([data.params[0].value, data.metrics[0].value], ['3', 0.5])
    const found = await mlflow('POST', '/logged-models/search', {
      experiment_ids: [experiment_id],
      filter: "name = 'net'",
    })
    assert.equal(found.json.models.length, 1)
    const runs = (await mlflow('POST', '/runs/search', { experiment_ids: [experiment_id] })).json.runs
    assert.deepEqual(
      runs.map((one: { info: { run_id: string } }) => one.info.run_id),
      [run.run_id],
    )
    assert.deepEqual(runs[0].outputs.model_outputs, [{ model_id: info.model_id, step: 1 }])
    const bare = { name: 'taken', source: `models:/${info.model_id}` }
    assert.equal((await mlflow('POST', '/model-versions/create', bare)).status, 400, 'a model without files')
    assert.equal((await mlflow('DELETE', `/logged-models/${info.model_id}`)).status, 200)
    assert.equal((await mlflow('GET', `/logged-models/${info.model_id}`)).status, 404)
    assert.equal((await mlflow('GET', `/logged-models/${run.run_id}`)).status, 404)
  })
})

describe('the other services', () => {
  test('metrics: listed, read whole, and posted', async () => {
    const { info } = (await mlflow('POST', '/runs/create', {})).json.run
    const metric = (path: string, body: unknown) => ask('POST', `/runs/${info.run_id}${path}`, body, '/metric/v2.0')
    await metric('/batch', {
      values: [
        {
          name: 'acc',
          value: [
            { step: 1, data: { acc: 0.5 } },
            { step: 2, data: { acc: 0.6 } },
          ],
        },
      ],
    })
    assert.deepEqual(
      (await metric('/list', {})).json.value.map((one: { name: string }) => one.name),
      ['acc'],
    )
    const full = (await metric('/full', { metricName: 'acc' })).json
    assert.deepEqual(
      full.value.map((one: { data: { acc: number } }) => one.data.acc),
      [0.5, 0.6],
    )
    assert.equal((await metric('/full', { metricName: 'nope' })).status, 404)
  })

  test('execution and hyperdrive list what there is, and no run that is none of theirs', async () => {
    assert.deepEqual((await ask('GET', '/runs', undefined, '/execution/v1.0')).json, { value: [] })
    assert.deepEqual((await ask('GET', '/runs', undefined, '/hyperdrive/v1.0')).json, { value: [] })
    assert.equal((await ask('GET', '/runs/R1', undefined, '/hyperdrive/v1.0')).status, 404)
    const start = await ask('POST', '/experiments/mine/snapshotrun?runId=x', {}, '/execution/v1.0')
    assert.equal(start.status, 501)
  })

  test('an asset that is not there can’t be resolved', async () => {
    const answer = await ask('POST', '/dataversion/batchGetResolvedUris', { values: ['azureml:nope:1'] }, '/data/v1.0')
    assert.equal(answer.status, 404)
  })
})
