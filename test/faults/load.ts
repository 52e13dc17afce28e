import { createHash } from 'node:crypto'
import type { Answer, Ask, TestServer } from '../support/server.ts'
import type { Ledger } from './ledger.ts'
import type { Random } from './random.ts'

/** A page, and how many a blob of pages has here, in bytes. */
const PAGE = 512
const PAGES = 400

export const STORAGE = 'https://storage.azure.com/'

/** What the clients write to: names that a first request has found out. */
export interface Place {
  readonly subscription: string
  readonly workspace: string
  /** `/_blob/{account}/{container}` */
  readonly container: string
}

interface Point {
  readonly key: string
  readonly value: number
  readonly step: number
}

/** What is logged to a run. */
interface Logged {
  readonly metrics: readonly Point[]
  readonly params: readonly { readonly key: string; readonly value: string }[]
}

/** Each series with its points in order, and what its latest value is said to be; and the params. */
function loggedText({ metrics, params }: Logged): string {
  const series = Map.groupBy(metrics, ({ key }) => key)
  const lines = [...series].map(
    ([key, all]) => `${key}: ${all.map(({ step, value }) => `${step}=${value}`).join(' ')}; ${all.at(-1)?.value}`,
  )
  return [...lines, ...params.map(paramLine)].toSorted().join('\n')
}

const paramLine = ({ key, value }: Logged['params'][number]) => `param ${key}: ${value}`

const readLogged = (tracking: string, run: string) => async (server: TestServer) => {
  const nothing: Logged = { metrics: [], params: [] }
  const { metrics, params }: Logged =
    found(await server.ask(`${tracking}/runs/get?run_id=${run}`))?.json.run.data ?? nothing
  const lines = await Promise.all(
    metrics.map(async ({ key, value }) => {
      const all: Point[] = []
      let token = ''
      do {
        const path = `${tracking}/metrics/get-history?run_id=${run}&metric_key=${key}&max_results=1000${token}`
        const page = found(await server.ask(path))?.json
        all.push(...page.metrics)
        token = page.next_page_token ? `&page_token=${page.next_page_token}` : ''
      } while (token !== '')
      return `${key}: ${all.map(({ step, value: one }) => `${step}=${one}`).join(' ')}; ${value}`
    }),
  )
  const all = [...lines, ...params.map(paramLine)]
  return all.length === 0 ? undefined : digest(all.toSorted().join('\n'))
}

