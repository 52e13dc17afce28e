import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { StoredResource } from '../resources.ts'
import { openStore } from '../sqlite/open-store.ts'
import type { Store } from '../store.ts'

const directory = mkdtempSync(join(tmpdir(), 'lazuli-resources-'))
let store: Store
const G = '/subscriptions/S1/resourceGroups/Group'
const WS = `${G}/providers/Microsoft.MachineLearningServices/workspaces/ws`

const resource = (id: string, type: string, more: Partial<StoredResource> = {}): StoredResource => ({
  id,
  type,
  name: id.slice(id.lastIndexOf('/') + 1),
  body: {},
  state: {},
  secrets: {},
  provisioningState: 'Succeeded',
  etag: '1',
  system: {
    createdBy: 'a',
    createdByType: 'Application',
    createdAt: '2026-01-01T00:00:00Z',
    lastModifiedBy: 'a',
    lastModifiedByType: 'Application',
    lastModifiedAt: '2026-01-01T00:00:00Z',
  },
  ...more,
})
const code = (name: string, version: string, hash: string) =>
  resource(`${WS}/codes/${name}/versions/${version}`, 'Microsoft.MachineLearningServices/workspaces/codes/versions', {
    body: { properties: { properties: { hash_sha256: hash }, isAnonymous: version === '1', note: null } },
  })
const put = (...all: StoredResource[]) =>
  store.write(async ({ resources }) => {
    for (const one of all) await resources.put(one)
  })
const names = (page: { readonly items: readonly StoredResource[] }) => page.items.map(({ name }) => name)

before(async () => {
  store = await openStore({ directory })
  await put(
    resource('/subscriptions/S1', 'Microsoft.Resources/subscriptions'),
    resource(G, 'Microsoft.Resources/resourceGroups'),
    resource(`${G}Other`, 'Microsoft.Resources/resourceGroups'),
    resource(WS, 'Microsoft.MachineLearningServices/workspaces', { body: { tags: { a: 'b' } } }),
    resource(`${G}Other/providers/Microsoft.Storage/storageAccounts/acc`, 'Microsoft.Storage/storageAccounts'),
    resource(`${G}/providers/Microsoft.Authorization/roleAssignments/r`, 'Microsoft.Authorization/roleAssignments'),
    code('a', '1', 'h1'),
    code('b', '1', 'h2'),
    code('b', '2', 'h1'),
    resource(`${WS}/codes/b`, 'Microsoft.MachineLearningServices/workspaces/codes'),
  )
})
after(async () => {
  await store.close()
  rmSync(directory, { recursive: true })
})

test('get folds case and answers the spelling of creation', async () => {
  const found = await store.resources.get(WS.toUpperCase())
  assert.deepEqual([found?.id, found?.body], [WS, { tags: { a: 'b' } }])
  assert.equal(await store.resources.get(`${WS}x`), undefined)
})

test('put replaces by folded id', async () => {
  await put(resource(WS.toLowerCase(), 'Microsoft.MachineLearningServices/workspaces', { etag: '2' }))
  assert.equal((await store.resources.get(WS))?.etag, '2')
  await put(resource(WS, 'Microsoft.MachineLearningServices/workspaces'))
})

test('below a group is what stands in it, deepest first, and nothing of a group whose name only begins alike', async () => {
  const below = (await store.resources.below(G)).map(({ id }) => id)
  assert.equal(below.length, 6)
  assert.ok(below.every((id) => id.startsWith(`${G}/`)))
  assert.deepEqual(below.slice(3, 4), [`${WS}/codes/b`])
  assert.ok(below.indexOf(WS) > 3)
})

test('children are direct ones; ofType looks anywhere below; the tenant is the empty scope', async () => {
  const type = 'microsoft.machinelearningservices/workspaces/codes/VERSIONS'
  assert.deepEqual(names(await store.resources.children(`${WS}/codes/b`, type)), ['1', '2'])
  assert.equal((await store.resources.ofType(WS, type)).items.length, 3)
  assert.equal((await store.resources.ofType('', 'Microsoft.Resources/resourceGroups')).items.length, 2)
  assert.equal((await store.resources.children('', 'Microsoft.Resources/subscriptions')).items.length, 1)
})

