import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import type { Metrics } from '../../store/metrics.ts'
import type { Run } from '../../store/runs.ts'
import { openStore } from '../../store/sqlite/open-store.ts'
import { testRun } from '../../store/test-run.ts'
import { trialPoints } from './trial-points.ts'

const directory = mkdtempSync(join(tmpdir(), 'lazuli-trial-points-'))
let store: Awaited<ReturnType<typeof openStore>>
let read = 0
let metrics: Pick<Metrics, 'summaries' | 'history'>
before(async () => {
  store = await openStore({ directory })
  metrics = {
    summaries: store.metrics.summaries,
    async history(...asked) {
      const page = await store.metrics.history(...asked)
      read += page.items.length
      return page
    },
  }
})
after(async () => {
  await store.close()
  rmSync(directory, { recursive: true, force: true })
})
beforeEach(() => {
  read = 0
})

const run = (id: string, status: Run['status'] = 'Running'): Run => testRun(id, { status })
const sweep = run('sweep')

async function trial(id: string) {
  await store.write((within) => within.runs.put(run(id)))
  return (values: readonly number[], from: number) =>
    store.metrics.add(
      'w',
      id,
      values.map((value, at) => ({ key: 'acc', value, step: from + at, at: 1000 })),
    )
}

test('a further look reads what came since, and nothing where nothing did', async () => {
  const points = trialPoints(metrics)
  const log = await trial('grows')
  assert.deepEqual(await points.of(sweep, run('grows'), 'acc'), [])
  await log([1, 2, Number.NaN, 3], 0)
  assert.deepEqual(await points.of(sweep, run('grows'), 'acc'), [1, 2, 3])
  assert.equal(read, 4)
  await points.of(sweep, run('grows'), 'acc')
  assert.equal(read, 4)
  await log([4], 4)
  assert.deepEqual(await points.of(sweep, run('grows'), 'acc'), [1, 2, 3, 4])
  assert.equal(read, 5)
})

test('points that come late stand in their place', async () => {
  const points = trialPoints(metrics)
  const log = await trial('late')
  await log([5, 6], 5)
  await points.of(sweep, run('late'), 'acc')
  await log([1], 1)
  assert.deepEqual(await points.of(sweep, run('late'), 'acc'), [1, 5, 6])
})

test('a trial that has ended is read once more, and then never', async () => {
  const points = trialPoints(metrics)
  const log = await trial('ends')
  await log([1], 0)
  await points.of(sweep, run('ends'), 'acc')
  await log([2], 1)
  assert.deepEqual(await points.of(sweep, run('ends', 'Completed'), 'acc'), [1, 2])
  await log([3], 2)
  assert.deepEqual(await points.of(sweep, run('ends', 'Completed'), 'acc'), [1, 2])
  points.forget(sweep)
  assert.deepEqual(await points.of(sweep, run('ends', 'Completed'), 'acc'), [1, 2, 3])
})
