/** The store alone: point reads, small durable writes of 64 clients, metric rows. `bin/node bench/store.ts` */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { StoredResource } from '../src/store/resources.ts'
import { openStore } from '../src/store/sqlite/open-store.ts'
import { testRun } from '../src/store/test-run.ts'

const directory = mkdtempSync(join(tmpdir(), 'lazuli-bench-store-'))
const store = await openStore({ directory })
const group = '/subscriptions/s/resourceGroups/g'
const resource = (name: string): StoredResource => ({
  id: `${group}/providers/Microsoft.Storage/storageAccounts/${name}`,
  type: 'Microsoft.Storage/storageAccounts',
  name,
  body: { location: 'eastus', tags: { a: 'b' }, sku: { name: 'Standard_LRS' }, properties: { accessTier: 'Hot' } },
  state: {},
  secrets: {},
  provisioningState: 'Succeeded',
  etag: 'e',
  system: {
    createdBy: 'a',
    createdByType: 'Application',
    createdAt: '2026-01-01T00:00:00Z',
    lastModifiedBy: 'a',
    lastModifiedByType: 'Application',
    lastModifiedAt: '2026-01-01T00:00:00Z',
  },
})

async function rate(name: string, count: number, work: () => Promise<void>): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const started = performance.now()
  await work()
  const seconds = (performance.now() - started) / 1000
  delay.disable()
  const each = ((seconds / count) * 1e6).toFixed(1)
  console.log(
    `${name}: ${Math.round(count / seconds)}/s, ${each} µs each, loop p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms`,
  )
}

const WRITES = 40_000
const CLIENTS = 64
await rate('small writes, 64 clients', WRITES, async () => {
  let next = 0
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      while (next < WRITES) {
        const name = `a${next++ % 5_000}`
        await store.write(({ resources }) => resources.put(resource(name)))
      }
    }),
  )
})
await rate('writes one after the other', 1_000, async () => {
  for (let at = 0; at < 1_000; at++) await store.write(({ resources }) => resources.put(resource(`b${at}`)))
})
const ids = Array.from({ length: 5_000 }, (_, at) => resource(`a${at}`).id)
for (const { name, of } of [
  { name: 'point reads of 5,000 resources', of: 5_000 },
  { name: 'point reads of 500 resources', of: 500 },
]) {
  await rate(name, 100_000, async () => {
    for (let at = 0; at < 100_000; at++) await store.resources.get(ids[(at * 7919) % of] ?? '')
  })
}
await rate('pages of 100', 500, async () => {
  for (let at = 0; at < 500; at++)
    await store.resources.ofType(group, 'Microsoft.Storage/storageAccounts', { limit: 100 })
})

const run = testRun('r', { workspace: '/w', kind: 'interactive' })
await store.write(({ runs }) => runs.put(run))
await rate('metric points in batches of 1,000, 8 clients', 400_000, async () => {
  let step = 0
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (step < 400_000) {
        const from = step
        step += 1_000
        const points = Array.from({ length: 1_000 }, (_, at) => ({
          key: `m${at % 10}`,
          value: at / 7,
          step: from + at,
          at: from,
        }))
        await store.metrics.add('/w', 'r', points)
      }
    }),
  )
})
await store.close()
rmSync(directory, { recursive: true })