test('where compares values in the body, and takes no path that is more than names', async () => {
  const type = 'Microsoft.MachineLearningServices/workspaces/codes/versions'
  const find = async (where: Record<string, string | boolean | null>) =>
    (await store.resources.ofType(WS, type, { where })).items.length
  assert.equal(await find({ 'properties.properties.hash_sha256': 'h1' }), 2)
  assert.equal(await find({ 'properties.properties.hash_sha256': 'h1', 'properties.isAnonymous': true }), 1)
  assert.equal(await find({ 'properties.isAnonymous': false }), 1)
  assert.equal(await find({ 'properties.note': null }), 3)
  await assert.rejects(find({ 'a")\') or 1=1 --': 'x' }), /path/)
})

test('pages go on after the last item, by id and newest first', async () => {
  const type = 'Microsoft.MachineLearningServices/workspaces/codes/versions'
  for (const newestFirst of [false, true]) {
    const seen: string[] = []
    let after: string | undefined
    do {
      const page = await store.resources.ofType(WS, type, { limit: 2, newestFirst, ...(after && { after }) })
      seen.push(...page.items.map(({ id }) => id.slice(`${WS}/codes/`.length)))
      after = page.next
    } while (after)
    assert.deepEqual(
      seen,
      newestFirst ? ['b/versions/2', 'b/versions/1', 'a/versions/1'] : ['a/versions/1', 'b/versions/1', 'b/versions/2'],
    )
  }
})

test('under lists what stands directly in groups', async () => {
  assert.deepEqual(names(await store.resources.under('/subscriptions/s1')), ['ws', 'acc'])
  assert.deepEqual(names(await store.resources.under(G)), ['ws'])
})

test('a soft-deleted resource is seen by getDeleted, includeDeleted and byGlobalName alone', async () => {
  const id = `${G}/providers/Microsoft.KeyVault/vaults/V1`
  await put(resource(id, 'Microsoft.KeyVault/vaults', { deletedAt: '2026-01-02T00:00:00Z' }))
  const { resources } = store
  assert.equal(await resources.get(id), undefined)
  assert.equal((await resources.getDeleted(id))?.deletedAt, '2026-01-02T00:00:00Z')
  assert.equal((await resources.ofType('', 'Microsoft.KeyVault/vaults')).items.length, 0)
  assert.equal((await resources.ofType('', 'Microsoft.KeyVault/vaults', { includeDeleted: true })).items.length, 1)
  assert.equal((await resources.byGlobalName('microsoft.keyvault/Vaults', 'v1'))?.id, id)
  await store.write(({ resources }) => resources.remove(id))
  assert.equal(await resources.byGlobalName('Microsoft.KeyVault/vaults', 'V1'), undefined)
})

test('listeners hear of their type when the write is on disk, and of no other', async () => {
  let heard = 0
  store.onResourceChange('Microsoft.Authorization/roleAssignments', () => heard++)
  const id = `${G}/providers/Microsoft.Authorization/roleAssignments/r`
  await put(resource(WS, 'Microsoft.MachineLearningServices/workspaces'))
  assert.equal(heard, 0)
  await put(resource(id, 'microsoft.authorization/ROLEASSIGNMENTS'))
  await store.write(({ resources }) => resources.remove(id))
  assert.equal(heard, 2)
})

test('a read from memory is as new as the last write, for what is there and what is not', async () => {
  const id = `${G}/providers/Microsoft.Storage/storageAccounts/fresh`
  const etag = async () => (await store.resources.get(id.toUpperCase()))?.etag
  assert.equal(await etag(), undefined)
  for (let at = 0; at < 20; at++) {
    const write = put(resource(id, 'Microsoft.Storage/storageAccounts', { etag: `${at}` }))
    // Reads that race the commit must not be kept over it.
    await Promise.all([write, ...Array.from({ length: 20 }, () => new Promise(setImmediate).then(etag))])
    assert.equal(await etag(), `${at}`)
  }
  const failed = store.write(async ({ resources }) => {
    await resources.remove(id)
    throw new Error('no')
  })
  await assert.rejects(failed)
  assert.equal(await etag(), '19')
  await store.write(({ resources }) => resources.remove(id))
  assert.equal(await etag(), undefined)
})

test('what is read is shared, and cannot be changed', async () => {
  const found = await store.resources.get(WS)
  assert.throws(() => Object.assign(found?.body ?? {}, { tags: 1 }), TypeError)
})
