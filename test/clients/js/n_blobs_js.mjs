// n2. @azure/storage-blob against the blob service, through the proxy and on Lazuli's own origin.
import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  BlobSASPermissions,
  BlobServiceClient,
  BlockBlobClient,
  generateAccountSASQueryParameters,
  generateBlobSASQueryParameters,
} from '@azure/storage-blob'
import { storageAccount } from './storage-account.mjs'

const { DIRECT } = process.env
const { account, identity, arm, shared } = await storageAccount('js')
const until = () => new Date(Date.now() + 1e6)
const once = { retryOptions: { maxTries: 1 } }

for (const [where, url] of [
  ['Azure’s host', `https://${account}.blob.core.windows.net`],
  ['the own origin', `${DIRECT}/_blob/${account}`],
]) {
  const service = new BlobServiceClient(url, shared, once)
  const name = `box${randomUUID().slice(0, 8)}`
  const box = service.getContainerClient(name)
  await box.create({ metadata: { a_b: '1', a: '2' } })
  assert.deepEqual((await box.getProperties()).metadata, { a_b: '1', a: '2' })

  const large = box.getBlockBlobClient('x/y z+%ä.bin')
  const data = randomBytes(9 << 20)
  const metadata = { m_1: 'v  w', m1: 'q', m: 'Z' }
  const options = { blockSize: 1 << 20, concurrency: 4, maxSingleShotSize: 1 << 20 }
  await large.uploadData(data, { ...options, metadata, blobHTTPHeaders: { blobContentType: 'a/b' } })
  assert.ok((await large.downloadToBuffer()).equals(data))
  const properties = await large.getProperties()
  assert.deepEqual([properties.contentType, properties.metadata], ['a/b', metadata])
  await assert.rejects(large.upload('x', 1, { conditions: { ifNoneMatch: '*' } }), { code: 'BlobAlreadyExists', statusCode: 409 })
  console.log(`ok   blocks, metadata and properties on ${where}`)

  const small = box.getBlockBlobClient('s')
  await small.upload('hello', 5)
  assert.equal((await small.downloadToBuffer(1, 3)).toString(), 'ell')
  const names = []
  for await (const one of box.listBlobsFlat({ includeMetadata: true })) names.push(one.name)
  assert.deepEqual(names, ['s', 'x/y z+%ä.bin'])
  const parts = []
  for await (const one of box.listBlobsByHierarchy('/')) parts.push(one.name)
  assert.deepEqual(parts.sort(), ['s', 'x/'])
  const log = box.getAppendBlobClient('log')
  await log.create()
  await log.appendBlock('abc', 3)
  await log.appendBlock('def', 3)
  assert.equal((await log.downloadToBuffer()).toString(), 'abcdef')
  const copy = await box.getBlobClient('copy').beginCopyFromURL(large.url)
  assert.equal((await copy.pollUntilDone()).copyStatus, 'success')
  console.log(`ok   lists, appends and copies on ${where}`)

  const permissions = BlobSASPermissions.parse('r')
  const sas = generateBlobSASQueryParameters({ containerName: name, blobName: 's', permissions, expiresOn: until(), contentType: 'q/r' }, shared)
  const reader = new BlockBlobClient(`${small.url}?${sas}`, undefined, once)
  assert.equal((await reader.getProperties()).contentType, 'q/r')
  await assert.rejects(reader.delete(), { code: 'AuthorizationPermissionMismatch' })
  const kinds = { resourceTypes: AccountSASResourceTypes.parse('sco').toString(), services: AccountSASServices.parse('b').toString() }
  const whole = generateAccountSASQueryParameters({ permissions: AccountSASPermissions.parse('rl'), ...kinds, expiresOn: until() }, shared)
  const found = []
  for await (const one of new BlobServiceClient(`${url}?${whole}`, undefined, once).listContainers()) found.push(one.name)
  assert.ok(found.includes(name))
  const bearer = new BlobServiceClient(url, identity, once).getContainerClient(name).getBlobClient('s')
  assert.equal((await bearer.downloadToBuffer()).toString(), 'hello')
  await assert.rejects(large.query('select * from BlobStorage'), { statusCode: 501 })
  await box.delete()
  console.log(`ok   SAS, tokens and refusals on ${where}`)
}
assert.ok((await arm('DELETE')).ok)
console.log('ok   the account is deleted')
