import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type BlobAsk, BlobServer } from '../../../test/support/blob-server.ts'
import { Crc64 } from '../../blobs/crc64.ts'

let server: BlobServer
const block = { 'x-ms-blob-type': 'BlockBlob' }

before(async () => {
  server = await BlobServer.start()
  assert.equal((await server.ask('PUT', '/box?restype=container')).status, 201)
  assert.equal((await server.ask('PUT', '/box/there', { body: 'hello', headers: block })).status, 201)
  assert.equal((await server.ask('PUT', '/box/log', { headers: { 'x-ms-blob-type': 'AppendBlob' } })).status, 201)
  assert.equal((await server.ask('PUT', '/box/none', { headers: block })).status, 201)
})
after(() => server.stop())

const md5 = (text: string) => createHash('md5').update(text).digest('base64')
const list = (inside: string) => `<?xml version="1.0"?><BlockList>${inside}</BlockList>`
const id = (text: string) => encodeURIComponent(Buffer.from(text).toString('base64'))

type Case = readonly [string, string, string, number, string, BlobAsk?]
const refusals: readonly Case[] = [
  ['a container twice', 'PUT', '/box?restype=container', 409, 'ContainerAlreadyExists'],
  ['a container with a bad name', 'PUT', '/Box_1?restype=container', 400, 'InvalidResourceName'],
  ['a container with a short name', 'PUT', '/ab?restype=container', 400, 'OutOfRangeInput'],
  ['a container with a long name', 'PUT', `/${'n'.repeat(64)}?restype=container`, 400, 'OutOfRangeInput'],
  [
    'a public container where the account allows none',
    'PUT',
    '/pub?restype=container',
    409,
    'PublicAccessNotPermitted',
    { headers: { 'x-ms-blob-public-access': 'blob' } },
  ],
  ['a container that is not there', 'GET', '/nobox?restype=container', 404, 'ContainerNotFound'],
  ['deleting a container that is not there', 'DELETE', '/nobox?restype=container', 404, 'ContainerNotFound'],
  ['listing a container that is not there', 'GET', '/nobox?restype=container&comp=list', 404, 'ContainerNotFound'],
  ['a bad marker', 'GET', '/box?restype=container&comp=list&marker=%21', 400, 'OutOfRangeInput'],
  ['a bad page size', 'GET', '/box?restype=container&comp=list&maxresults=x', 400, 'InvalidQueryParameterValue'],
  ['a page of none', 'GET', '/box?restype=container&comp=list&maxresults=0', 400, 'OutOfRangeQueryParameterValue'],
  ['an unknown include', 'GET', '/box?restype=container&comp=list&include=moon', 400, 'InvalidQueryParameterValue'],
  ['an unknown comp', 'GET', '/box/there?comp=moon', 400, 'InvalidQueryParameterValue'],
  ['a verb that is none', 'PATCH', '/box/there', 405, 'UnsupportedHttpVerb'],
  ['a verb that is another operation’s', 'POST', '/box/there?comp=block', 405, 'UnsupportedHttpVerb'],
  ['a preflight without an origin', 'OPTIONS', '/box/there', 400, 'MissingRequiredHeader'],
  [
    'a preflight that no rule allows',
    'OPTIONS',
    '/box/there',
    403,
    'CorsPreflightFailure',
    { headers: { Origin: 'https://a.example', 'Access-Control-Request-Method': 'PUT' } },
  ],
  ['a path that is no UTF-8', 'GET', '/box/%ff', 400, 'InvalidUri'],
  ['a name that is too long', 'PUT', `/box/${'n'.repeat(1025)}`, 400, 'InvalidResourceName', { headers: block }],
  ['a blob that is not there', 'GET', '/box/missing', 404, 'BlobNotFound'],
  ['a blob in no container', 'GET', '/nobox/missing', 404, 'ContainerNotFound'],
  ['a small put in no container', 'PUT', '/nobox/b', 404, 'ContainerNotFound', { body: 'x', headers: block }],
  [
    'a large put in no container',
    'PUT',
    '/nobox/b',
    404,
    'ContainerNotFound',
    { body: Buffer.alloc(100_000), headers: block },
  ],
  ['deleting what is not there', 'DELETE', '/box/missing', 404, 'BlobNotFound'],
  ['a put without a type', 'PUT', '/box/b', 400, 'MissingRequiredHeader', { body: 'x' }],
  ['a put of an unknown type', 'PUT', '/box/b', 400, 'InvalidHeaderValue', { headers: { 'x-ms-blob-type': 'Odd' } }],
  [
    'a page blob of half a page',
    'PUT',
    '/box/b',
    400,
    'InvalidHeaderValue',
    { headers: { 'x-ms-blob-type': 'PageBlob', 'x-ms-blob-content-length': '500' } },
  ],
  [
    'an append blob with a body',
    'PUT',
    '/box/b',
    400,
    'InvalidHeaderValue',
    { body: 'x', headers: { 'x-ms-blob-type': 'AppendBlob' } },
  ],
  [
    'a put over what must not be there',
    'PUT',
    '/box/there',
    409,
    'BlobAlreadyExists',
    { body: 'x', headers: { ...block, 'If-None-Match': '*' } },
  ],
  [
    'a put over another version',
    'PUT',
    '/box/there',
    412,
    'ConditionNotMet',
    { body: 'x', headers: { ...block, 'If-Match': '"0x1"' } },
  ],
  [
    'a put over what must be there',
    'PUT',
    '/box/missing',
    412,
    'ConditionNotMet',
    { body: 'x', headers: { ...block, 'If-Match': '*' } },
  ],
  ['a get of another version', 'GET', '/box/there', 412, 'ConditionNotMet', { headers: { 'If-Match': '"0x1"' } }],
  [
    'a get of what was changed since',
    'GET',
    '/box/there',
    412,
    'ConditionNotMet',
    { headers: { 'If-Unmodified-Since': 'Mon, 01 Jan 2001 00:00:00 GMT' } },
  ],
  [
    'a condition that is no date',
    'GET',
    '/box/there',
    400,
    'InvalidHeaderValue',
    { headers: { 'If-Modified-Since': 'soon' } },
  ],
  ['a delete of another version', 'DELETE', '/box/there', 412, 'ConditionNotMet', { headers: { 'If-Match': '"0x1"' } }],
  ['a wrong MD5', 'PUT', '/box/b', 400, 'Md5Mismatch', { body: 'x', headers: { ...block, 'Content-MD5': md5('y') } }],
  [
    'a wrong MD5 of a long body',
    'PUT',
    '/box/b',
    400,
    'Md5Mismatch',
    { body: Buffer.alloc(200_000), headers: { ...block, 'Content-MD5': md5('y') } },
  ],
  [
    'an MD5 that is none',
    'PUT',
    '/box/b',
    400,
    'InvalidMd5',
    { body: 'x', headers: { ...block, 'Content-MD5': 'abc' } },
  ],
  [
    'a wrong CRC64',
    'PUT',
    '/box/b',
    400,
    'Crc64Mismatch',
    { body: 'x', headers: { ...block, 'x-ms-content-crc64': new Crc64().update(Buffer.from('y')).digest() } },
  ],
  [
    'a CRC64 that is none',
    'PUT',
    '/box/b',
    400,
    'InvalidCrc64',
    { body: 'x', headers: { ...block, 'x-ms-content-crc64': 'abc' } },
  ],
  [
    'metadata with a bad name',
    'PUT',
    '/box/b',
    400,
    'InvalidMetadata',
    { body: 'x', headers: { ...block, 'x-ms-meta-a-b': '1' } },
  ],
  [
    'metadata without a name',
    'PUT',
    '/box/b',
    400,
    'EmptyMetadataKey',
    { body: 'x', headers: { ...block, 'x-ms-meta-': '1' } },
  ],
  [
    'metadata that is too much',
    'PUT',
    '/box/b',
    400,
    'MetadataTooLarge',
    { body: 'x', headers: { ...block, 'x-ms-meta-a': 'm'.repeat(8200) } },
  ],
  [
    'an unknown tier',
    'PUT',
    '/box/b',
    400,
    'InvalidHeaderValue',
    { body: 'x', headers: { ...block, 'x-ms-access-tier': 'Odd' } },
  ],
  [
    'a tag of odd characters',
    'PUT',
    '/box/b',
    400,
    'InvalidTag',
    { body: 'x', headers: { ...block, 'x-ms-tags': 'a=%21' } },
  ],
  [
    'a key of the customer',
    'PUT',
    '/box/b',
    501,
    'NotImplemented',
    { body: 'x', headers: { ...block, 'x-ms-encryption-key': 'k' } },
  ],
  [
    'a condition on tags that is none',
    'GET',
    '/box/there',
    400,
    'InvalidHeaderValue',
    { headers: { 'x-ms-if-tags': 'a' } },
  ],
  [
    'a lease that nobody holds',
    'PUT',
    '/box/there',
    412,
    'LeaseNotPresentWithBlobOperation',
    { body: 'x', headers: { ...block, 'x-ms-lease-id': '11111111-2222-3333-4444-555555555555' } },
  ],
  ['a lease id that is none', 'GET', '/box/there', 400, 'InvalidHeaderValue', { headers: { 'x-ms-lease-id': 'l' } }],
  ['a snapshot that is not there', 'GET', '/box/there?snapshot=2020-01-01T00:00:00.0000000Z', 404, 'BlobNotFound'],
  ['a version that is none', 'GET', '/box/there?versionid=1', 400, 'InvalidQueryParameterValue'],
  [
    'writing to a snapshot',
    'PUT',
    '/box/there?snapshot=2020-01-01T00:00:00.0000000Z',
    400,
    'InvalidQueryParameterValue',
    { headers: block },
  ],
  ['deleting for good what was not deleted', 'DELETE', '/box/there?deletetype=permanent', 409, 'FeatureNotEnabled'],
  ['a lease action that is none', 'PUT', '/box/there?comp=lease', 400, 'MissingRequiredHeader'],
  ['a tier that is not said', 'PUT', '/box/there?comp=tier', 400, 'MissingRequiredHeader'],
  ['tags that are no XML', 'PUT', '/box/there?comp=tags', 400, 'InvalidXmlDocument'],
  ['pages of a block blob', 'PUT', '/box/there?comp=page', 400, 'MissingRequiredHeader'],
  ['a batch that is none', 'POST', '/?comp=batch', 400, 'InvalidHeaderValue', { body: '' }],
  ['service properties that are no XML', 'PUT', '/?restype=service&comp=properties', 400, 'InvalidXmlDocument'],
  [
    'a user delegation key for a shared key',
    'POST',
    '/?restype=service&comp=userdelegationkey',
    403,
    'AuthenticationFailed',
    { body: '' },
  ],
  ['finding by no tags', 'GET', '/?comp=blobs', 400, 'MissingRequiredQueryParameter'],
  [
    'an odd word on snapshots',
    'DELETE',
    '/box/there',
    400,
    'InvalidHeaderValue',
    { headers: { 'x-ms-delete-snapshots': 'odd' } },
  ],
  [
    'an API version that is none',
    'GET',
    '/box/there',
    400,
    'InvalidHeaderValue',
    { headers: { 'x-ms-version': 'new' } },
  ],
  ...['1999-01-01', '2099-01-01', '2021-01-01', '2026-13-01'].map(
    (version): Case => [
      `the API version ${version}`,
      'GET',
      '/box/there',
      400,
      'InvalidHeaderValue',
      { headers: { 'x-ms-version': version } },
    ],
  ),
  [
    'a checksum of no range',
    'GET',
    '/box/there',
    400,
    'InvalidHeaderValue',
    { headers: { 'x-ms-range-get-content-md5': 'true' } },
  ],
  ['a range beyond the end', 'GET', '/box/there', 416, 'InvalidRange', { headers: { Range: 'bytes=5-9' } }],
  ['a range of an empty blob', 'GET', '/box/none', 416, 'InvalidRange', { headers: { 'x-ms-range': 'bytes=0-9' } }],
  [
    'two checksums of one range',
    'GET',
    '/box/there',
    400,
    'InvalidHeaderValue',
    { headers: { Range: 'bytes=0-1', 'x-ms-range-get-content-md5': 'true', 'x-ms-range-get-content-crc64': 'true' } },
  ],
  ['a block without an id', 'PUT', '/box/b?comp=block', 400, 'MissingRequiredQueryParameter', { body: 'x' }],
  ['a block with a bad id', 'PUT', '/box/b?comp=block&blockid=%2A%2A', 400, 'InvalidBlockId', { body: 'x' }],
  ['a block without bytes', 'PUT', `/box/b?comp=block&blockid=${id('1')}`, 400, 'InvalidHeaderValue'],
  [
    'a block for an append blob',
    'PUT',
    `/box/log?comp=block&blockid=${id('1')}`,
    409,
    'InvalidBlobType',
    { body: 'x' },
  ],
  [
    'a block from a URL',
    'PUT',
    `/box/b?comp=block&blockid=${id('1')}`,
    400,
    'CannotVerifyCopySource',
    { headers: { 'x-ms-copy-source': 'https://x/y' } },
  ],
  [
    'a list of unknown blocks',
    'PUT',
    '/box/b?comp=blocklist',
    400,
    'InvalidBlockList',
    { body: list('<Latest>MQ==</Latest>') },
  ],
  ['a list that is no XML', 'PUT', '/box/b?comp=blocklist', 400, 'InvalidXmlDocument', { body: '<BlockList>' }],
  [
    'a container that seals with a scope of its own',
    'PUT',
    '/scoped?restype=container',
    501,
    'NotImplemented',
    { headers: { 'x-ms-default-encryption-scope': 'ours', 'x-ms-deny-encryption-scope-override': 'true' } },
  ],
  [
    'a list before which an instruction is not closed',
    'PUT',
    '/box/b?comp=blocklist',
    400,
    'InvalidXmlDocument',
    { body: `<?xml ve["1.0"?>${list('')}` },
  ],
  [
    'a list with a document type',
    'PUT',
    '/box/b?comp=blocklist',
    400,
    'InvalidXmlDocument',
    { body: `<!DOCTYPE x>${list('')}` },
  ],
  [
    'a list of something else',
    'PUT',
    '/box/b?comp=blocklist',
    400,
    'InvalidXmlDocument',
    { body: list('<Odd>MQ==</Odd>') },
  ],
  ['the blocks of what is not there', 'GET', '/box/missing?comp=blocklist', 404, 'BlobNotFound'],
  ['an odd kind of blocks', 'GET', '/box/there?comp=blocklist&blocklisttype=odd', 400, 'InvalidQueryParameterValue'],
  ['appending to what is not there', 'PUT', '/box/missing?comp=appendblock', 404, 'BlobNotFound', { body: 'x' }],
  ['appending to a block blob', 'PUT', '/box/there?comp=appendblock', 409, 'InvalidBlobType', { body: 'x' }],
  ['appending nothing', 'PUT', '/box/log?comp=appendblock', 400, 'MissingRequiredHeader'],
  [
    'appending at another place',
    'PUT',
    '/box/log?comp=appendblock',
    412,
    'AppendPositionConditionNotMet',
    { body: 'x', headers: { 'x-ms-blob-condition-appendpos': '5' } },
  ],
  [
    'appending beyond a limit',
    'PUT',
    '/box/log?comp=appendblock',
    412,
    'MaxBlobSizeConditionNotMet',
    { body: 'xy', headers: { 'x-ms-blob-condition-maxsize': '1' } },
  ],
  ['metadata of what is not there', 'PUT', '/box/missing?comp=metadata', 404, 'BlobNotFound'],
  ['properties of what is not there', 'PUT', '/box/missing?comp=properties', 404, 'BlobNotFound'],
  [
    'copying from elsewhere',
    'PUT',
    '/box/b',
    400,
    'CannotVerifyCopySource',
    { headers: { 'x-ms-copy-source': 'https://example.com/c/b' } },
  ],
  [
    'copying from an account that is not here',
    'PUT',
    '/box/b',
    400,
    'CannotVerifyCopySource',
    { headers: { 'x-ms-copy-source': 'https://nobody.blob.core.windows.net/c/b' } },
  ],
  [
    'copying what is not there',
    'PUT',
    '/box/b',
    404,
    'CannotVerifyCopySource',
    { headers: { 'x-ms-copy-source': 'https://lazulitest.blob.core.windows.net/box/missing' } },
  ],
  [
    'copying from another account without a right',
    'PUT',
    '/box/b',
    404,
    'CannotVerifyCopySource',
    { headers: { 'x-ms-copy-source': 'https://otheraccount.blob.core.windows.net/box/there' } },
  ],
  [
    'copying another version than the one there',
    'PUT',
    '/box/b',
    412,
    'SourceConditionNotMet',
    {
      headers: {
        'x-ms-copy-source': 'https://lazulitest.blob.core.windows.net/box/there',
        'x-ms-source-if-match': '"0x1"',
      },
    },
  ],
  ['ending a copy that has ended', 'PUT', '/box/there?comp=copy&copyid=1', 409, 'NoPendingCopyOperation'],
  ['an account that is not here', 'GET', '/box/there', 404, 'ResourceNotFound', { account: 'nobody' }],
  [
    'a name with a document type in an ACL',
    'PUT',
    '/box?restype=container&comp=acl',
    400,
    'InvalidXmlDocument',
    { body: '<SignedIdentifiers><Odd/></SignedIdentifiers>' },
  ],
]

