import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { askAt, type Reply, type Sent } from './support/arm-engine.ts'

const folder = mkdtempSync(join(tmpdir(), 'lazuli-held-'))
const releases = mkdtempSync(join(tmpdir(), 'lazuli-releases-'))
/** Lets a held thing be made, or go. */
const release = (name: string): void => writeFileSync(join(releases, name), '')
const V = '?api-version=2024-01-01'

interface Server {
  readonly child: ChildProcess
  readonly token: string
  readonly subscription: string
  readonly base: string
}

let server: Server
let things: string

async function start(): Promise<Server> {
  const script = join(import.meta.dirname, 'support', 'arm-process.ts')
  const providers = join(import.meta.dirname, 'fixtures', 'providers')
  const child = spawn(process.execPath, [script, folder, providers], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LAZULI_TEST_RELEASES: releases },
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const told = JSON.parse(line.toString()) as { port: number; token: string; subscription: string }
  return { child, token: told.token, subscription: told.subscription, base: `http://127.0.0.1:${told.port}` }
}

/** SIGKILL from outside, and a new process on the same data. */
async function killAndStart(): Promise<void> {
  const gone = once(server.child, 'exit')
  server.child.kill('SIGKILL')
  await gone
  server = await start()
}

/** Answers name the port of the process that gave them: asked again at the present one. */
const ask = (path: string, sent?: Sent): Promise<Reply> =>
  askAt(server.base + path.replace(/^http:\/\/[^/]+/, ''), server.token, sent)

