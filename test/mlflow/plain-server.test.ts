/** Lazuli's own origin as a plain MLflow server: who may ask, which workspace is meant, and its artifact service. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Ask, startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let secret = ''
const API = '/api/2.0/mlflow'
const FILES = '/api/2.0/mlflow-artifacts'

before(async () => {
  server = await startServer()
  secret = readFileSync(join(server.data, 'client-secret'), 'utf8').trim()
})
after(() => server?.stop())

const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
})
const ask = (path: string, options: Ask = {}) => server.ask(path, options)
const newRun = async (): Promise<{ run_id: string; artifact_uri: string }> => {
  const answer = await ask(`${API}/runs/create`, { method: 'POST', body: { experiment_id: '0' } })
  assert.equal(answer.status, 200, answer.text)
  return answer.json.run.info
}
const rootOf = ({ artifact_uri }: { artifact_uri: string }) => artifact_uri.replace('mlflow-artifacts:/', '')

describe('who may ask', () => {
  test('anybody may ask whether it is there, and its version', async () => {
    assert.equal((await ask('/health', { token: null })).text, 'OK')
    assert.match((await ask('/version', { token: null })).text, /^3\.\d+\.\d+$/)
    const workspace = new URL(server.facts.mlflowUrl).pathname
    assert.equal((await ask(`${workspace}/health`, { token: null })).text, 'OK')
    assert.equal((await ask('/version', { token: null, method: 'POST' })).status, 405)
  })

  test('a token, or a client id with its secret; nothing else', async () => {
    const path = `${API}/experiments/search?max_results=5`
    const by = async (headers: Record<string, string>) => (await ask(path, { token: null, headers })).status
    assert.equal((await ask(path)).status, 200)
    assert.equal(await by(basic(server.facts.clientId, secret)), 200)
    assert.equal(await by(basic(server.facts.clientId, `${secret}x`)), 401)
    assert.equal(await by(basic(server.facts.clientId, '')), 401)
    assert.equal(await by(basic('nobody', secret)), 401)
    assert.equal(await by({ authorization: 'Basic !' }), 401)
    assert.equal(await by({}), 401)
  })

  test('a local user by name and password, with the rights that they have', async () => {
    const name = 'ada@lazuli.onmicrosoft.com'
    const password = 'Analytical-Engine-1843'
    const added = await ask('/v1.0/users', {
      method: 'POST',
      token: await server.token({ resource: 'https://graph.microsoft.com' }),
      body: {
        accountEnabled: true,
        displayName: 'Ada',
        mailNickname: 'ada',
        userPrincipalName: name,
        passwordProfile: { password, forceChangePasswordNextSignIn: false },
      },
    })
    assert.equal(added.status, 201, added.text)
    const path = `${API}/experiments/search?max_results=5`
    const answer = await ask(path, { token: null, headers: basic(name, password) })
    assert.deepEqual([answer.status, answer.json.error_code], [403, 'PERMISSION_DENIED'], answer.text)
    assert.equal((await ask(path, { token: null, headers: basic(name, 'wrong') })).status, 401)
  })

  test('names and passwords are MLflow’s alone: no other plane takes them', async () => {
    const headers = basic(server.facts.clientId, secret)
    assert.equal((await ask('/subscriptions?api-version=2021-04-01', { token: null, headers })).status, 401)
    const workspace = new URL(server.facts.mlflowUrl).pathname.replace('/mlflow', '')
    assert.equal((await ask(`/history/v1.0${workspace}/experiments`, { token: null, headers })).status, 401)
  })
})

describe('which workspace', () => {
  test('the first one where none is named, by its own path or the pages’ one', async () => {
    const { run_id } = await newRun()
    const workspace = new URL(server.facts.mlflowUrl).pathname
    for (const root of ['', workspace, workspace.replace('/mlflow/', '/mlflow/v2.0/')]) {
      for (const api of ['/api', '/ajax-api']) {
        const answer = await ask(`${root}${api}/2.0/mlflow/runs/get?run_id=${run_id}`)
        assert.equal(answer.json.run.info.run_id, run_id, `${root}${api}`)
      }
    }
    const other = workspace.replace(/default$/, 'nowhere')
    const refused = await ask(`${other}${API}/runs/get?run_id=${run_id}`)
    assert.deepEqual([refused.status, refused.json.error_code], [404, 'RESOURCE_DOES_NOT_EXIST'])
  })

  test('a region’s own host has nothing without a workspace', async () => {
    const answer = await ask(`${API}/experiments/search?max_results=5`, { host: 'eastus.api.azureml.ms' })
    assert.equal(answer.status, 404)
  })

  test('artifacts are reached through the server here, and through the Azure plug-in there', async () => {
    const { run_id, artifact_uri } = await newRun()
    assert.match(artifact_uri, /^mlflow-artifacts:\/experiments\/[^/]+\/runs\/[^/]+\/artifacts$/)
    const workspace = new URL(server.facts.mlflowUrl).pathname.replace('/mlflow/', '/mlflow/v2.0/')
    const { json } = await ask(`${workspace}${API}/runs/get?run_id=${run_id}`, { host: 'eastus.api.azureml.ms' })
    assert.match(json.run.info.artifact_uri, /^azureml:\/\/eastus\.api\.azureml\.ms\/mlflow\/v2\.0\//)
  })
})

describe('the artifact service', () => {
  test('a file is put, listed, read and deleted; run history has the same bytes', async () => {
    const run = await newRun()
    const at = `${FILES}/artifacts/${rootOf(run)}/a/b%20c.txt`
    const put = await ask(at, { method: 'PUT', body: 'hello', headers: { 'content-type': 'text/plain' } })
    assert.deepEqual([put.status, put.json], [200, {}])
    const got = await ask(at)
    assert.deepEqual([got.text, got.headers['content-length']], ['hello', '5'])
    assert.match(String(got.headers['content-disposition']), /^attachment/)
    const list = async (path: string) => (await ask(`${FILES}/artifacts?path=${encodeURIComponent(path)}`)).json.files
    assert.deepEqual(await list(rootOf(run)), [{ path: 'a', is_dir: true }])
    assert.deepEqual(await list(`${rootOf(run)}/a`), [{ path: 'b c.txt', is_dir: false, file_size: 5 }])
    assert.deepEqual(await list(`${rootOf(run)}/nothing`), [])
    const listed = await ask(`${API}/artifacts/list?run_id=${run.run_id}&path=a`)
    assert.deepEqual(listed.json.files, [{ path: 'a/b c.txt', is_dir: false, file_size: 5 }])
    const url = await ask(`${API}/artifacts/presigned-download-url`, {
      method: 'POST',
      body: { run_id: run.run_id, path: 'a/b c.txt' },
    })
    const place = new URL(url.json.presigned_url)
    assert.equal((await ask(`${place.pathname}${place.search}`, { token: null })).text, 'hello')
    const history = new URL(server.facts.mlflowUrl).pathname.replace('/mlflow/', '/history/v1.0/')
    const artifacts = await ask(`${history}/experiments/Default/runs/${run.run_id}/artifacts`)
    assert.equal(artifacts.json.value[0].path, 'a/b c.txt')
    assert.equal((await ask(`${FILES}/artifacts/${rootOf(run)}/a`, { method: 'DELETE' })).status, 200)
    assert.deepEqual(await list(rootOf(run)), [])
    assert.equal((await ask(at)).status, 404)
  })

  test('an empty file, and a large one that is no JSON', async () => {
    const root = rootOf(await newRun())
    assert.equal((await ask(`${FILES}/artifacts/${root}/empty`, { method: 'PUT' })).status, 200)
    assert.equal((await ask(`${FILES}/artifacts/${root}/empty`)).headers['content-length'], '0')
    const text = '0123456789abcdef'.repeat(256 * 1024)
    const headers = { 'content-type': 'application/json' }
    assert.equal((await ask(`${FILES}/artifacts/${root}/big`, { method: 'PUT', body: text, headers })).status, 200)
    assert.equal((await ask(`${FILES}/artifacts/${root}/big`)).text, text)
  })

  test('in parts: each is put without a token, and together they are the file', async () => {
    const root = rootOf(await newRun())
    const post = (step: string, body: object) =>
      ask(`${FILES}/mpu/${step}/${root}/models`, { method: 'POST', body: { path: '/tmp/x/model.bin', ...body } })
    const { json } = await post('create', { num_parts: 3 })
    const etags: unknown[] = []
    for (const { url, part_number } of json.credentials.toReversed()) {
      const { pathname, search } = new URL(url)
      const answer = await ask(`${pathname}${search}`, { method: 'PUT', token: null, body: `part${part_number};` })
      assert.equal(answer.status, 201, answer.text)
      etags.push(answer.headers.etag)
    }
    const parts = [3, 1, 2].map((part_number) => ({ part_number, etag: 'e' }))
    const file = `${FILES}/artifacts/${root}/models/model.bin`
    assert.equal((await ask(file)).status, 404)
    const missing = await post('complete', { upload_id: json.upload_id, parts: [...parts, { part_number: 4 }] })
    assert.equal(missing.status, 400)
    assert.equal((await post('complete', { upload_id: json.upload_id, parts })).status, 200)
    assert.equal((await ask(file)).text, 'part1;part2;part3;')
    const second = (await post('create', { num_parts: 1 })).json
    const { pathname, search } = new URL(second.credentials[0].url)
    await ask(`${pathname}${search}`, { method: 'PUT', token: null, body: 'given up' })
    assert.equal((await post('abort', { upload_id: second.upload_id })).status, 200)
    const late = await post('complete', { upload_id: second.upload_id, parts: [{ part_number: 1 }] })
    assert.equal(late.status, 400)
    assert.equal((await ask(file)).text, 'part1;part2;part3;')
  })

  test('a path of the client’s own choosing is kept apart from those of runs', async () => {
    const at = `${FILES}/artifacts/my/own/place.txt`
    assert.equal((await ask(at, { method: 'PUT', body: 'x' })).status, 200)
    assert.equal((await ask(at)).text, 'x')
  })

  for (const { name, method = 'PUT', path, status } of [
    { name: 'a way out', path: 'experiments/0/runs/x/artifacts/..%2f..%2fy', status: 400 },
    { name: 'a way out, encoded twice', path: 'a/%252e%252e/b', status: 200 },
    { name: 'a backslash', path: 'a/%5c../b', status: 400 },
    { name: 'a run that is not there', path: 'experiments/0/runs/none/artifacts/y', status: 404 },
    { name: 'a run that is not there, by its container', path: 'ExperimentRun/dcid.none/y', status: 404 },
    { name: 'a datastore', path: 'datastores/workspaceblobstore/paths/y', status: 400 },
    { name: 'a datastore that is not there', method: 'GET', path: 'datastores/none/paths/y', status: 404 },
  ]) {
    test(`${method} of ${name} answers ${status}`, async () => {
      const answer = await ask(`${FILES}/artifacts/${path}`, { method, ...(method === 'PUT' && { body: 'x' }) })
      assert.equal(answer.status, status, answer.text)
    })
  }

  test('a deleted run takes no more', async () => {
    const run = await newRun()
    await ask(`${API}/runs/delete`, { method: 'POST', body: { run_id: run.run_id } })
    const answer = await ask(`${FILES}/artifacts/${rootOf(run)}/late`, { method: 'PUT', body: 'x' })
    assert.deepEqual([answer.status, answer.json.error_code], [400, 'INVALID_PARAMETER_VALUE'])
  })
})

test('a batch of which something is refused leaves nothing, neither at its run nor at the models that it measured', async () => {
  const post = async (path: string, body: unknown, status = 200) => {
    const answer = await ask(`${API}${path}`, { method: 'POST', body })
    assert.equal(answer.status, status, answer.text)
    return answer.json
  }
  const { run_id } = await newRun()
  const { model_id } = (await post('/logged-models', { experiment_id: '0', name: 'whole' })).model.info
  const pair = (key: string, value: string) => ({ key, value })
  const metric = { key: 'acc', value: 0.5, timestamp: 1, model_id }
  await post('/runs/log-batch', { run_id, metrics: [metric], params: [pair('depth', '3')] })
  const state = async () => [
    (await ask(`${API}/runs/get?run_id=${run_id}`)).json.run.data,
    (await ask(`${API}/logged-models/${model_id}`)).json.model.data,
  ]
  const before = await state()
  assert.equal(before[0].metrics.length + before[1].metrics.length, 2)
  const metrics = [{ ...metric, value: 1, step: 9 }]
  await post('/runs/log-batch', { run_id, metrics, params: [pair('depth', '4')] }, 400)
  const nobodys = [...metrics, { ...metric, model_id: 'm-none' }]
  await post('/runs/log-batch', { run_id, metrics: nobodys, tags: [pair('t', '1')] }, 404)
  assert.deepEqual(await state(), before)
})

test('MLflow before 2.0 finds its registry and its lists where it asks for them', async () => {
  const PREVIEW = '/api/2.0/preview/mlflow'
  const made = await ask(`${PREVIEW}/registered-models/create`, { method: 'POST', body: { name: 'old' } })
  assert.equal(made.status, 200, made.text)
  const { json } = await ask(`${PREVIEW}/registered-models/list?max_results=10`)
  assert.ok(json.registered_models.some(({ name }: { name: string }) => name === 'old'))
  const listed = await ask(`${API}/experiments/list?view_type=ACTIVE_ONLY`)
  assert.ok(listed.json.experiments.some(({ name }: { name: string }) => name === 'Default'))
  assert.equal((await ask(`${PREVIEW}/registered-models/nothing`)).status, 404)
})