for (const [name, method, path, status, code, ask] of refusals) {
  test(`refused: ${name}`, async () => {
    const answer = await server.ask(method, path, ask)
    assert.deepEqual([answer.status, answer.code], [status, code], answer.text)
    assert.ok(answer.headers['x-ms-request-id'])
    assert.match(
      answer.text,
      new RegExp(`<Code>${code}</Code><Message>.+\nRequestId:${answer.headers['x-ms-request-id']}`),
    )
  })
}

for (const [name, method, path] of [
  ['Get Blob Service Stats', 'GET', '/?restype=service&comp=stats'],
  ['Query Blob Contents', 'POST', '/box/there?comp=query'],
  ['Set Blob Legal Hold', 'PUT', '/box/there?comp=legalhold'],
  ['Set Blob Immutability Policy', 'PUT', '/box/there?comp=immutabilityPolicies'],
  ['Incremental Copy Blob', 'PUT', '/box/there?comp=incrementalcopy'],
] as const) {
  test(`not there yet, by its name: ${name}`, async () => {
    for (const ask of [{}, { auth: await server.token() }]) {
      const answer = await server.ask(method, path, { ...ask, body: '' })
      assert.deepEqual([answer.status, answer.code], [501, 'NotImplemented'])
      assert.ok(answer.text.includes(`${name} is not implemented by Lazuli yet.`), answer.text)
    }
  })
}