async function end(url: string): Promise<Reply> {
  for (;;) {
    const reply = await ask(url)
    if (reply.body.status !== 'InProgress') return reply
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const header = (reply: Reply, name: string): string => {
  const value = reply.headers.get(name)
  assert.ok(value, `the header ${name}`)
  return value
}

before(async () => {
  server = await start()
  const group = `${server.subscription}/resourceGroups/slow`
  await ask(`${group}?api-version=2021-04-01`, { method: 'PUT', body: { location: 'eastus' } })
  things = `${group}/providers/Contoso.Slow/things`
})

after(async () => {
  server.child.kill('SIGKILL')
  await once(server.child, 'exit')
  for (const made of [folder, releases]) rmSync(made, { recursive: true })
})

test('a wish outlives kill -9: 201, InProgress, a new process, InProgress, Succeeded', async () => {
  const body = { location: 'eastus', properties: { seconds: 0, held: 'made' } }
  const made = await ask(`${things}/one${V}`, { method: 'PUT', body })
  assert.deepEqual([made.status, made.body.properties.provisioningState], [201, 'Creating'])
  assert.equal(header(made, 'retry-after'), '1')
  const status = header(made, 'azure-asyncoperation')
  const result = header(made, 'location')
  assert.equal((await ask(status)).body.status, 'InProgress')
  assert.equal((await ask(result)).status, 202)

  const again = await ask(`${things}/one${V}`, { method: 'PUT', body })
  assert.deepEqual([again.status, again.body.error.code], [409, 'AnotherOperationInProgress'])

  await killAndStart()
  const early = await ask(status)
  assert.equal(early.body.status, 'InProgress', 'the new process goes on with it')
  assert.equal((await ask(`${things}/one${V}`)).body.properties.provisioningState, 'Creating')

  release('one.made')
  const ended = await end(status)
  assert.equal(ended.body.status, 'Succeeded')
  assert.ok(ended.body.startTime < ended.body.endTime)
  const there = await ask(result)
  assert.deepEqual([there.status, there.body.properties.provisioningState], [200, 'Succeeded'])
  assert.ok(there.body.properties.calls > 2, 'apply was called until done')
})

test('the same through curl', async () => {
  const curl = async (...args: string[]): Promise<string> => {
    const all = ['-sS', '-H', `Authorization: Bearer ${server.token}`, ...args]
    return (await promisify(execFile)('curl', all)).stdout
  }
  const answer = await curl(
    ...['-i', '-X', 'PUT', `${server.base}${things}/curled${V}`, '-H', 'Content-Type: application/json'],
    ...['-d', '{"location": "eastus", "properties": {"seconds": 0, "held": "made"}}'],
  )
  assert.match(answer, /^HTTP\/1.1 201 /)
  const path = /^Azure-AsyncOperation: http:\/\/[^/]+(\S+)/im.exec(answer)?.[1]
  assert.match(await curl(server.base + path), /"status":"InProgress"/)
  await killAndStart()
  assert.match(await curl(server.base + path), /"status":"InProgress"/)
  release('curled.made')
  await end(path ?? '')
  assert.match(await curl(server.base + path), /"status":"Succeeded"/)
})

test('what goes wrong is told by both addresses, and by the resource', async () => {
  const body = { location: 'eastus', properties: { seconds: 0.4, fails: true } }
  const made = await ask(`${things}/bad${V}`, { method: 'PUT', body })
  const ended = await end(header(made, 'azure-asyncoperation'))
  assert.equal(ended.body.status, 'Failed')
  assert.match(ended.body.error.message, /bad was told to fail/)
  const result = await ask(header(made, 'location'))
  assert.deepEqual([result.status, result.body.error], [400, ended.body.error])
  assert.equal((await ask(`${things}/bad${V}`)).body.properties.provisioningState, 'Failed')
  const mended = await ask(`${things}/bad${V}`, {
    method: 'PUT',
    body: { location: 'eastus', properties: { seconds: 0 } },
  })
  assert.deepEqual([mended.status, mended.body.properties.provisioningState], [200, 'Succeeded'])
})

test('a reference that is missing is told by the poller, where the declaration says so', async () => {
  const body = { location: 'eastus', properties: { seconds: 0, needs: `${things}/nowhere` } }
  const made = await ask(`${things}/needy${V}`, { method: 'PUT', body })
  assert.equal(made.status, 201)
  const ended = await end(header(made, 'azure-asyncoperation'))
  assert.deepEqual([ended.body.status, ended.body.error.target], ['Failed', 'properties.needs'])
})

test('a delete calls off what is being made', async () => {
  const made = await ask(`${things}/never${V}`, {
    method: 'PUT',
    body: { location: 'eastus', properties: { seconds: 60 } },
  })
  assert.equal((await ask(`${things}/never${V}`, { method: 'DELETE' })).status, 202)
  assert.equal((await ask(header(made, 'azure-asyncoperation'))).body.status, 'Canceled')
})

test('a delete outlives kill -9, and refuses writes meanwhile', async () => {
  const body = { location: 'eastus', properties: { seconds: 0, held: 'gone' } }
  assert.equal((await ask(`${things}/going${V}`, { method: 'PUT', body })).status, 201)
  const deleted = await ask(`${things}/going${V}`, { method: 'DELETE' })
  assert.equal(deleted.status, 202)
  const status = header(deleted, 'azure-asyncoperation')
  assert.equal((await ask(`${things}/going${V}`, { method: 'PUT', body })).status, 409)
  await killAndStart()
  assert.equal((await ask(status)).body.status, 'InProgress')
  assert.equal((await ask(`${things}/going${V}`)).body.properties.provisioningState, 'Deleting')
  release('going.gone')
  assert.equal((await end(status)).body.status, 'Succeeded')
  assert.equal((await ask(header(deleted, 'location'))).status, 204)
  assert.equal((await ask(`${things}/going${V}`)).status, 404)
  assert.equal((await ask(`${things}/going${V}`, { method: 'DELETE' })).status, 204)
})

test('a group goes with all that is inside, what refers first', async () => {
  const group = `${server.subscription}/resourceGroups/doomed`
  const inside = `${group}/providers/Contoso.Slow/things`
  await ask(`${group}?api-version=2021-04-01`, { method: 'PUT', body: { location: 'eastus' } })
  const base = { location: 'eastus', properties: { seconds: 0, goneAfter: 0.3 } }
  await ask(`${inside}/a${V}`, { method: 'PUT', body: base })
  const needs = { ...base, properties: { ...base.properties, needs: `${inside}/a` } }
  await ask(`${inside}/b${V}`, { method: 'PUT', body: needs })
  const deleted = await ask(`${group}?api-version=2021-04-01`, { method: 'DELETE' })
  assert.equal(deleted.status, 202)
  const refused = await ask(`${inside}/c${V}`, { method: 'PUT', body: base })
  assert.equal(refused.body.error.code, 'ResourceGroupBeingDeleted')
  const order: string[] = []
  while ((await ask(header(deleted, 'location'))).status === 202) {
    for (const name of ['a', 'b']) {
      if (!order.includes(name) && (await ask(`${inside}/${name}${V}`)).status === 404) order.push(name)
    }
  }
  assert.equal(order[0], 'b', 'what refers goes before what it refers to')
  assert.equal((await ask(header(deleted, 'location'))).status, 200)
  assert.equal((await ask(`${group}?api-version=2021-04-01`, { method: 'HEAD' })).status, 404)
})
