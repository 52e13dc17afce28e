import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, createHmac, randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { ACCOUNT, BlobServer } from '../../../test/support/blob-server.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const key = createHmac('sha512', 'key1').update(ACCOUNT).digest()

async function startChild(directory: string): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(join(root, 'bin/node'), [join(root, 'test/support/blob-server-process.ts'), directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(child.stdout ?? child, 'data')
  return { child, port: Number.parseInt(String(line), 10) }
}

/** A signed request; rejects where the server went away before its answer. */
function ask(port: number, agent: Agent, method: string, path: string, body = Buffer.alloc(0)): Promise<number> {
  const headers: Record<string, string> = {
    'x-ms-blob-type': 'BlockBlob',
    'x-ms-date': new Date().toUTCString(),
    'x-ms-version': '2023-11-03',
  }
  const [bare = '', query = ''] = path.split('?')
  const parameters =
    query === ''
      ? []
      : query
          .split('&')
          .map((part) => part.replace('=', ':'))
          .sort()
  const own = Object.entries(headers).map(([name, value]) => `${name}:${value}`)
  const length = body.length === 0 ? '' : String(body.length)
  const text = [
    method,
    '',
    '',
    length,
    ...Array(8).fill(''),
    ...own,
    [`/${ACCOUNT}${bare}`, ...parameters].join('\n'),
  ].join('\n')
  headers.Authorization = `SharedKey ${ACCOUNT}:${createHmac('sha256', key).update(text).digest('base64')}`
  headers.Host = `${ACCOUNT}.blob.core.windows.net`
  headers['Content-Length'] = String(body.length)
  return new Promise((resolve, reject) => {
    const sending = request({ host: '127.0.0.1', port, method, path, headers, agent }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.on('error', reject)
    })
    sending.on('error', reject)
    sending.end(body)
  })
}

test('what was acknowledged is there after kill -9, whole; what was not is whole or not there; no file is left over', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lazuli-kill-'))
  /** By name: digests that the blob may have. Once acknowledged, only that one and what was tried later. */
  const allowed = new Map<string, Set<string | undefined>>()
  let acknowledged = 0
  for (let round = 0; round < 4; round += 1) {
    const { child, port } = await startChild(directory)
    const agent = new Agent({ keepAlive: true })
    if (round === 0) assert.equal(await ask(port, agent, 'PUT', '/box?restype=container'), 201)
    const ended = once(child, 'exit')
    let isKilled = false
    const client = async (number: number): Promise<void> => {
      for (let at = 0; !isKilled; at += 1) {
        const name = `${number}-${at % 7}`
        const body = randomBytes(at % 3 === 0 ? randomInt(70_000, 900_000) : randomInt(1, 60_000))
        const may = allowed.get(name) ?? new Set([undefined])
        allowed.set(name, may.add(digest(body)))
        try {
          assert.equal(await ask(port, agent, 'PUT', `/box/${name}`, body), 201)
        } catch (error) {
          if (isKilled) return
          throw error
        }
        acknowledged += 1
        allowed.set(name, new Set([digest(body)]))
      }
    }
    const clients = Promise.all([0, 1, 2, 3, 4, 5].map(client))
    const before = acknowledged
    while (acknowledged < before + 20) await wait(10)
    await wait(randomInt(0, 60))
    isKilled = true
    child.kill('SIGKILL')
    await ended
    await clients
    agent.destroy()
  }
  const server = await BlobServer.start({ directory })
  try {
    for (const [name, may] of allowed) {
      const answer = await server.ask('GET', `/box/${name}`)
      const seen = answer.status === 404 ? undefined : digest(answer.body)
      assert.ok(may.has(seen), `${name} is neither what was acknowledged nor what was being written`)
      if (answer.status === 200) assert.equal(String(answer.body.length), answer.headers['content-length'])
    }
    await server.service.collector.pass()
    await server.service.collector.pass()
    const rows = await server.store.database.read.db
      .selectFrom('blob_pieces')
      .select('file')
      .where('file', 'is not', null)
      .execute()
    const named = rows.map(({ file }) => `blobs/${file?.slice(0, 2)}/${file}`).sort()
    while (globSync('blobs/*/*', { cwd: directory }).length > named.length) await wait(10)
    assert.deepEqual(globSync('blobs/*/*', { cwd: directory }).sort(), named)
    assert.ok(acknowledged >= 80)
  } finally {
    await server.stop()
    rmSync(directory, { recursive: true })
  }
})
