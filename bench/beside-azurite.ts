import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash, createHmac } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '../test/support/free-port.ts'
import { TestServer } from '../test/support/server.ts'
import { load, request } from './load.ts'
import type { Row } from './table.ts'

const root = join(import.meta.dirname, '..')
const CLIENTS = 32
const SECONDS = 4
const NAMES = 500
const MIB = 1024 * 1024
const LARGE = 64 * MIB
const LARGE_TIMES = 9

/** A blob service under test: where it listens, and how its URLs and signatures begin. */
interface Target {
  readonly port: number
  readonly account: string
  readonly key: string
  /** What stands before the container in a URL. */
  readonly base: string
  /** The file of the authority of one that is asked over TLS. */
  readonly authority?: string
}

interface Figures {
  readonly put: number
  readonly get: number
  /** MB/s. */
  readonly inward: number
  readonly outward: number
}

/**
 * Blobs here and in Azurite, one after the other with the same client, both over plain HTTP with signed requests; what
 * TLS leaves of it here stands beside.
 */
export async function besideAzurite(): Promise<readonly Row[]> {
  const azurite = installAzurite()
  const { plain: ours, tls } = await measureOurs()
  const theirs = await measureAzurite(azurite)
  const disk = diskSpeed()
  const rate = (what: string, own: number, peer: number, wanted: number, unit: string): Row => ({
    what,
    ours: `${Math.round(own)} ${unit}`,
    goal: `≥ ${wanted}× Azurite (${Math.round(peer)} ${unit})`,
    ratio: `${(own / peer).toFixed(1)}×`,
    met: own > 0 && own >= wanted * peer,
  })
  return [
    rate('blob put 4 KiB, 32 clients', ours.put, theirs.put, 8, '/s'),
    rate('blob get 4 KiB, 32 clients', ours.get, theirs.get, 7, '/s'),
    rate('blob 64 MiB in, MD5 checked', ours.inward, theirs.inward, 3, 'MB/s'),
    {
      what: 'blob 64 MiB in, beside the disk',
      ours: `${Math.round(ours.inward)} MB/s`,
      goal: `≥ 50 % of dd conv=fdatasync (${Math.round(disk)} MB/s)`,
      ratio: `${Math.round((100 * ours.inward) / disk)} %`,
      met: ours.inward > 0 && ours.inward >= disk / 2,
    },
    rate('blob 64 MiB out', ours.outward, theirs.outward, 4, 'MB/s'),
    {
      what: 'the same over TLS: put, get, in, out',
      ours: `${Math.round(tls.put)} /s, ${Math.round(tls.get)} /s, ${Math.round(tls.inward)} MB/s, ${Math.round(tls.outward)} MB/s`,
    },
  ]
}

/** Installs the peer once, below `.cache`, which git ignores. */
function installAzurite(): string {
  const folder = join(root, '.cache', 'bench')
  const program = join(folder, 'node_modules', 'azurite', 'dist', 'src', 'blob', 'main.js')
  if (existsSync(program)) return program
  mkdirSync(folder, { recursive: true })
  copyFileSync(join(import.meta.dirname, 'package.json'), join(folder, 'package.json'))
  const done = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: 'inherit',
  })
  if (done.status !== 0 || !existsSync(program)) throw new Error('Azurite could not be installed')
  return program
}

async function measureOurs(): Promise<{ readonly plain: Figures; readonly tls: Figures }> {
  const server = await TestServer.start()
  try {
    const group = `/subscriptions/${server.facts.subscriptionId}/resourceGroups/lazuli`
    const type = `${group}/providers/Microsoft.Storage/storageAccounts`
    const list = await server.ask(`${type}?api-version=2023-01-01`)
    const account: string = list.json.value[0].name
    const keys = await server.ask(`${type}/${account}/listKeys?api-version=2023-01-01`, { method: 'POST' })
    const key: string = keys.json.keys[0].value
    const target = { port: server.facts.port, account, key, base: `/_blob/${account}` }
    const plain = await measure(target)
    return { plain, tls: await measure({ ...target, authority: server.facts.rootCertificate }, 'bench-tls') }
  } finally {
    await server.stop()
  }
}

async function measureAzurite(program: string): Promise<Figures> {
  const data = mkdtempSync(join(tmpdir(), 'azurite-'))
  const port = await freePort()
  const options = [
    '--location',
    data,
    '--blobPort',
    String(port),
    '--silent',
    '--skipApiVersionCheck',
    '--disableTelemetry',
  ]
  const child = spawn(process.execPath, [program, ...options], { stdio: 'ignore' })
  try {
    const account = 'devstoreaccount1'
    // Azurite's published development key.
    const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='
    await until(port, child)
    return await measure({ port, account, key, base: `/${account}` })
  } finally {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
    rmSync(data, { recursive: true, force: true })
  }
}

