import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type ArmEngine, startArmEngine } from './support/arm-engine.ts'

const directory = mkdtempSync(join(tmpdir(), 'lazuli-soft-'))
const providersDirectory = join(import.meta.dirname, 'fixtures', 'providers')
const V = '?api-version=2024-01-01'
let engine: ArmEngine
let kept: string

before(async () => {
  engine = await startArmEngine({ directory, providersDirectory })
  for (const name of ['one', 'two']) {
    const group = `${engine.subscription}/resourceGroups/${name}?api-version=2021-04-01`
    await engine.ask(group, { method: 'PUT', body: { location: 'eastus' } })
  }
  kept = `${engine.subscription}/resourceGroups/one/providers/Contoso.Slow/kept`
})
after(async () => {
  await engine.stop()
  rmSync(directory, { recursive: true })
})

const put = (path: string, more: object = {}) =>
  engine.ask(path + V, { method: 'PUT', body: { location: 'eastus', ...more } })
const status = async (path: string) => (await engine.ask(path + V)).status

async function makeAndDelete(name: string): Promise<void> {
  for (const path of ['', '/plain/p', '/real/r']) assert.equal((await put(`${kept}/${name}${path}`)).status, 201)
  assert.equal((await engine.ask(`${kept}/${name}${V}`, { method: 'DELETE' })).status, 200)
}

test('what is soft-deleted is gone for its readers, and its name is kept', async () => {
  await makeAndDelete('a')
  assert.equal(await status(`${kept}/a`), 404)
  assert.equal(await status(`${kept}/a/plain/p`), 404)
  const again = await put(`${kept}/a`)
  assert.deepEqual([again.status, again.body.error.code], [409, 'ConflictError'])
  const elsewhere = await put(`${engine.subscription}/resourceGroups/two/providers/Contoso.Slow/kept/a`)
  assert.deepEqual([elsewhere.status, elsewhere.body.error.code], [409, 'ResourceNameAlreadyTaken'])
})

test('it comes back with what nothing real stood behind', async () => {
  await makeAndDelete('b')
  assert.equal((await put(`${kept}/b`, { recover: true })).status, 201)
  assert.deepEqual([await status(`${kept}/b/plain/p`), await status(`${kept}/b/real/r`)], [200, 404])
})

test('a delete that says so, and a purge, are for good', async () => {
  await put(`${kept}/c`)
  await engine.ask(`${kept}/c${V}&purge=true`, { method: 'DELETE' })
  assert.equal((await put(`${kept}/c`)).status, 201)
  await makeAndDelete('d')
  await engine.arm.purge(`${kept}/d`)
  assert.equal(await engine.store.resources.getDeleted(`${kept}/d/plain/p`), undefined)
  assert.equal((await put(`${kept}/d`)).status, 201)
})

test('its time over, it is purged', async () => {
  await makeAndDelete('e')
  await engine.stop()
  const inDays = (days: number) => () => new Date(Date.now() + days * 86_400_000)
  engine = await startArmEngine({ directory, providersDirectory, now: inDays(9) })
  assert.ok(await engine.store.resources.getDeleted(`${kept}/e`))
  await engine.stop()
  engine = await startArmEngine({ directory, providersDirectory, now: inDays(11) })
  while (await engine.store.resources.getDeleted(`${kept}/e`)) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.equal((await put(`${kept}/e`)).status, 201)
})
