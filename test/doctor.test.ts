/** `lazuli doctor`: what does not agree is found; what is safe is put right; lost bytes are told and left. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { BlobServer } from './support/blob-server.ts'
import { lazuli } from './support/server.ts'

const directory = mkdtempSync(join(tmpdir(), 'lazuli-doctor-'))
const block = { 'x-ms-blob-type': 'BlockBlob' }
const id = (text: string) => encodeURIComponent(Buffer.from(text).toString('base64'))

before(async () => {
  const server = await BlobServer.start({ directory })
  const put = (path: string, body: Uint8Array | string, headers: Record<string, string> = {}) =>
    server.ask('PUT', path, { body, headers })
  await server.ask('PUT', '/box?restype=container')
  await put('/box/small', 'hello', { ...block, 'x-ms-tags': 'a=b' })
  await put('/box/large', Buffer.alloc(200_000, 1), block)
  await put('/box/kept', Buffer.alloc(150_000, 2), block)
  for (const [at, bytes] of [Buffer.alloc(100_000, 3), Buffer.from('end')].entries()) {
    await put(`/box/blocks?comp=block&blockid=${id(String(at))}`, bytes)
  }
  const list = `<BlockList><Latest>${decodeURIComponent(id('0'))}</Latest><Latest>${decodeURIComponent(id('1'))}</Latest></BlockList>`
  await put('/box/blocks?comp=blocklist', list)
  await put(`/box/waits?comp=block&blockid=${id('0')}`, 'waiting')
  for (const path of ['/box/small', '/box/large', '/box/blocks']) await put(`${path}?comp=snapshot`, '')
  await put('/box/log', '', { 'x-ms-blob-type': 'AppendBlob' })
  for (let at = 0; at < 5; at += 1) await put('/box/log?comp=appendblock', `line ${at}\n`)
  await put('/box/pages', '', { 'x-ms-blob-type': 'PageBlob', 'x-ms-blob-content-length': '4096' })
  await put('/box/pages?comp=page', Buffer.alloc(1024, 4), {
    'x-ms-range': 'bytes=1024-2047',
    'x-ms-page-write': 'update',
  })
  await server.stop()
})
after(() => rmSync(directory, { recursive: true }))

interface Finding {
  readonly kind: string
  readonly text: string
  readonly repaired: boolean
}

function doctor(...flags: string[]): { status: number | null; found: Finding[] } {
  const { status, stdout, stderr } = spawnSync(lazuli, ['doctor', '--json', '--data', directory, ...flags], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', HOME: directory },
  })
  assert.equal(stderr, '')
  const lines = stdout.split('\n').filter((line) => line !== '')
  return { status, found: lines.map((line): Finding => JSON.parse(line)) }
}

function change(...statements: string[]): void {
  const database = new DatabaseSync(join(directory, 'lazuli.db'))
  for (const statement of statements) database.exec(statement)
  database.close()
}

test('what a server has left behind agrees', () => {
  assert.deepEqual(doctor(), { status: 0, found: [] })
})

const orphan = join('ab', 'ab'.repeat(16))
for (const { name, harm, says } of [
  {
    name: 'a piece that is counted once too often',
    harm: () =>
      change("update blob_pieces set refs = refs + 1 where id = (select piece from blobs where name = 'large')"),
    says: /is named 2 times and counted 3 times/,
  },
  {
    name: 'a piece that nobody names',
    harm: () => change("insert into blob_pieces (size, bytes) values (3, x'616263')"),
    says: /is named 0 times and counted 1 times/,
  },
  {
    name: 'the parts of a blob that is gone',
    harm: () => change("delete from blobs where name = 'log'"),
    says: /belong to no blob/,
  },
  {
    name: 'an index of tags that says less',
    harm: () => change('delete from blob_tags'),
    says: /does not say what 'small' says/,
  },
  {
    name: 'a file that no blob has',
    harm: () => {
      mkdirSync(join(directory, 'blobs', 'ab'), { recursive: true })
      writeFileSync(join(directory, 'blobs', orphan), 'left')
    },
    says: /No blob has the file abab/,
  },
]) {
  test(`${name} is found, put right with --repair, and then agrees`, () => {
    harm()
    const seen = doctor()
    assert.equal(seen.status, 1)
    assert.ok(
      seen.found.some(({ kind, text, repaired }) => kind === 'untidy' && says.test(text) && !repaired),
      JSON.stringify(seen),
    )
    const mended = doctor('--repair')
    assert.equal(mended.status, 0)
    assert.ok(mended.found.every(({ repaired }) => repaired))
    assert.deepEqual(doctor(), { status: 0, found: [] })
  })
}

test('what was put right is served, and what nobody named is gone', async () => {
  const server = await BlobServer.start({ directory })
  await server.service.collector.pass()
  await server.service.collector.pass()
  for (const [name, size] of [
    ['small', 5],
    ['large', 200_000],
    ['kept', 150_000],
    ['blocks', 100_003],
  ] as const) {
    assert.equal((await server.ask('GET', `/box/${name}`)).body.length, size, name)
  }
  assert.ok((await server.ask('GET', `/?comp=blobs&where=${encodeURIComponent("a='b'")}`)).text.includes('<Name>small'))
  await server.stop()
  assert.ok(!existsSync(join(directory, 'blobs', orphan)))
  assert.deepEqual(doctor(), { status: 0, found: [] })
})

test('bytes that are gone are told with their blob, and --repair leaves what the rows say', () => {
  const database = new DatabaseSync(join(directory, 'lazuli.db'))
  const fileOf = (name: string): string => {
    const row = database.prepare('select file from blob_pieces join blobs on piece = id where name = ?').get(name)
    const file = String(row?.file)
    return join(directory, 'blobs', file.slice(0, 2), file)
  }
  const [large, kept] = [fileOf('large'), fileOf('kept')]
  database.close()
  rmSync(large)
  truncateSync(kept, 1000)
  for (const flags of [[], ['--repair'], []]) {
    const { status, found } = doctor(...flags)
    assert.equal(status, 1)
    assert.deepEqual(
      found.map(({ kind, repaired }) => [kind, repaired]),
      [
        ['lost', false],
        ['lost', false],
      ],
    )
    assert.match(found.map(({ text }) => text).join('\n'), /lazulitest\/box\/large.*is not there/)
    assert.match(found.map(({ text }) => text).join('\n'), /lazulitest\/box\/kept.*has 1000 bytes instead of 150000/)
  }
  assert.ok(globSync('blobs/*/*', { cwd: directory }).length > 0)
})
