// o5. @azure/storage-blob: leases, snapshots, versions, soft delete, tags, tiers, pages, copies from URLs, batches, user delegation, service properties.
import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import {
  BlobClient,
  BlobSASPermissions,
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
} from '@azure/storage-blob'
import { storageAccount } from './storage-account.mjs'

const { account, identity, arm, shared } = await storageAccount('jo')
const url = `https://${account}.blob.core.windows.net`
const once = { retryOptions: { maxTries: 1 } }
const service = new BlobServiceClient(url, shared, once)
const until = () => new Date(Date.now() + 3_600_000)
const text = async (client) => (await client.downloadToBuffer()).toString()
const refused = (code, work) => assert.rejects(work, (error) => (error.code ?? error.details?.errorCode) === code || assert.fail(`${error.code} instead of ${code}`))
const all = async (pages) => {
  const found = []
  for await (const one of pages) found.push(one)
  return found
}
const name = `box${randomUUID().slice(0, 8)}`
const box = service.getContainerClient(name)
await box.create()
const blob = box.getBlockBlobClient('a/b')
await blob.upload('one', 3, { tags: { proj: 'x' } })

const lease = blob.getBlobLeaseClient()
await lease.acquireLease(15)
await refused('LeaseIdMissing', blob.upload('two', 3))
await blob.upload('two', 3, { conditions: { leaseId: lease.leaseId } })
await lease.renewLease()
await lease.changeLease(randomUUID())
assert.equal((await blob.getProperties()).leaseState, 'leased')
await lease.breakLease(0)
await refused('LeaseIsBrokenAndCannotBeRenewed', lease.renewLease())
const boxLease = box.getBlobLeaseClient()
await boxLease.acquireLease(-1)
await refused('LeaseIdMissing', box.delete())
await boxLease.releaseLease()
console.log('ok   leases of blobs and containers')

const { snapshot } = await blob.createSnapshot()
await blob.upload('three', 5)
assert.equal(await text(blob.withSnapshot(snapshot)), 'two')
assert.deepEqual((await all(box.listBlobsFlat({ includeSnapshots: true }))).map((one) => one.snapshot), [snapshot, undefined])
await refused('SnapshotsPresent', blob.delete())
await blob.withSnapshot(snapshot).delete()
await refused('BlobNotFound', blob.withSnapshot(snapshot).download())
console.log('ok   snapshots')

await blob.setTags({ proj: 'y', n: '7' })
assert.deepEqual((await blob.getTags()).tags, { proj: 'y', n: '7' })
assert.deepEqual((await all(service.findBlobsByTags(`proj='y' AND @container='${name}'`))).map((one) => one.name), ['a/b'])
await refused('ConditionNotMet', blob.download(0, undefined, { conditions: { tagConditions: "proj='z'" } }))
await blob.setAccessTier('Archive')
await refused('BlobArchived', blob.download())
await blob.setAccessTier('Hot')
assert.equal((await blob.getProperties()).accessTier, 'Hot')
console.log('ok   tags, finding by them, tiers')

const pages = box.getPageBlobClient('pages')
await pages.create(4096)
const page = randomBytes(1024)
await pages.uploadPages(page, 512, 1024)
await pages.clearPages(512, 512)
// This SDK tells the distance to the last byte as the count.
assert.deepEqual((await pages.getPageRanges(0, 4096)).pageRange, [{ offset: 1024, count: 511 }])
assert.ok((await pages.downloadToBuffer()).equals(Buffer.concat([Buffer.alloc(1024), page.subarray(512), Buffer.alloc(2560)])))
await pages.resize(1024)
await refused('InvalidPageRange', pages.uploadPages(page, 512, 1024))
console.log('ok   pages')

const sas = (permissions = 'r') =>
  generateBlobSASQueryParameters({ containerName: name, blobName: 'a/b', permissions: BlobSASPermissions.parse(permissions), expiresOn: until() }, shared)
const source = `${blob.url}?${sas()}`
const blocks = box.getBlockBlobClient('blocks')
const block = Buffer.from('0').toString('base64')
await blocks.stageBlockFromURL(block, source, 1, 3)
await blocks.commitBlockList([block])
assert.equal(await text(blocks), 'hre')
await blocks.syncUploadFromURL(source)
assert.equal(await text(blocks), 'three')
await blocks.syncCopyFromURL(source)
const log = box.getAppendBlobClient('log')
await log.create()
await log.appendBlockFromURL(source, 0, 2)
await log.seal()
await refused('BlobIsSealed', log.appendBlock('x', 1))
assert.equal(await text(log), 'th')
console.log('ok   blocks, appends and copies from URLs, seal')

const batch = service.getBlobBatchClient()
const names = ['1', '2', '3'].map((one) => box.getBlockBlobClient(one))
for (const one of names) await one.upload('x', 1)
const tiered = await batch.setBlobsAccessTier(names.map((one) => one.url), shared, 'Cool')
assert.equal(tiered.subResponsesSucceededCount, 3)
const gone = await batch.deleteBlobs([...names, box.getBlobClient('none')].map((one) => one.url), shared)
assert.deepEqual([gone.subResponsesSucceededCount, gone.subResponsesFailedCount], [3, 1])
console.log('ok   batches')

const start = new Date(Date.now() - 60_000)
const mine = new BlobServiceClient(url, identity, once)
const delegation = await mine.getUserDelegationKey(start, until())
const values = { containerName: name, permissions: ContainerSASPermissions.parse('rl'), startsOn: start, expiresOn: until() }
const delegated = generateBlobSASQueryParameters(values, delegation, account)
assert.equal(await text(new BlobClient(`${blob.url}?${delegated}`, undefined, once)), 'three')
await refused('AuthorizationPermissionMismatch', new BlobClient(`${blob.url}?${delegated}`, undefined, once).delete())
await refused('AuthenticationFailed', new BlobClient(`${blob.url}?${String(delegated).replace('sp=rl', 'sp=rwl')}`, undefined, once).download())
console.log('ok   user delegation SAS')

const cors = [{ allowedOrigins: 'https://a.example', allowedMethods: 'GET', allowedHeaders: '', exposedHeaders: '', maxAgeInSeconds: 5 }]
await service.setProperties({ cors, deleteRetentionPolicy: { enabled: true, days: 3 } })
const kept = await service.getProperties()
assert.deepEqual([kept.cors[0].allowedOrigins, kept.deleteRetentionPolicy.days], ['https://a.example', 3])
assert.equal((await service.getAccountInfo()).accountKind, 'StorageV2')
await refused('NotImplemented', service.setProperties({ blobAnalyticsLogging: { version: '1.0', read: true, write: false, deleteProperty: false, retentionPolicy: { enabled: false } } }))
await blob.delete()
assert.ok((await all(box.listBlobsFlat({ includeDeleted: true, prefix: 'a/' })))[0].deleted)
await blob.undelete()
assert.equal(await text(blob), 'three')
console.log('ok   service properties, soft delete, undelete')

assert.ok((await arm('PUT', '/blobServices/default', { properties: { isVersioningEnabled: true } })).ok)
const first = await blob.upload('v1', 2)
const second = await blob.upload('v2', 2)
assert.ok(second.versionId > first.versionId)
assert.equal(await text(blob.withVersion(first.versionId)), 'v1')
const versions = (await all(box.listBlobsFlat({ includeVersions: true, prefix: 'a/' }))).map((one) => [one.versionId, one.isCurrentVersion === true])
assert.deepEqual(versions.slice(-2), [[first.versionId, false], [second.versionId, true]])
await box.delete()
assert.ok((await arm('DELETE')).ok)
console.log('ok   versions')
