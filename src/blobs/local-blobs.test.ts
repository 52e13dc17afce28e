import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { filesWith } from '../../test/providers/arm-client.ts'
import { ACCOUNT, BlobServer } from '../../test/support/blob-server.ts'
import { fault, isFault } from '../faults.ts'
import { dataKeyRing } from '../store/data-key-ring.ts'
import { accountScope } from '../store/data-keys.ts'
import type { Blobs } from './blobs.ts'

let server: BlobServer
let blobs: Blobs
let folder: string
const at = (path: string, container = 'box') => ({ account: ACCOUNT, container, path })

before(async () => {
  server = await BlobServer.start()
  blobs = server.service.blobs
  folder = mkdtempSync(join(tmpdir(), 'lazuli-folder-'))
  await blobs.ensureContainer(ACCOUNT, 'box')
})
after(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

test('ensureContainer may be asked twice, also at once', async () => {
  await Promise.all([1, 2, 3].map(() => blobs.ensureContainer(ACCOUNT, 'twice')))
  await blobs.ensureContainer(ACCOUNT, 'twice')
  await blobs.removeContainer(ACCOUNT, 'twice')
  await blobs.removeContainer(ACCOUNT, 'twice')
})

for (const { name, body, bytes } of [
  { name: 'a text', body: () => 'hällo', bytes: Buffer.from('hällo') },
  { name: 'bytes', body: () => Buffer.alloc(100_000, 3), bytes: Buffer.alloc(100_000, 3) },
  {
    name: 'a stream',
    body: () => Readable.from([Buffer.alloc(70_000, 1), Buffer.from('end')]),
    bytes: Buffer.concat([Buffer.alloc(70_000, 1), Buffer.from('end')]),
  },
  { name: 'nothing', body: () => '', bytes: Buffer.alloc(0) },
]) {
  test(`write and read: ${name}`, async () => {
    const info = await blobs.write(at('w'), body(), { contentType: 'a/b' })
    assert.deepEqual([info.size, info.contentType], [bytes.length, 'a/b'])
    assert.ok((await buffer(await blobs.read(at('w')))).equals(bytes))
    assert.ok((await buffer(await blobs.read(at('w'), { start: 1, end: 4 }))).equals(bytes.subarray(1, 4)))
    assert.deepEqual(await blobs.info(at('w')), info)
  })
}

test('a stream that fails leaves what was there', async () => {
  await blobs.write(at('f'), 'old')
  const failing = Readable.from(
    (function* () {
      yield Buffer.alloc(200_000)
      throw new Error('broke off')
    })(),
  )
  await assert.rejects(blobs.write(at('f'), failing), /broke off/)
  assert.equal(String(await buffer(await blobs.read(at('f')))), 'old')
})

test('append makes the blob, and many at once lose nothing', async () => {
  await Promise.all(Array.from({ length: 50 }, (_, line) => blobs.append(at('log.txt'), Buffer.from(`line ${line}\n`))))
  const lines = String(await buffer(await blobs.read(at('log.txt'))))
    .split('\n')
    .filter(Boolean)
    .sort()
  assert.equal(new Set(lines).size, 50)
})

test('what is not there: no info, a refusal to read, nothing to remove', async () => {
  assert.equal(await blobs.info(at('missing')), undefined)
  await assert.rejects(blobs.read(at('missing')), { key: 'BlobNotFound' })
  await assert.rejects(blobs.read(at('x', 'nobox')), { key: 'ContainerNotFound' })
  await assert.rejects(blobs.write(at('x', 'nobox'), 'x'), { key: 'ContainerNotFound' })
  await blobs.remove(at('missing'))
  await assert.rejects(blobs.materialise(at('missing'), join(folder, 'm')), { key: 'BlobNotFound' })
})

test('list goes on after its page', async () => {
  for (const name of ['l/1', 'l/2', 'l/3']) await blobs.write(at(name), name)
  const first = await blobs.list(at('l/'), { limit: 2 })
  const second = await blobs.list(at('l/'), { limit: 2, ...(first.next && { after: first.next }) })
  assert.deepEqual(
    [...first.items, ...second.items].map(({ name }) => name),
    ['l/1', 'l/2', 'l/3'],
  )
  assert.equal(second.next, undefined)
})

test('collect and materialise a folder; links lead nowhere outside; what comes out is nobody else’s', async () => {
  const source = join(folder, 'source')
  mkdirSync(join(source, 'deep'), { recursive: true })
  const large = randomBytes(300_000)
  writeFileSync(join(source, 'small.txt'), 'small')
  writeFileSync(join(source, 'deep', 'large.bin'), large)
  writeFileSync(join(folder, 'secret'), 'secret')
  symlinkSync(join(folder, 'secret'), join(source, 'out'))
  symlinkSync(folder, join(source, 'outside'))
  symlinkSync('small.txt', join(source, 'inside'))
  symlinkSync('nowhere', join(source, 'dangling'))
  await blobs.collect(source, at('got'))
  const { items } = await blobs.list(at('got/'))
  assert.deepEqual(
    items.map(({ name }) => name),
    ['got/deep/large.bin', 'got/inside', 'got/small.txt'],
  )
  assert.equal(items[2]?.contentType, 'text/plain; charset=utf-8')

  const target = join(folder, 'target')
  await blobs.materialise(at('got'), target)
  assert.ok(readFileSync(join(target, 'deep', 'large.bin')).equals(large))
  assert.equal(readFileSync(join(target, 'inside'), 'utf8'), 'small')
  assert.equal(statSync(join(target, 'deep', 'large.bin')).nlink, 1)
  writeFileSync(join(target, 'deep', 'large.bin'), 'changed')
  assert.ok((await buffer(await blobs.read(at('got/deep/large.bin')))).equals(large))

  await blobs.materialise(at('got/small.txt'), join(folder, 'one', 'file.txt'))
  assert.equal(readFileSync(join(folder, 'one', 'file.txt'), 'utf8'), 'small')
  assert.deepEqual(readdirSync(join(folder, 'one')), ['file.txt'])
})

test('a blob’s name never leads out of the folder that it is put into', async () => {
  await blobs.write(at('evil/../../../escaped'), 'x')
  await assert.rejects(blobs.materialise(at('evil'), join(folder, 'evil')), { key: 'InvalidResourceName' })
})

test('sas: a blob’s and a container’s work on the wire, for what they say and as long as they say', async () => {
  await blobs.write(at('dir/a b.txt'), 'hello')
  const blob = await blobs.sas(at('dir/a b.txt'), { permissions: 'r', lifetimeSeconds: 60 })
  const read = await server.ask('GET', `/box/dir/a%20b.txt?${blob}`, { auth: 'none' })
  assert.equal(read.text, 'hello')
  const headers = { 'x-ms-blob-type': 'BlockBlob' }
  const written = await server.ask('PUT', `/box/dir/a%20b.txt?${blob}`, { auth: 'none', body: 'x', headers })
  assert.equal(written.code, 'AuthorizationPermissionMismatch')
  const box = await blobs.sas(at(''), { permissions: 'lwcr', lifetimeSeconds: 60, container: true })
  assert.equal((await server.ask('PUT', `/box/new?${box}`, { auth: 'none', body: 'x', headers })).status, 201)
  assert.equal((await server.ask('GET', `/box?restype=container&comp=list&${box}`, { auth: 'none' })).status, 200)
  const old = await blobs.sas(at('new'), { permissions: 'r', lifetimeSeconds: -1 })
  assert.equal((await server.ask('GET', `/box/new?${old}`, { auth: 'none' })).code, 'AuthenticationFailed')
  await assert.rejects(blobs.sas({ ...at('x'), account: 'nobody' }, { permissions: 'r', lifetimeSeconds: 1 }), {
    key: 'StorageAccountNotFound',
  })
})

test('a full database refuses in Azure’s words and changes nothing; once there is room it goes on', async () => {
  await blobs.write(at('full'), 'old')
  const limit = async (pages: number) => {
    const { sql } = await import('kysely')
    await server.store.database.write(async ({ db }) => {
      await sql.raw(`PRAGMA max_page_count = ${pages}`).execute(db)
    })
  }
  await limit(1)
  const headers = { 'x-ms-blob-type': 'BlockBlob' }
  let full = 201
  for (let at = 0; at < 200 && full === 201; at += 1) {
    const answer = await server.ask('PUT', `/box/fill${at}`, { body: Buffer.alloc(60_000), headers })
    full = answer.status
    if (full !== 201) assert.equal(answer.code, 'ServerBusy')
  }
  assert.equal(full, 503)
  assert.equal((await server.ask('GET', '/box/full')).text, 'old')
  await limit(1_000_000)
  assert.equal((await server.ask('PUT', '/box/full', { body: 'new', headers })).status, 201)
})

test('removeAccount takes all containers of one account', async () => {
  await blobs.ensureContainer('otheraccount', 'one')
  await blobs.ensureContainer('otheraccount', 'two')
  await blobs.removeAccount('otheraccount')
  assert.equal(await blobs.info({ account: 'otheraccount', container: 'one', path: 'x' }), undefined)
  await assert.rejects(blobs.list({ account: 'otheraccount', container: 'two', path: '' }), {
    key: 'ContainerNotFound',
  })
  await blobs.list(at(''))
})

test('an account with a key of its own gives jobs clear bytes and keeps none; without the key there are none', async () => {
  const ring = dataKeyRing()
  const scope = accountScope(ACCOUNT)
  ring.use(scope, randomBytes(32))
  const sealed = await BlobServer.start({ ring })
  try {
    const port = sealed.service.blobs
    await port.ensureContainer(ACCOUNT, 'box')
    const bodies = { 'in/small.txt': 'PLAIN-small '.repeat(20), 'in/large.txt': 'PLAIN-large '.repeat(100_000) }
    for (const [path, body] of Object.entries(bodies)) await port.write(at(path), body)
    for (const line of ['PLAIN-one ', 'PLAIN-two ']) await port.append(at('log.txt'), Buffer.from(line))
    const target = join(folder, 'clear')
    await port.materialise(at('in/'), target)
    assert.equal(readFileSync(join(target, 'small.txt'), 'utf8'), bodies['in/small.txt'])
    assert.equal(readFileSync(join(target, 'large.txt'), 'utf8'), bodies['in/large.txt'])
    const range = await buffer(await port.read(at('in/large.txt'), { start: 70_001, end: 70_040 }))
    assert.equal(range.toString(), bodies['in/large.txt'].slice(70_001, 70_040))
    assert.equal((await buffer(await port.read(at('log.txt')))).toString(), 'PLAIN-one PLAIN-two ')
    await port.collect(target, at('out'))
    assert.equal((await buffer(await port.read(at('out/large.txt')))).toString(), bodies['in/large.txt'])
    assert.deepEqual(filesWith(sealed.directory, 'PLAIN-'), [])
    ring.close(scope, () => fault('KeyVaultEncryptionKeyNotFound'))
    const isAway = (error: unknown) => isFault(error) && error.key === 'KeyVaultEncryptionKeyNotFound'
    await assert.rejects(port.materialise(at('in/small.txt'), join(folder, 'none')), isAway)
    await assert.rejects(port.write(at('new.txt'), 'x'), isAway)
    await port.removeAccount(ACCOUNT)
  } finally {
    await sealed.stop()
  }
})
