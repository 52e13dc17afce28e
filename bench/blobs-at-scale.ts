/**
 * Blobs at scale: a container of many against one of few, and the server's memory while much streams through.
 * `bin/node bench/blobs-at-scale.ts [BLOBS] [GIB]` (1,000,000 and 10 unless said). Plain HTTP, signed requests, one client.
 */
import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { ACCOUNT, BlobServer } from '../test/support/blob-server.ts'

const count = Number(process.argv[2] ?? 1_000_000)
const gibibytes = Number(process.argv[3] ?? 10)
const FEW = 1000
const TIMES = 200
const GIB = 1024 ** 3
const directory = mkdtempSync(join(tmpdir(), 'lazuli-bench-blobs-'))
const key = createHmac('sha512', 'key1').update(ACCOUNT).digest()
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

try {
  await fill()
  const script = join(import.meta.dirname, '..', 'test', 'support', 'blob-server-process.ts')
  const child = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const port = Number((await lines.next()).value)
  await measure(port)
  await stream(port, child.pid ?? 0)
  child.kill()
} finally {
  agent.destroy()
  rmSync(directory, { recursive: true, force: true })
}

/** Fills two containers through the same rows that requests write, without HTTP. */
async function fill(): Promise<void> {
  const server = await BlobServer.start({ directory })
  const { core } = server.service
  const started = performance.now()
  for (const [container, blobs] of [
    ['few', FEW],
    ['many', count],
  ] as const) {
    await server.ask('PUT', `/${container}?restype=container`)
    const id = (await core.rows.container(ACCOUNT, container))?.id ?? 0
    for (let at = 0; at < blobs; at += 2000) {
      await core.rows.write(async (rows) => {
        for (let one = at; one < Math.min(at + 2000, blobs); one += 1) {
          const time = Date.now()
          const piece = await rows.addPiece({ size: 16, bytes: Buffer.from(`content ${String(one).padStart(8)}`) })
          await rows.putBlob({
            container: id,
            name: nameOf(one),
            kind: 'BlockBlob',
            etag: core.nextEtag(),
            createdAt: time,
            modifiedAt: time,
            size: 16,
            properties: { contentType: 'text/plain' },
            metadata: {},
            piece,
            content: undefined,
            blocks: 0,
            state: {},
          })
        }
      })
    }
  }
  console.log(`filled ${count} blobs in ${((performance.now() - started) / 1000).toFixed(0)} s`)
  await server.stop()
}

function nameOf(at: number): string {
  return `folder-${String(at % 100).padStart(2, '0')}/blob-${String(at).padStart(8, '0')}`
}

async function measure(port: number): Promise<void> {
  const body = Buffer.alloc(4096, 1)
  const cases = [
    ['list page of 1,000', (c: string) => ask(port, 'GET', `/${c}?restype=container&comp=list&maxresults=1000`)],
    ['list folders', (c: string) => ask(port, 'GET', `/${c}?restype=container&comp=list&delimiter=%2F`)],
    ['get', (c: string, at: number) => ask(port, 'GET', `/${c}/${nameOf((at * 7919) % (c === 'few' ? FEW : count))}`)],
    ['put 4 KiB', (c: string, at: number) => ask(port, 'PUT', `/${c}/new-${at}`, body)],
  ] as const
  for (const [what, run] of cases) {
    const medians: number[] = []
    for (const container of ['few', 'many']) {
      const taken: number[] = []
      for (let at = 0; at < TIMES / (what.startsWith('list') ? 4 : 1); at += 1) {
        const started = performance.now()
        const status = await run(container, at)
        if (status >= 300) throw new Error(`${what} in ${container}: ${status}`)
        taken.push(performance.now() - started)
      }
      medians.push(taken.sort((a, b) => a - b)[Math.floor(taken.length / 2)] ?? 0)
    }
    const [few = 0, many = 0] = medians
    console.log(
      `${what.padEnd(20)} ${few.toFixed(2)} ms with ${FEW}, ${many.toFixed(2)} ms with ${count}: ${(many / few).toFixed(2)}×`,
    )
  }
}

async function stream(port: number, pid: number): Promise<void> {
  const before = memory(pid)
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, memory(pid))
  }, 50)
  const started = performance.now()
  for (let at = 0; at < gibibytes; at += 1) {
    const status = await ask(port, 'PUT', '/few/stream', zeros(), GIB)
    if (status !== 201) throw new Error(`a put of 1 GiB: ${status}`)
    await ask(port, 'GET', '/few/stream')
  }
  clearInterval(timer)
  const seconds = (performance.now() - started) / 1000
  const speed = ((2 * gibibytes * 1024) / seconds).toFixed(0)
  console.log(
    `${gibibytes} GiB in and out at ${speed} MiB/s: memory ${before.toFixed(0)} MB before, ${most.toFixed(0)} MB at most, ${memory(pid).toFixed(0)} MB after`,
  )
}

/** What the process has in memory, in MB. */
function memory(pid: number): number {
  const [, kilobytes = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}

function zeros(): Readable {
  const chunk = Buffer.alloc(1024 * 1024)
  return Readable.from(
    (function* () {
      for (let at = 0; at < 1024; at += 1) yield chunk
    })(),
  )
}

function ask(port: number, method: string, path: string, body?: Buffer | Readable, size?: number): Promise<number> {
  const length = size ?? (body instanceof Buffer ? body.length : 0)
  const headers: Record<string, string> = {
    Host: `${ACCOUNT}.blob.core.windows.net`,
    'x-ms-date': new Date().toUTCString(),
    'x-ms-version': '2023-11-03',
    ...(method === 'PUT' && { 'x-ms-blob-type': 'BlockBlob', 'Content-Length': String(length) }),
  }
  const [bare = '', query = ''] = path.split('?')
  const own = Object.entries(headers).filter(([name]) => name.startsWith('x-ms-'))
  const lines = [method, '', '', length === 0 ? '' : String(length), '', '', '', '', '', '', '', '']
  const parameters = query === '' ? [] : query.split('&').map((one) => decodeURIComponent(one).replace('=', ':'))
  const text = [
    ...lines,
    ...own.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}:${value}`),
    `/${ACCOUNT}${bare}`,
    ...parameters.sort(),
  ].join('\n')
  headers.Authorization = `SharedKey ${ACCOUNT}:${createHmac('sha256', key).update(text).digest('base64')}`
  return new Promise((resolve, reject) => {
    const sending = request({ host: '127.0.0.1', port, method, path, headers, agent }, (response) => {
      response.on('data', () => undefined)
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.on('error', reject)
    })
    sending.on('error', reject)
    if (body instanceof Readable) body.pipe(sending)
    else sending.end(body)
  })
}