async function measure(target: Target, container = 'bench'): Promise<Figures> {
  const { port, authority } = target
  const place = `/${container}?restype=container`
  const box = await fetch(`http://127.0.0.1:${port}${target.base}${place}`, {
    method: 'PUT',
    headers: signature(target, 'PUT', place),
  })
  if (box.status !== 201) throw new Error(`The container could not be made: ${await box.text()}`)
  const small = Buffer.alloc(4096, 7)
  const names = Array.from({ length: NAMES }, (_, at) => `/${container}/small-${at}`)
  const run = async (clients: number, requests: readonly Buffer[]): Promise<number> => {
    const done = await load({
      port,
      clients,
      seconds: SECONDS,
      ...(authority !== undefined && { authority: readFileSync(authority) }),
      request: (n) => requests[n % requests.length] ?? Buffer.alloc(0),
    })
    if (done.failed > 0) throw new Error(`${done.failed} requests failed`)
    return done.perSecond
  }
  const put = await run(
    CLIENTS,
    names.map((name) => signed(target, 'PUT', name, small)),
  )
  const get = await run(
    CLIENTS,
    names.map((name) => signed(target, 'GET', name)),
  )
  const large = Buffer.alloc(LARGE, 'sixty-four mebibytes ')
  const inward = await run(1, [signed(target, 'PUT', `/${container}/large`, large)])
  const origin = authority === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`
  const outward = curlSpeed(
    `${origin}${target.base}/${container}/large`,
    signature(target, 'GET', `/${container}/large`),
    authority === undefined ? [] : ['--cacert', authority],
  )
  return { put, get, inward: (inward * LARGE) / 1_000_000, outward }
}

/** The speed of the median download in MB/s. A client in JavaScript reads slower than the server sends. */
function curlSpeed(url: string, headers: Readonly<Record<string, string>>, more: readonly string[]): number {
  const named = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const speeds = Array.from({ length: LARGE_TIMES }, () => {
    const what = ['-sS', '--noproxy', '*', '-o', '/dev/null', '-w', '%{http_code} %{time_total}']
    const done = spawnSync('curl', [...what, ...more, ...named, url], { encoding: 'utf8' })
    const [status = '', time = ''] = done.stdout.split(' ')
    if (!status.startsWith('20')) throw new Error(`curl: ${status} ${done.stderr}`)
    return LARGE / 1_000_000 / Number(time)
  })
  return speeds.sort((x, y) => x - y)[Math.floor(LARGE_TIMES / 2)] ?? Number.NaN
}

/** A request signed with the account's key; good for a quarter of an hour. */
function signed(target: Target, method: string, path: string, body?: Buffer): Buffer {
  const headers = signature(target, method, path, body)
  return request(method, target.base + path, { headers, ...(body && { body }) })
}

function signature(
  { account, key, base }: Target,
  method: string,
  path: string,
  body?: Buffer,
): Record<string, string> {
  const headers: Record<string, string> = { 'x-ms-date': new Date().toUTCString(), 'x-ms-version': '2023-11-03' }
  const md5 = body ? createHash('md5').update(body).digest('base64') : ''
  if (body) Object.assign(headers, { 'content-md5': md5, 'x-ms-blob-type': 'BlockBlob' })
  const own = Object.entries(headers)
    .filter(([name]) => name.startsWith('x-ms-'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const [bare = '', query = ''] = path.split('?')
  const lines = [method, '', '', body ? String(body.length) : '', md5, ...Array(7).fill('')]
  lines.push(...own.map(([name, value]) => `${name}:${value}`), `/${account}${base}${bare}`)
  if (query !== '') lines.push(query.replace('=', ':'))
  const text = createHmac('sha256', Buffer.from(key, 'base64')).update(lines.join('\n')).digest('base64')
  return { ...headers, authorization: `SharedKey ${account}:${text}` }
}

async function until(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) throw new Error(`Azurite ended with ${child.exitCode}`)
    const is = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    )
    if (is) return
    await wait(100)
  }
  throw new Error('Azurite did not start')
}

/** What the disk takes when each 256 MiB must be on it: MB/s. */
function diskSpeed(): number {
  const folder = mkdtempSync(join(tmpdir(), 'dd-'))
  try {
    const began = performance.now()
    const done = spawnSync('dd', ['if=/dev/zero', `of=${join(folder, 'file')}`, 'bs=1M', 'count=256', 'conv=fdatasync'])
    if (done.status !== 0) throw new Error('dd failed')
    return (256 * MIB) / 1000 / (performance.now() - began)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
