import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { globSync } from 'node:fs'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { ACCOUNT, BlobServer } from '../../../test/support/blob-server.ts'
import { Crc64 } from '../../blobs/crc64.ts'

let server: BlobServer
const block = { 'x-ms-blob-type': 'BlockBlob' }
const md5 = (bytes: Uint8Array | string) => createHash('md5').update(bytes).digest('base64')
const get = async (path: string, headers: Record<string, string> = {}) => server.ask('GET', path, { headers })
const put = (path: string, body: Uint8Array | string, headers: Record<string, string> = {}) =>
  server.ask('PUT', path, { body, headers: { ...block, ...headers } })
const names = (xml: string) => [...xml.matchAll(/<Name>([^<]*)<\/Name>/g)].map(([, name]) => name)

before(async () => {
  server = await BlobServer.start()
  await server.ask('PUT', '/box?restype=container')
})
after(() => server.stop())

for (const { size, why } of [
  { size: 0, why: 'nothing at all' },
  { size: 1, why: 'a row' },
  { size: 65_536, why: 'the longest row' },
  { size: 65_537, why: 'the shortest file' },
  { size: 3_333_333, why: 'chunks that end anywhere' },
]) {
  describe(`a blob of ${size} bytes (${why})`, () => {
    const bytes = randomBytes(size)
    test('comes back as it went in, with its checksum, length and times', async () => {
      const stored = await put('/box/size', bytes, { 'Content-MD5': md5(bytes), 'x-ms-client-request-id': 'mine' })
      assert.equal(stored.status, 201, stored.text)
      assert.equal(stored.headers['x-ms-client-request-id'], 'mine')
      assert.equal(stored.headers['content-md5'], md5(bytes))
      assert.match(String(stored.headers.etag), /^"0x8D[0-9A-F]{13}"$/)
      const back = await get('/box/size')
      assert.ok(back.body.equals(bytes))
      assert.equal(back.headers['content-md5'], md5(bytes))
      assert.equal(back.headers.etag, stored.headers.etag)
      assert.equal(back.headers['last-modified'], stored.headers['last-modified'])
      const head = await server.ask('HEAD', '/box/size')
      assert.equal(head.headers['content-length'], String(size))
      assert.equal(head.body.length, 0)
      assert.equal(head.headers['x-ms-blob-type'], 'BlockBlob')
      assert.equal(head.headers['x-ms-lease-state'], 'available')
    })
    if (size === 0) return
    test('gives each range, checked on the way out', async () => {
      const ranges: readonly (readonly [number, number])[] = [
        [0, 0],
        [size - 1, size + 9],
        [Math.floor(size / 3), Math.floor(size / 2)],
      ]
      for (const [from, to] of ranges) {
        const range = `bytes=${from}-${to}`
        const wanted = bytes.subarray(from, to + 1)
        const part = await get('/box/size', { 'x-ms-range': range, 'x-ms-range-get-content-md5': 'true' })
        assert.equal(part.status, 206)
        assert.ok(part.body.equals(wanted))
        assert.equal(part.headers['content-range'], `bytes ${from}-${from + wanted.length - 1}/${size}`)
        assert.equal(part.headers['content-md5'], md5(wanted))
        assert.equal(part.headers['x-ms-blob-content-md5'], md5(bytes))
      }
      const open = await get('/box/size', { Range: `bytes=${size - 1}-`, 'x-ms-range-get-content-crc64': 'true' })
      assert.ok(open.body.equals(bytes.subarray(size - 1)))
      assert.equal(open.headers['x-ms-content-crc64'], new Crc64().update(bytes.subarray(size - 1)).digest())
    })
  })
}

test('a range that is none is no range', async () => {
  await put('/box/r', 'hello')
  for (const range of ['bytes=-2', 'lines=1-2', 'bytes=3-1', 'bytes=0-1,3-4']) {
    assert.equal((await get('/box/r', { Range: range })).status, 200)
  }
})

