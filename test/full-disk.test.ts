/**
 * A full disk: a real server whose data directory is a small tmpfs. What doesn't fit is refused in Azure's words, what
 * was there stays, and with room again it goes on; then the doctor finds nothing wrong.
 */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { ACCOUNT, BlobServer } from './support/blob-server.ts'
import { lazuli } from './support/server.ts'

const MIB = 1024 * 1024
const mounts = ['unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs /mnt']] as const
const skip = spawnSync(...mounts).status === 0 ? false : 'needs user namespaces that may mount a tmpfs'
const home = mkdtempSync(join(tmpdir(), 'lazuli-full-'))
after(() => rmSync(home, { recursive: true, force: true }))

test('a full disk', { skip, timeout: 120_000 }, async (context) => {
  const script = `mount -t tmpfs -o size=32m tmpfs "$1" && { head -c 262144 /dev/zero > "$1/ballast"; "$2" "$3" "$1"; "$4" doctor --json --data "$1" > "$5.out"; echo $? > "$5.code"; }`
  const node = process.execPath
  const server = join(import.meta.dirname, 'support', 'blob-server-process.ts')
  const told = join(home, 'doctor')
  const folder = mkdtempSync(join(home, 'data-'))
  const inside = spawn(
    'unshare',
    ['-rm', '--kill-child', 'sh', '-c', script, 'sh', folder, node, server, lazuli, told],
    {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH ?? '', HOME: home },
    },
  )
  const ended = once(inside, 'close')
  const lines = createInterface({ input: inside.stdout })[Symbol.asyncIterator]()
  const port = Number((await lines.next()).value)
  const pid = Number((await lines.next()).value)
  // The shell waits for the server: where it is still there, both are, in a group of their own.
  context.after(() => {
    if (inside.exitCode === null && inside.signalCode === null && inside.pid) process.kill(-inside.pid, 'SIGKILL')
  })
  // Signs only: the server is in another process.
  const signer = Object.assign(Object.create(BlobServer.prototype), {}) as BlobServer

  const ask = (method: string, path: string, body?: Uint8Array) =>
    new Promise<{ status: number; code: string; body: Buffer }>((resolve, reject) => {
      const headers: Record<string, string> = {
        Host: `${ACCOUNT}.blob.core.windows.net`,
        'x-ms-version': '2023-11-03',
        'x-ms-date': new Date().toUTCString(),
        ...(method === 'PUT' && { 'x-ms-blob-type': 'BlockBlob', 'Content-Length': String(body?.length ?? 0) }),
      }
      headers.Authorization = signer.sign(ACCOUNT, method, path, headers)
      const sending = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            code: String(response.headers['x-ms-error-code'] ?? ''),
            body: Buffer.concat(chunks),
          }),
        )
      })
      sending.on('error', reject)
      sending.end(body)
    })

  assert.equal((await ask('PUT', '/box?restype=container')).status, 201)
  const stored: { path: string; bytes: Buffer }[] = []
  const fill = async (size: number): Promise<void> => {
    for (let at = 0; ; at += 1) {
      const bytes = Buffer.alloc(size, stored.length)
      const path = `/box/${size}-${at}`
      const answer = await ask('PUT', path, bytes)
      if (answer.status === 201) stored.push({ path, bytes })
      else {
        assert.deepEqual([answer.status, answer.code], [503, 'ServerBusy'], answer.body.toString())
        assert.match(answer.body.toString(), /disk that this server keeps its data on is full/)
        assert.equal((await ask('GET', path)).code, 'BlobNotFound', 'what was refused is not there')
        return
      }
    }
  }
  // Files first, then rows: each meets the end of the disk in a place of its own.
  await fill(2 * MIB)
  await fill(60_000)
  assert.ok(stored.length > 5)
  for (const { path, bytes } of stored) assert.ok((await ask('GET', path)).body.equals(bytes), path)

  // A delete needs room for its log: somebody makes a little, as on a full disk somebody must.
  rmSync(`/proc/${pid}/root${folder}/ballast`)
  const large = stored.filter(({ bytes }) => bytes.length === 2 * MIB)
  for (const { path } of large.slice(0, 3)) assert.equal((await deleted(path)).status, 202, path)
  // A delete too needs a little room for its log: where that is refused it is asked again, until the bytes of the one
  // before have gone.
  async function deleted(path: string) {
    const until = Date.now() + 30_000
    let answer = await ask('DELETE', path)
    while (answer.status === 503 && Date.now() < until) answer = await ask('DELETE', path)
    return answer
  }
  let room = await ask('PUT', '/box/again', Buffer.alloc(MIB, 7))
  for (const until = Date.now() + 30_000; room.status !== 201 && Date.now() < until; ) {
    assert.equal(room.status, 503)
    room = await ask('PUT', '/box/again', Buffer.alloc(MIB, 7))
  }
  assert.equal(room.status, 201)
  assert.ok((await ask('GET', '/box/again')).body.equals(Buffer.alloc(MIB, 7)))

  process.kill(pid, 'SIGKILL')
  await ended
  const found = readFileSync(`${told}.out`, 'utf8')
  assert.ok(!found.includes('"lost"'), found)
})
