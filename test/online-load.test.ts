import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Endpoints, saying } from './support/endpoints.ts'
import { startServer, type TestServer, until } from './support/server.ts'

/**
 * Endpoints under load: what changes, crashes and restarts cost the requests that are under way. UPDATES=20 REQUESTS=20000
 * for more.
 */

const UPDATES = Number(process.env.UPDATES ?? '4')
const REQUESTS = Number(process.env.REQUESTS ?? '400')
const KILLS = 3
const CLIENTS = 4
const requestSettings = { requestTimeout: 'PT60S', maxConcurrentRequestsPerInstance: 50, maxQueueWait: 'PT60S' }

let server: TestServer
let online: Endpoints
let endpoint: string
let key: string
before(async () => {
  server = await startServer()
  online = new Endpoints(server)
  endpoint = await online.endpoint('busy')
  key = await online.key(endpoint)
})
after(() => server?.stop())

interface Load {
  /** Answers by status, and by the version that said them. */
  readonly statuses: Map<string, number>
  readonly versions: Set<string>
  /** Resolves when so many more requests have been answered. */
  more(count: number): Promise<void>
  stop(): Promise<number>
}

/** Asks without a pause, from several clients, until it is stopped. */
function load(): Load {
  const statuses = new Map<string, number>()
  const versions = new Set<string>()
  const waiting: { left: number; readonly resolve: () => void }[] = []
  let asked = 0
  let going = true
  const note = (what: string) => {
    statuses.set(what, (statuses.get(what) ?? 0) + 1)
    asked++
    for (const one of waiting) if (--one.left === 0) one.resolve()
  }
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (going) {
      try {
        const { status, text } = await online.score(endpoint, { key, body: '1' })
        if (status === 200) versions.add(JSON.parse(text).version)
        note(status === 200 ? '200' : `${status} ${text}`)
      } catch (error) {
        note(String(error))
      }
    }
  })
  return {
    statuses,
    versions,
    more: (count) => new Promise((resolve) => waiting.push({ left: count, resolve })),
    async stop() {
      going = false
      await Promise.all(clients)
      return asked
    },
  }
}

test('updates under load lose no request', async () => {
  const blue = `${endpoint}/deployments/blue`
  await online.deploy(blue, saying('0'), { requestSettings })
  await online.traffic(endpoint, { blue: 100 })
  const traffic = load()
  const share = Math.ceil(REQUESTS / (UPDATES + 1))
  await traffic.more(share)
  for (let update = 1; update <= UPDATES; update++) {
    await online.deploy(blue, saying(String(update)), { requestSettings })
    await traffic.more(share)
  }
  const asked = await traffic.stop()
  assert.deepEqual([...traffic.statuses], [['200', asked]])
  assert.ok(asked >= REQUESTS)
  assert.equal(traffic.versions.size, UPDATES + 1, 'every version has answered')
})

test('traffic moves between deployments under load without losing a request', async () => {
  await online.deploy(`${endpoint}/deployments/green`, saying('green'), { requestSettings })
  const traffic = load()
  await traffic.more(10)
  for (const share of [10, 50, 100]) {
    await online.traffic(endpoint, { blue: 100 - share, green: share })
    await traffic.more(10)
  }
  await online.arm.gone(`${endpoint}/deployments/blue`)
  await traffic.more(10)
  const asked = await traffic.stop()
  assert.deepEqual([...traffic.statuses], [['200', asked]])
})

test('a process that kills itself takes the request with it that it worked on, and no other', async () => {
  const dying = `import json, os, signal
def init(): pass
def run(data):
    if json.loads(data) == "die": os.kill(os.getpid(), signal.SIGKILL)
    return {"version": "dying"}
`
  await online.deploy(`${endpoint}/deployments/gray`, dying, { requestSettings }, 2)
  await online.traffic(endpoint, { gray: 100 })
  const traffic = load()
  await traffic.more(10)
  for (let death = 0; death < 3; death++) {
    const last = await online.score(endpoint, { key, body: '"die"' })
    assert.equal(last.status, 502, last.text)
    await traffic.more(10)
  }
  const asked = await traffic.stop()
  assert.deepEqual([...traffic.statuses], [['200', asked]])
})

/** The scripts' own processes, below the runners that the server's folders name. */
function workers(): readonly number[] {
  const children = (pid: number): readonly number[] =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  const last = (pid: number): number => {
    const [child] = children(pid)
    return child === undefined ? pid : last(child)
  }
  const folder = join(server.data, 'serving')
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('/run/pid.json'))
    .flatMap((path) => {
      try {
        return [last(JSON.parse(readFileSync(join(folder, path), 'utf8')).pid)]
      } catch {
        return [] // of one that has gone
      }
    })
    .filter((pid) => /serving.*main\.py/.test(commandOf(pid)))
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

test('a process that is killed from outside costs at most one request, and is replaced', async () => {
  const white = `${endpoint}/deployments/white`
  await online.deploy(white, saying('white'), { requestSettings }, 2)
  await online.traffic(endpoint, { white: 100 })
  await online.arm.gone(`${endpoint}/deployments/gray`)
  await online.arm.gone(`${endpoint}/deployments/green`)
  const traffic = load()
  await traffic.more(50)
  for (let kill = 0; kill < KILLS; kill++) {
    const before = await until('both processes stand', async () => workers().length === 2 && workers())
    const [victim = 0] = before
    process.kill(victim, 'SIGKILL')
    await until('another stands in its place', async () => workers().some((pid) => !before.includes(pid)))
    await traffic.more(50)
  }
  const asked = await traffic.stop()
  const failed = [...traffic.statuses].filter(([status]) => status !== '200')
  assert.ok(
    failed.every(([status]) => status.startsWith('502 ')),
    JSON.stringify(failed),
  )
  const lost = failed.reduce((sum, [, count]) => sum + count, 0)
  assert.ok(lost <= KILLS, JSON.stringify(failed))
  assert.equal((traffic.statuses.get('200') ?? 0) + lost, asked)
})

test('a server that is killed answers again with the same keys as soon as it is back', async (t) => {
  const began = performance.now()
  await server.kill9()
  await server.restart()
  const answer = await online.score(endpoint, { key, body: '1' })
  t.diagnostic(`answered ${Math.round(performance.now() - began)} ms after the kill`)
  assert.equal(answer.status, 200, answer.text)
  assert.equal(await online.key(endpoint), key)
})