test('what is said of a blob comes back: content headers, metadata in its spelling; set anew, the rest is forgotten', async () => {
  const said = {
    'x-ms-blob-content-type': 'text/x-odd',
    'x-ms-blob-content-encoding': 'gzip',
    'x-ms-blob-content-language': 'de',
    'x-ms-blob-cache-control': 'no-store',
    'x-ms-blob-content-disposition': 'inline',
    'x-ms-blob-content-md5': md5('other'),
    'x-ms-meta-upload_status': 'completed',
    'x-ms-meta-hdi_isfolder': 'true',
    'x-ms-access-tier': 'Cool',
  }
  await put('/box/said', 'x', said)
  const { headers } = await server.ask('HEAD', '/box/said')
  assert.equal(headers['content-type'], 'text/x-odd')
  assert.equal(headers['content-encoding'], 'gzip')
  assert.equal(headers['content-language'], 'de')
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers['content-disposition'], 'inline')
  assert.equal(headers['content-md5'], md5('other'))
  assert.equal(headers['x-ms-access-tier'], 'Cool')
  assert.equal(headers['x-ms-meta-upload_status'], 'completed')
  assert.equal(headers['x-ms-meta-hdi_isfolder'], 'true')
  const changed = await server.ask('PUT', '/box/said?comp=properties', { headers: { 'x-ms-blob-content-type': 'a/b' } })
  assert.equal(changed.status, 200)
  await server.ask('PUT', '/box/said?comp=metadata', { headers: { 'x-ms-meta-new': 'v' } })
  const after = await server.ask('HEAD', '/box/said')
  assert.equal(after.headers['content-type'], 'a/b')
  assert.equal(after.headers['cache-control'], undefined)
  assert.equal(after.headers['x-ms-meta-new'], 'v')
  assert.equal(after.headers['x-ms-meta-hdi_isfolder'], undefined)
  assert.notEqual(after.headers.etag, headers.etag)
  assert.equal((await get('/box/said?comp=metadata')).headers['x-ms-meta-new'], 'v')
})

test('names are text: dots, slashes, percent signs and all; no file of their name comes to be', async () => {
  for (const name of ['../../etc/passwd', '/leading', 'a//b/./..', 'ü ±%25?#+&', '😀', 'x\u0001y']) {
    const path = `/box/${encodeURIComponent(name)}`
    assert.equal((await put(path, name)).status, 201)
    assert.equal((await get(path)).text, name)
  }
  const list = await get('/box?restype=container&comp=list&prefix=x')
  assert.ok(list.text.includes('<Name Encoded="true">x%01y</Name>'))
  const files = globSync('blobs/**/*', { cwd: server.directory })
  assert.ok(
    files.every((file) => /^blobs\/[0-9a-f]{2}(\/[0-9a-f]{32})?$/.test(file)),
    files.join(),
  )
})