test('a refusal of HEAD has its code in a header and no body', async () => {
  const answer = await server.ask('HEAD', '/box/missing')
  assert.deepEqual([answer.status, answer.code, answer.text], [404, 'BlobNotFound', ''])
})

test('an unchanged blob is 304 without a body', async () => {
  const { headers } = await server.ask('GET', '/box/there')
  const same = await server.ask('GET', '/box/there', { headers: { 'If-None-Match': String(headers.etag) } })
  assert.deepEqual([same.status, same.code, same.text], [304, 'ConditionNotMet', ''])
  const since = await server.ask('GET', '/box/there', {
    headers: { 'If-Modified-Since': String(headers['last-modified']) },
  })
  assert.equal(since.status, 304)
})

test('a body that is too long is refused before it comes', async () => {
  const headers = { 'Content-Length': String(100 * 1024 * 1024 + 1) }
  const answer = await server.ask('PUT', '/box/log?comp=appendblock', { headers })
  assert.deepEqual([answer.status, answer.code], [413, 'RequestBodyTooLarge'])
  assert.ok(answer.text.includes('<MaxLimit>104857600</MaxLimit>'))
})

test('nothing refused has left a blob or a file behind', async () => {
  const found = await server.ask('GET', '/box?restype=container&comp=list&include=uncommittedblobs')
  assert.deepEqual(
    [...found.text.matchAll(/<Name>([^<]+)<\/Name>/g)].map(([, name]) => name),
    ['log', 'none', 'there'],
  )
  const { globSync } = await import('node:fs')
  assert.deepEqual(globSync('blobs/*/*', { cwd: server.directory }), [])
})

test('the other services of an account say that they are not there', async () => {
  const { request } = await import('node:http')
  const status = await new Promise((resolve, reject) => {
    const headers = { Host: 'lazulitest.queue.core.windows.net' }
    request({ host: '127.0.0.1', port: server.port, path: '/queue/messages', headers }, (response) => {
      response.resume()
      resolve([response.statusCode, response.headers['x-ms-error-code']])
    })
      .on('error', reject)
      .end()
  })
  assert.deepEqual(status, [501, 'NotImplemented'])
})
