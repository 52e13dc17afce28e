import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Endpoints, saying } from './support/endpoints.ts'
import { startServer, type TestServer } from './support/server.ts'

/** Endpoints under load: what changes, crashes and restarts cost the requests that are under way. UPDATES=20 for more. */

const UPDATES = Number(process.env.UPDATES ?? '4')
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
  await traffic.more(20)
  for (let update = 1; update <= UPDATES; update++) {
    await online.deploy(blue, saying(String(update)), { requestSettings })
    await traffic.more(20)
  }
  const asked = await traffic.stop()
  assert.deepEqual([...traffic.statuses], [['200', asked]])
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

test('a process that is killed takes the request with it that it worked on, and no other', async () => {
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

test('a server that is killed answers again with the same keys as soon as it is back', async () => {
  await server.kill9()
  await server.restart()
  const answer = await online.score(endpoint, { key, body: '1' })
  assert.equal(answer.status, 200, answer.text)
  assert.equal(await online.key(endpoint), key)
})