test('blocks: listed in their order, reused once committed, gone when left out; a blob stands until its list comes', async () => {
  const id = (text: string) => Buffer.from(text).toString('base64')
  const stage = (name: string, body: Uint8Array | string) =>
    server.ask('PUT', `/box/blocks?comp=block&blockid=${encodeURIComponent(id(name))}`, { body })
  const commit = (...entries: readonly (readonly [string, string])[]) => {
    const body = `<?xml version="1.0"?><BlockList>${entries.map(([kind, name]) => `<${kind}>${id(name)}</${kind}>`).join('')}</BlockList>`
    return server.ask('PUT', '/box/blocks?comp=blocklist', { body, headers: { 'x-ms-blob-content-type': 'q/r' } })
  }
  const large = randomBytes(300_000)
  assert.equal((await stage('01', large)).status, 201)
  assert.equal((await stage('02', 'two')).status, 201)
  assert.equal((await stage('02', 'TWO')).status, 201)
  assert.equal((await stage('003', 'x')).code, 'InvalidBlobOrBlock')
  assert.equal((await get('/box/blocks')).code, 'BlobNotFound')
  assert.ok(!names((await get('/box?restype=container&comp=list')).text).includes('blocks'))
  assert.ok(names((await get('/box?restype=container&comp=list&include=uncommittedblobs')).text).includes('blocks'))
  assert.equal((await commit(['Uncommitted', '02'], ['Latest', '01'], ['Latest', '02'])).status, 201)
  const whole = await get('/box/blocks')
  assert.ok(whole.body.equals(Buffer.concat([Buffer.from('TWO'), large, Buffer.from('TWO')])))
  assert.equal(whole.headers['content-type'], 'q/r')
  assert.equal(whole.headers['content-md5'], undefined)
  const across = await get('/box/blocks', { Range: 'bytes=2-4' })
  assert.ok(across.body.equals(Buffer.concat([Buffer.from('O'), large.subarray(0, 2)])))
  await stage('04', 'four')
  const all = await get('/box/blocks?comp=blocklist&blocklisttype=all')
  assert.deepEqual(names(all.text), ['02', '01', '02', '04'].map(id))
  assert.equal(all.headers['x-ms-blob-content-length'], '300006')
  assert.equal((await commit(['Uncommitted', '01'])).code, 'InvalidBlockList')
  assert.equal((await commit(['Committed', '01'], ['Latest', '04'])).status, 201)
  assert.ok((await get('/box/blocks')).body.equals(Buffer.concat([large, Buffer.from('four')])))
  assert.equal((await commit()).status, 201)
  assert.equal((await get('/box/blocks')).body.length, 0)
})

test('a block list of 800 blocks is committed without copying, and read across', async () => {
  const id = (at: number) => Buffer.from(String(at).padStart(6, '0')).toString('base64')
  const parts = Array.from({ length: 800 }, (_, at) => Buffer.from(`part ${at};`))
  for (let at = 0; at < parts.length; at += 100) {
    await Promise.all(
      parts
        .slice(at, at + 100)
        .map((body, index) =>
          server.ask('PUT', `/box/many?comp=block&blockid=${encodeURIComponent(id(at + index))}`, { body }),
        ),
    )
  }
  const body = `<BlockList>${parts.map((_, at) => `<Latest>${id(at)}</Latest>`).join('')}</BlockList>`
  assert.equal((await server.ask('PUT', '/box/many?comp=blocklist', { body })).status, 201)
  assert.ok((await get('/box/many')).body.equals(Buffer.concat(parts)))
})

test('append blobs: small lines share rows, long ones are files, the end is where it is said to be', async () => {
  const made = await server.ask('PUT', '/box/log', { headers: { 'x-ms-blob-type': 'AppendBlob' } })
  assert.equal(made.status, 201)
  const parts: Buffer[] = []
  let offset = 0
  for (const body of [
    ...Array.from({ length: 300 }, (_, at) => randomBytes(((at * 7) % 400) + 1)),
    randomBytes(200_000),
    Buffer.from('end'),
  ]) {
    const answer = await server.ask('PUT', '/box/log?comp=appendblock', {
      body,
      headers: { 'Content-MD5': md5(body), 'x-ms-blob-condition-appendpos': String(offset) },
    })
    assert.equal(answer.status, 201, answer.text)
    assert.equal(answer.headers['x-ms-blob-append-offset'], String(offset))
    offset += body.length
    parts.push(body)
  }
  const whole = await get('/box/log')
  assert.ok(whole.body.equals(Buffer.concat(parts)))
  assert.equal(whole.headers['x-ms-blob-type'], 'AppendBlob')
  assert.equal(whole.headers['x-ms-blob-committed-block-count'], '302')
  const middle = await get('/box/log', { Range: 'bytes=10000-90000' })
  assert.ok(middle.body.equals(Buffer.concat(parts).subarray(10_000, 90_001)))
})

