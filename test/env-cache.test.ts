/** `lazuli env-cache`: what jobs run in is listed and left; what nobody asked for is removed and built anew. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ArmClient } from './providers/arm-client.ts'
import { lazuli, startServer, type TestServer, until } from './support/server.ts'

let server: TestServer
let arm: ArmClient
before(async () => {
  server = await startServer({ env: { LAZULI_ALLOW_SUBSTITUTE: 'true' } })
  arm = new ArmClient(server)
  await arm.made(`${arm.workspace}/environments/plain/versions/1`, { properties: { image: 'python:3.11-slim' } })
})
after(() => server.stop())

const job = (name: string) => `${arm.workspace}/jobs/${name}`
const start = (name: string, command: string) =>
  arm.made(job(name), {
    properties: { jobType: 'Command', command, environmentId: `${arm.workspace}/environments/plain/versions/1` },
  })
const reaches = (name: string, status: string) =>
  until(`${name} is ${status}`, async () => (await arm.get(job(name))).json.properties.status === status, 120_000)

function cache(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(lazuli, ['env-cache', ...words, '--data', server.data], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', HOME: server.data },
  })
  return { status, stdout, stderr }
}
const listed = () =>
  cache('ls', '--json')
    .stdout.split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

/** As if the last job had asked for it forty days ago. */
function age(key: string) {
  const then = new Date(Date.now() - 40 * 24 * 3600_000)
  utimesSync(join(server.data, 'environments', key, 'current.json'), then, then)
}

test('an environment is kept while a job runs in it, however old it is, and pruned when none does', async () => {
  await start('holds-it', 'sleep 300')
  await reaches('holds-it', 'Running')
  const [held, ...others] = listed()
  assert.deepEqual(others, [])
  assert.match(held.python, /^3\./)
  assert.deepEqual([held.packages, held.inUse], [[], true])
  age(held.key)
  assert.equal(listed()[0].inUse, true)
  assert.match(cache('prune', '--all').stdout, /^Removed 0 environments/)
  assert.match(cache('ls').stdout, new RegExp(`^${held.key}  Python 3\\..* in use .*no packages\n1 environment, `))

  assert.equal((await arm.post(`${job('holds-it')}/cancel`)).status, 202)
  await reaches('holds-it', 'Canceled')
  await until('nothing runs in it', async () => listed()[0].inUse === false)
  assert.match(cache('prune', '--unused-for', '50').stdout, /^Removed 0 environments/)
  assert.match(cache('prune').stdout, /Removed 1 environment,/)
  assert.deepEqual(listed(), [])
  assert.ok(!existsSync(join(server.data, 'environments', held.key)))

  await start('builds-it', 'python --version')
  await reaches('builds-it', 'Completed')
  assert.equal(listed()[0].key, held.key)
  assert.match(cache('prune', '--all').stdout, /^Removed 0 environments/, 'it was asked for a moment ago')
})

test('downloads go only while no server runs, and a word too few or wrong is refused', async () => {
  assert.deepEqual([cache().status, cache('list').status, cache('prune', '--unused-for', 'x').status], [2, 2, 2])
  const refused = cache('prune', '--downloads')
  assert.deepEqual([refused.status, refused.stdout], [1, ''])
  assert.match(refused.stderr, /A server runs/)
  await server.stopOnly()
  age(listed()[0].key)
  assert.equal(cache('prune', '--all', '--downloads').status, 0)
  assert.deepEqual(readdirSync(join(server.data, 'environments')), [])
  await server.restart()
})
