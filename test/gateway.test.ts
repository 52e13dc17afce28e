import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { lazuli, startServer, type TestServer } from './support/server.ts'

let server: TestServer
before(async () => {
  server = await startServer()
})
after(() => server.stop())

const run = (command: string, ...args: string[]) =>
  promisify(execFile)(command, args, { env: server.env as NodeJS.ProcessEnv, timeout: 30_000 })

test('the real curl reaches Azure’s hosts through the proxy, over verified TLS', async () => {
  for (const host of ['eastus.api.azureml.ms', 'centralus.experiments.azureml.net']) {
    const { stdout } = await run('curl', '-sS', '--fail', `https://${host}/discovery`)
    assert.equal(JSON.parse(stdout).api, `https://${host.split('.')[0]}.api.azureml.ms`)
  }
  const { stdout } = await run(
    'curl',
    '-sS',
    '-o',
    '/dev/null',
    '-w',
    '%{http_code} %{ssl_verify_result} %{http_version}',
    'https://management.azure.com/subscriptions?api-version=2022-12-01',
  )
  assert.equal(stdout, '401 0 1.1')
})

test('the real curl reaches the own origin, by name and by address', async () => {
  for (const origin of [server.facts.httpsUrl, server.facts.httpsUrl.replace('localhost', '127.0.0.1'), server.url]) {
    const { stdout } = await run('curl', '-sS', '--fail', `${origin}/discovery`)
    assert.equal(JSON.parse(stdout).api, origin)
  }
})

test('Node and Python trust it as they come', async () => {
  const script = `fetch(process.env.DIRECT + '/discovery').then(r => r.json()).then(d => console.log(d.api))`
  const { stdout } = await run(join(lazuli, '..', 'node'), '-e', script)
  assert.equal(stdout.trim(), server.facts.httpsUrl)
  const python = 'import os,ssl,urllib.request as u; print(u.urlopen("https://westus.api.azureml.ms/discovery").status)'
  const { stdout: status } = await run('python3', '-c', python)
  assert.equal(status.trim(), '200')
})

test('curl without the bundle refuses our certificate', () => {
  const env = { PATH: process.env.PATH ?? '', HTTPS_PROXY: server.url }
  const refused = spawnSync('curl', ['-sS', 'https://management.azure.com/'], { env, encoding: 'utf8' })
  assert.notEqual(refused.status, 0)
  assert.match(refused.stderr, /certificate/)
})

test('a storage account that is not here is left to the network, one that is here answers', async () => {
  const unknown = await run('curl', '-sS', '--max-time', '10', 'https://azcliprod9z9.blob.core.windows.net/cli').catch(
    (error) => error,
  )
  assert.match(unknown.stderr, /502/)
  const token = await server.token()
  const accounts = await server.ask(
    `/subscriptions/${server.facts.subscriptionId}/providers/Microsoft.Storage/storageAccounts?api-version=2023-01-01`,
    { token },
  )
  const name = accounts.json.value[0].name
  const { stdout } = await run('curl', '-sS', '-D', '-', `https://${name}.blob.core.windows.net/?comp=list`)
  assert.match(stdout, /x-ms-request-id/i)
})

test('metadata of the cloud: one object for 2022-09-01, a list for 2019-05-01, a refusal without a version', async () => {
  const open = { token: null } as const
  const one = await server.ask('/metadata/endpoints?api-version=2022-09-01', open)
  assert.equal(one.json.resourceManager, server.url)
  assert.equal(one.json.authentication.loginEndpoint, server.url)
  const list = await server.ask('/metadata/endpoints?api-version=2019-05-01', open)
  assert.equal(list.json.length, 1)
  const azure = await server.ask('/metadata/endpoints?api-version=2022-09-01', {
    ...open,
    host: 'management.azure.com',
  })
  assert.equal(azure.json.resourceManager, 'https://management.azure.com/')
  const none = await server.ask('/metadata/endpoints', open)
  assert.deepEqual([none.status, none.json.error.code], [400, 'MissingApiVersionParameter'])
  const bad = await server.ask('/metadata/endpoints?api-version=soon', open)
  assert.deepEqual([bad.status, bad.json.error.code], [400, 'InvalidApiVersionParameter'])
})

test('own routes: what is not there, a wrong method, principals without their owner', async () => {
  for (const [method, path, status] of [
    ['GET', '/lazuli/nothing', 404],
    ['POST', '/lazuli/status', 405],
    ['POST', '/lazuli/principals', 401],
  ] as const) {
    const answer = await server.ask(path, { method, token: null, body: { name: 'x' } })
    assert.equal(answer.status, status, path)
    assert.ok(answer.json.error.code && answer.headers['x-ms-request-id'])
  }
  const bootstrap = await server.ask('/lazuli/principals', { method: 'POST', body: { name: 'by token' } })
  assert.equal(bootstrap.status, 201)
  const other = await server.token({ clientId: bootstrap.json.appId, secret: bootstrap.json.secret })
  const refused = await server.ask('/lazuli/principals', { method: 'POST', token: other, body: { name: 'x' } })
  assert.equal(refused.status, 403)
  const bad = await server.ask('/lazuli/principals', { method: 'POST', body: { name: 'a/b' } })
  assert.deepEqual([bad.status, bad.json.error.code], [400, 'InvalidPrincipalName'])
})

test('a second server on the data directory refuses and names the first', () => {
  const second = spawnSync(lazuli, ['up', '--port', '0', '--data', server.data], { encoding: 'utf8', timeout: 30_000 })
  assert.equal(second.status, 1)
  assert.match(second.stderr, new RegExp(`process ${server.pid}`))
  const detached = spawnSync(lazuli, ['up', '--detach', '--port', '0', '--data', server.data], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  assert.equal(detached.status, 1)
})

test('a taken port is said plainly', () => {
  const other = join(server.data, 'another')
  const port = String(server.facts.port)
  const second = spawnSync(lazuli, ['up', '--port', port, '--data', other], { encoding: 'utf8', timeout: 30_000 })
  assert.equal(second.status, 1)
  assert.match(second.stderr, new RegExp(`Port ${port} of 127.0.0.1 is taken`))
})

test('everything in the data directory is the user’s alone', () => {
  assert.equal(statSync(server.data).mode & 0o777, 0o700)
  const secrets = [
    'ca/intermediate.key',
    'client-secret',
    'owner-token',
    'server.json',
    'bundle.pem',
    'logs/server.log',
    'lazuli.db',
    'metrics.db',
    'sealing-key',
  ]
  for (const name of secrets) assert.equal(statSync(join(server.data, name)).mode & 0o777, 0o600, name)
})

test('kill -9 and a restart keep the authority, the port and what was made', async () => {
  const digest = () =>
    createHash('sha256')
      .update(readFileSync(join(server.data, 'ca', 'root.pem')))
      .digest('hex')
  const [root, port, first] = [digest(), server.facts.port, server.pid]
  await server.kill9()
  assert.ok(existsSync(join(server.data, 'server.json')), 'a killed server leaves its facts behind')
  const status = spawnSync(lazuli, ['status', '--data', server.data], { encoding: 'utf8' })
  assert.equal(status.status, 1, 'and nobody takes them for a running one')
  await server.restart()
  assert.notEqual(server.pid, first)
  assert.deepEqual([digest(), server.facts.port], [root, port])
  const workspace = await server.ask(
    `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli/providers/Microsoft.MachineLearningServices/workspaces/default?api-version=2023-10-01`,
  )
  assert.equal(workspace.status, 200)
  assert.ok(readdirSync(server.data).includes('server.json'))
})
