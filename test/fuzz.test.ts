/**
 * Malformed and odd requests at the sign-in service, storage, Key Vault, Microsoft Graph, and beside them the resource
 * manager: every answer is a refusal or a success that was meant, never a 5xx of our own nor anything outside of the
 * caller's rights, the server is there afterwards, and a long run leaves its memory flat.
 *
 *     npm run test:fuzz [-- SEED]; bin/node test/fuzz.test.ts COUNT SEED: a quarter of COUNT for each of the four
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { after, before, test } from 'node:test'
import { chance, type Maker, type Sent } from './fuzz/chance.ts'
import { graph } from './fuzz/graph.ts'
import { resourceManager } from './fuzz/resource-manager.ts'
import { signIn } from './fuzz/sign-in.ts'
import { storage } from './fuzz/storage.ts'
import { vault } from './fuzz/vault.ts'
import { startServer, type TestServer } from './support/server.ts'

const [count = '1600', seed = '20261124'] = process.argv.slice(2).filter((word) => /^\d+$/.test(word))
const fuzzed = { signIn, storage, vault, graph, resourceManager }
/** How many are sent at once: as many at each, of which those at the resource manager come beside the count. */
const ROUND = Object.keys(fuzzed).flatMap((name) => [name, name])
const COUNTED = ROUND.filter((name) => name !== 'resourceManager').length

let server: TestServer
const makers = new Map<string, Maker>()
before(async () => {
  // A small heap is full soon after the start: what grows then is kept by somebody, and no collection put off.
  // One arena: each check of a secret takes 16 MB on some thread, and every thread would keep that of its own.
  const NODE_OPTIONS = '--max-old-space-size=96 --max-semi-space-size=4'
  server = await startServer({ env: { NODE_OPTIONS, MALLOC_ARENA_MAX: '1' } })
  for (const [at, [name, make]] of Object.entries(fuzzed).entries()) {
    makers.set(name, await make(server, chance(Number(seed) + at)))
  }
})
after(() => server?.stop())

/** As bytes that node's client lets through: the rest of what may be wrong is the gateway's own test. */
const sendable = (path: string): string =>
  `/${path.replace(/^\/+/, '')}`.replace(/[^\x21-\x7e]/g, '%00').replace('#', '%23')

const sendableHeaders = (headers: Sent['headers']) =>
  Object.entries(headers).map(([name, value]) => [name, value.replace(/[^\x20-\x7e\xa0-\xff]/g, ' ')] as const)

function ask(agent: Agent, { method, path, body, headers }: Sent): Promise<{ status: number; text: string }> {
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return new Promise((resolve, reject) => {
    const asking = request(
      new URL(server.url),
      {
        agent,
        method,
        path: sendable(path),
        // Node gives OPTIONS no length of its own, and its body would then be taken for the next request.
        headers: {
          ...Object.fromEntries(sendableHeaders(headers)),
          ...(hasBody && { 'content-length': Buffer.byteLength(body) }),
        },
        timeout: 30_000,
      },
      (response) => {
        const chunks: Buffer[] = []
        let size = 0
        const answered = () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() })
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size <= MOST_READ) return chunks.push(chunk)
          // A blob of pages may be eight terabytes of nothing.
          answered()
          response.destroy()
        })
        response.once('error', reject)
        response.once('end', answered)
      },
    )
    asking.once('timeout', () => asking.destroy(new Error(`no answer to ${method} ${path}`)))
    asking.once('error', reject)
    asking.end(hasBody ? body : undefined)
  })
}

const MOST_READ = 1024 * 1024
const WARM_UP = 20_000
const SAMPLE = 1_000
/** Bytes: far below what the least thing kept of a request would take, its path. */
const MOST_KEPT = 600

/** The server's resident memory in megabytes. */
function residentMegabytes(): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}

test(`${count} malformed requests (seed ${seed}): refusals and successes, no 5xx but what is said not to be implemented, no crash`, async (t) => {
  const agent = new Agent({ keepAlive: true, maxSockets: ROUND.length })
  const statuses = new Map<string, Map<number, number>>(Object.keys(fuzzed).map((name) => [name, new Map()]))
  const wrong: string[] = []
  const memory: number[] = []
  for (let done = 0; done < Number(count); done += COUNTED) {
    if (done % SAMPLE === 0) memory.push(residentMegabytes())
    await Promise.all(
      ROUND.map(async (name) => {
        const sent = makers.get(name)?.()
        if (!sent) throw new Error(`nothing makes requests of ${name}`)
        const answer = await ask(agent, sent).catch((error: unknown) => ({ status: 0, text: String(error) }))
        const seen = statuses.get(name)
        seen?.set(answer.status, (seen.get(answer.status) ?? 0) + 1)
        const why = faultIn(sent, answer)
        if (why) wrong.push(`${why}: ${shown(sent)} -> ${answer.status} ${answer.text.slice(0, 200)}`)
      }),
    )
  }
  agent.destroy()
  const told = [...statuses].map(([name, seen]) => `${name} ${JSON.stringify([...seen].toSorted())}`).join('; ')
  t.diagnostic(told)
  if (wrong.length > 0) t.diagnostic(server.output.slice(-5_000))
  assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} of ${count}; ${told}`)
  for (const [name, seen] of statuses) {
    const hundreds = new Set([...seen.keys()].map((status) => Math.floor(status / 100)))
    assert.ok(hundreds.has(2) && hundreds.has(4), `${name}: it was both let in and refused`)
  }
  assert.equal((await server.ask('/lazuli/health')).status, 200)
  if (Number(count) < WARM_UP * 2) return
  const [warm = 0, last = 0] = [memory[WARM_UP / SAMPLE], memory.at(-1)]
  const perRequest = ((last - warm) * 1024 * 1024) / (Number(count) - WARM_UP)
  t.diagnostic(`${warm.toFixed(0)} MB after ${WARM_UP} requests, ${last.toFixed(0)} MB at the end`)
  assert.ok(
    perRequest < MOST_KEPT,
    `${perRequest.toFixed(0)} bytes kept of each request; MB: ${memory.map(Math.round)}`,
  )
})

/** What is wrong with an answer; undefined where it is as it should be. */
function faultIn(sent: Sent, { status, text }: { status: number; text: string }): string | undefined {
  if (status === 0) return 'no answer'
  if (status >= 500 && !(status === 501 && (sent.method === 'HEAD' || /NotImplemented/.test(text)))) return 'a fault'
  if (sent.denied && status < 400) return 'outside of the rights'
  return sent.never?.test(text) ? 'told what it may not' : undefined
}

/** Without its token, which is nothing for a log. */
const shown = ({ method, path, headers: { authorization: _, ...headers }, body }: Sent): string =>
  `${method} ${path} ${JSON.stringify(headers).slice(0, 1_500)} ${body.slice(0, 200)}`