test('copies: bytes, headers and metadata, or metadata of their own; the source may go', async () => {
  const bytes = randomBytes(200_000)
  await put('/box/from', bytes, { 'x-ms-meta-a': '1', 'x-ms-blob-content-type': 'c/d' })
  const source = { 'x-ms-copy-source': `https://${ACCOUNT}.blob.core.windows.net/box/from` }
  const copied = await server.ask('PUT', '/box/to', { headers: source })
  assert.equal(copied.status, 202)
  assert.equal(copied.headers['x-ms-copy-status'], 'success')
  await server.ask('PUT', '/box/to2', { headers: { ...source, 'x-ms-meta-b': '2' } })
  await server.ask('DELETE', '/box/from')
  await server.service.collector.pass()
  await server.service.collector.pass()
  const to = await get('/box/to')
  assert.ok(to.body.equals(bytes))
  assert.equal(to.headers['x-ms-meta-a'], '1')
  assert.equal(to.headers['content-type'], 'c/d')
  assert.equal(to.headers['x-ms-copy-id'], copied.headers['x-ms-copy-id'])
  assert.deepEqual(
    Object.keys((await get('/box/to2')).headers).filter((name) => name.startsWith('x-ms-meta')),
    ['x-ms-meta-b'],
  )
  const direct = await server.ask('PUT', '/box/to3', {
    direct: true,
    headers: { 'x-ms-copy-source': `http://127.0.0.1:${server.port}/_blob/${ACCOUNT}/box/to2`, ...block },
  })
  assert.equal(direct.status, 201, direct.text)
})

test('lists: by prefix, in folders, page by page, each name once', async () => {
  await server.ask('PUT', '/lists?restype=container')
  const wanted = ['a', 'a-b', 'a/1', 'a/2/x', 'a/2/y', 'a0', 'b/1', 'b/2', 'c', 'ü/1', '😀']
  for (const name of wanted)
    await put(`/lists/${encodeURIComponent(name)}`, name, { 'x-ms-meta-n': encodeURIComponent(name) })
  const pages = async (query: string, size: number) => {
    const found: (string | undefined)[] = []
    let marker = ''
    do {
      const page = await get(
        `/lists?restype=container&comp=list&maxresults=${size}${query}${marker && `&marker=${marker}`}`,
      )
      assert.equal(page.status, 200)
      assert.ok(names(page.text).length <= size)
      found.push(...names(page.text))
      marker = /<NextMarker>([^<]+)</.exec(page.text)?.[1] ?? ''
    } while (marker !== '')
    return found
  }
  for (const size of [1, 2, 3, 100]) {
    assert.deepEqual(await pages('', size), wanted)
    assert.deepEqual(await pages('&delimiter=/', size), ['a', 'a-b', 'a/', 'a0', 'b/', 'c', 'ü/', '😀'])
    assert.deepEqual(await pages('&delimiter=/&prefix=a/', size), ['a/1', 'a/2/'])
    assert.deepEqual(await pages('&prefix=b/', size), ['b/1', 'b/2'])
    assert.deepEqual(await pages('&prefix=zz', size), [])
  }
  const { text } = await get('/lists?restype=container&comp=list&include=metadata&prefix=c')
  assert.ok(text.includes('<Metadata><n>c</n></Metadata>'), text)
  assert.ok(text.includes(`<Content-MD5>${md5('c')}</Content-MD5>`))
  assert.match(
    text,
    /^<\?xml version="1.0" encoding="utf-8"\?><EnumerationResults ServiceEndpoint="https:\/\/lazulitest\.blob\.core\.windows\.net\/" ContainerName="lists"><Prefix>c<\/Prefix><Blobs>/,
  )
})