/** One client: asks for one random change after another until the connection breaks or it is told to end. */
export async function client(options: {
  readonly name: string
  readonly server: TestServer
  readonly place: Place
  readonly ledger: Ledger
  readonly random: Random
  readonly ended: () => boolean
  /** Called after each change that was acknowledged. */
  readonly changed: () => void
}): Promise<void> {
  const { name, server, place, ledger, random, ended, changed } = options
  const blob = (path: string, ask: Ask = {}) => askBlob(server, path, ask)

  const kinds = {
    async group() {
      const path = `${place.subscription}/resourceGroups/faults-${name}-${random.whole(0, 2)}?api-version=2021-04-01`
      const round = String(random.whole(0, 1e9))
      await ledger.change(
        path,
        async (now) => found(await now.ask(path))?.json.tags?.round,
        round,
        async () => ok(await server.ask(path, { method: 'PUT', body: { location: 'eastus', tags: { round } } })),
      )
    },
    async environment() {
      const path = `${place.workspace}/environments/e-${name}/versions/${random.whole(1, 1e9)}?api-version=2023-10-01`
      const image = `image-${random.whole(0, 1e9)}`
      await ledger.change(
        path,
        async (now) => found(await now.ask(path))?.json.properties.image,
        image,
        async () => ok(await server.ask(path, { method: 'PUT', body: { properties: { image } } })),
      )
    },
    async smallBlob() {
      await put(`${place.container}/${name}/small-${random.whole(0, 5)}`, text(random, random.whole(0, 4096)))
    },
    async largeBlob() {
      await put(
        `${place.container}/${name}/large-${random.whole(0, 2)}`,
        text(random, random.whole(100_000, 3_000_000)),
      )
    },
    async blocks() {
      const path = `${place.container}/${name}/blocks-${random.whole(0, 2)}`
      const parts = [text(random, 90_000), text(random, 500), text(random, 200_000)]
      const ids = parts.map((_, at) => Buffer.from(`block-${at}`).toString('base64'))
      await ledger.change(path, read(path), digest(parts.join('')), async () => {
        for (const [at, body] of parts.entries()) {
          const id = encodeURIComponent(ids[at] ?? '')
          if (!ok(await blob(`${path}?comp=block&blockid=${id}`, { method: 'PUT', body }))) return false
        }
        const list = `<BlockList>${ids.map((id) => `<Latest>${id}</Latest>`).join('')}</BlockList>`
        return ok(await blob(`${path}?comp=blocklist`, { method: 'PUT', body: list }))
      })
    },
    async append() {
      const path = `${place.container}/${name}/append`
      const before = appended.get(path)
      if (before === undefined) {
        // Emptied anew by each client, so that what it holds is known.
        appended.set(path, '')
        await ledger.change(path, read(path), digest(''), async () =>
          ok(await blob(path, { method: 'PUT', headers: { 'x-ms-blob-type': 'AppendBlob' } })),
        )
        return
      }
      const piece = text(random, random.whole(1, 20_000))
      await ledger.change(path, read(path), digest(before + piece), async () =>
        ok(await blob(`${path}?comp=appendblock`, { method: 'PUT', body: piece })),
      )
      appended.set(path, before + piece)
    },
    /** Writes into a blob of pages: a page that was told to be there is there, and none that wasn't. */
    async pages() {
      const path = `${place.container}/${name}/pages`
      const before = paged.get(path)
      if (before === undefined) {
        const empty = '\0'.repeat(PAGES * PAGE)
        paged.set(path, empty)
        const headers = { 'x-ms-blob-type': 'PageBlob', 'x-ms-blob-content-length': String(PAGES * PAGE) }
        await ledger.change(path, read(path), digest(empty), async () =>
          ok(await blob(path, { method: 'PUT', headers })),
        )
        return
      }
      const first = random.whole(0, PAGES - 1) * PAGE
      const body = text(random, random.whole(1, Math.min(80, PAGES - first / PAGE)) * PAGE)
      const next = before.slice(0, first) + body + before.slice(first + body.length)
      const headers = { 'x-ms-page-write': 'update', 'x-ms-range': `bytes=${first}-${first + body.length - 1}` }
      await ledger.change(path, read(path), digest(next), async () =>
        ok(await blob(`${path}?comp=page`, { method: 'PUT', headers, body })),
      )
      paged.set(path, next)
    },
    /** A copy is the source as it was: a later write of the source is not felt. */
    async copy() {
      const source = `${place.container}/${name}/large-${random.whole(0, 2)}`
      const value = ledger.value(source)
      if (value === undefined) return
      const path = `${place.container}/${name}/copy-${random.whole(0, 2)}`
      const headers = { 'x-ms-copy-source': `${server.facts.httpUrl}${source}` }
      await ledger.change(path, read(path), value, async () => ok(await blob(path, { method: 'PUT', headers })))
    },
    /** A path that is appended and flushed, then renamed onto another: whole under one name or under the other. */
    async rename() {
      const dfs = (path: string) => path.replace('/_blob/', '/_dfs/')
      const from = `${place.container}/${name}/path`
      const to = `${place.container}/${name}/renamed-${random.whole(0, 1)}`
      const body = text(random, random.whole(1, 100_000))
      await ledger.change(to, read(to), digest(body), async () => {
        if (!ok(await blob(`${dfs(from)}?resource=file`, { method: 'PUT' }))) return false
        if (!ok(await blob(`${dfs(from)}?action=append&position=0`, { method: 'PATCH', body }))) return false
        if (!ok(await blob(`${dfs(from)}?action=flush&position=${body.length}`, { method: 'PATCH' }))) return false
        const headers = { 'x-ms-rename-source': from.slice(from.indexOf('/', '/_blob/'.length)) }
        return ok(await blob(dfs(to), { method: 'PUT', headers }))
      })
    },
    /** What is logged to a run: a batch that was told to be there is there, each point once, and one that wasn't is whole or not. */
    async metrics() {
      const run = measured ?? `faults-${name}-${random.whole(0, 1e9)}`
      const base = `/history/v1.0${place.workspace}/experiments/faults/runs/${run}`
      if (measured === undefined) {
        ok(await server.ask(base, { method: 'PATCH', body: { status: 'Running' } }))
        measured = run
      }
      const tracking = `/mlflow/v2.0${place.workspace}/api/2.0/mlflow`
      const metrics = Array.from({ length: random.pick([1, 1, 3, 400]) }, () => {
        steps += 1
        return {
          key: random.pick(['loss', 'acc']),
          value: random.whole(0, 1e6) / 7,
          timestamp: 1e12 + steps,
          step: steps,
        }
      })
      // With params the batch is in two files, and there as a whole or not at all.
      const params = random.pick([true, false]) ? [{ key: `p${steps}`, value: String(random.whole(0, 1e6)) }] : []
      const next = { metrics: [...logged.metrics, ...metrics], params: [...logged.params, ...params] }
      await ledger.change(base, readLogged(tracking, run), digest(loggedText(next)), async () => {
        const body = { run_id: run, metrics, params }
        return ok(await server.ask(`${tracking}/runs/log-batch`, { method: 'POST', body }))
      })
      logged = next
    },
    async remove() {
      const path = `${place.container}/${name}/small-${random.whole(0, 5)}`
      if (ledger.value(path) === undefined) return
      await ledger.change(path, read(path), undefined, async () => ok(await blob(path, { method: 'DELETE' })))
    },
  }
  const appended = new Map<string, string>()
  let measured: string | undefined
  let steps = 0
  let logged: Logged = { metrics: [], params: [] }
  const paged = new Map<string, string>()
  const put = (path: string, body: string) =>
    ledger.change(path, read(path), digest(body), async () =>
      ok(await blob(path, { method: 'PUT', body, headers: { 'x-ms-blob-type': 'BlockBlob' } })),
    )

  const all = Object.values(kinds)
  while (!ended()) {
    await random.pick(all)()
    changed()
  }
}

async function askBlob(server: TestServer, path: string, ask: Ask = {}): Promise<Answer> {
  const token = await server.token({ resource: STORAGE })
  return server.ask(path, { ...ask, token, headers: { 'x-ms-version': '2023-11-03', ...ask.headers } })
}

const read = (path: string) => async (server: TestServer) => {
  const answer = found(await askBlob(server, path))
  return answer && digest(answer.text)
}

function ok(answer: Answer): boolean {
  if (answer.status >= 500) throw new Error(`${answer.status} ${answer.text.slice(0, 300)}`)
  if (answer.status >= 400)
    throw new Error(`the load asks for nothing wrong, but was refused: ${answer.status} ${answer.text.slice(0, 300)}`)
  return true
}

function found(answer: Answer): Answer | undefined {
  if (answer.status === 404) return undefined
  if (answer.status !== 200) throw new Error(`a read answered ${answer.status} ${answer.text.slice(0, 300)}`)
  return answer
}

const digest = (body: string) => createHash('sha256').update(body).digest('hex')

/** A text of that length that differs from call to call and is slow to make for nobody. */
const text = (random: Random, length: number) =>
  `${random.whole(0, 1e9)} `.repeat(Math.ceil(length / 4)).slice(0, length)