test('containers: made, described, listed, given policies, deleted with all they hold, made again empty', async () => {
  const headers = { 'x-ms-meta-Hello': 'World' }
  assert.equal((await server.ask('PUT', '/con?restype=container', { headers })).status, 201)
  const head = await server.ask('HEAD', '/con?restype=container')
  assert.equal(head.headers['x-ms-meta-hello'], 'World')
  assert.equal(head.headers['x-ms-has-legal-hold'], 'false')
  const acl =
    '<SignedIdentifiers><SignedIdentifier><Id>p</Id><AccessPolicy><Expiry>2099-01-01T00:00:00Z</Expiry><Permission>r</Permission></AccessPolicy></SignedIdentifier></SignedIdentifiers>'
  assert.equal((await server.ask('PUT', '/con?restype=container&comp=acl', { body: acl })).status, 200)
  assert.ok((await get('/con?restype=container&comp=acl')).text.includes(acl.slice(0, -20)))
  assert.equal(
    (await server.ask('PUT', '/con?restype=container&comp=metadata', { headers: { 'x-ms-meta-b': '2' } })).status,
    200,
  )
  const list = await get('/?comp=list&prefix=co&include=metadata')
  assert.deepEqual(names(list.text), ['con'])
  assert.ok(list.text.includes('<Metadata><b>2</b></Metadata>'))
  await put('/con/file', randomBytes(100_000))
  await put('/con/row', 'x')
  const before = globSync('blobs/*/*', { cwd: server.directory }).length
  assert.equal((await server.ask('DELETE', '/con?restype=container')).status, 202)
  assert.equal((await get('/con/row')).code, 'ContainerNotFound')
  assert.equal((await server.ask('PUT', '/con?restype=container')).status, 201)
  assert.deepEqual(names((await get('/con?restype=container&comp=list')).text), [])
  await server.service.collector.pass()
  await server.service.collector.pass()
  assert.ok(globSync('blobs/*/*', { cwd: server.directory }).length < before)
})

test('the service tells of itself', async () => {
  assert.ok((await get('/?restype=service&comp=properties')).text.includes('<HourMetrics>'))
  assert.equal((await get('/?restype=account&comp=properties')).headers['x-ms-account-kind'], 'StorageV2')
  assert.equal((await get('/box?restype=account&comp=properties')).headers['x-ms-sku-name'], 'Standard_LRS')
  assert.equal((await get('/', { 'x-ms-version': '2026-04-06' })).headers['x-ms-version'], '2026-04-06')
})

test('an upload that breaks off leaves what was there, and no file', async () => {
  await put('/box/broken', 'old')
  const before = globSync('blobs/*/*', { cwd: server.directory }).length
  const headers: Record<string, string> = {
    ...block,
    'x-ms-version': '2023-11-03',
    'x-ms-date': new Date().toUTCString(),
    'Content-Length': '1000000',
  }
  headers.Authorization = server.sign(ACCOUNT, 'PUT', '/box/broken', headers)
  const lines = Object.entries({ Host: `${ACCOUNT}.blob.core.windows.net`, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  const socket = connect(server.port, '127.0.0.1')
  socket.write(`PUT /box/broken HTTP/1.1\r\n${lines.join('')}\r\n`)
  socket.write(Buffer.alloc(500_000))
  const isWriting = () => globSync('blobs/*/*', { cwd: server.directory }).length > before
  while (!isWriting()) await new Promise(setImmediate)
  socket.destroy()
  while (isWriting()) await new Promise(setImmediate)
  assert.equal((await get('/box/broken')).text, 'old')
})

test('a reader keeps what it opened while the blob is replaced and collected', async () => {
  const bytes = randomBytes(8 << 20)
  await put('/box/held', bytes)
  const { openBlob } = await import('../../blobs/blob-reads.ts')
  const opened = await openBlob(server.service.core, { account: ACCOUNT, container: 'box', name: 'held' })
  const reading = opened.chunks(0, bytes.length, true)
  const chunks = [(await reading.next()).value]
  await put('/box/held', 'new')
  for (let pass = 0; pass < 3; pass += 1) await server.service.collector.pass()
  for await (const chunk of reading) chunks.push(chunk)
  assert.ok(Buffer.concat(chunks.filter((chunk) => chunk !== undefined)).equals(bytes))
  opened.close()
  await server.service.collector.pass()
  assert.equal((await get('/box/held')).text, 'new')
})
