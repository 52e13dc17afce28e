import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Run, Runs } from '../../store/runs.ts'
import { openStore } from '../../store/sqlite/open-store.ts'
import { testRun } from '../../store/test-run.ts'
import { trialRuns } from './trial-runs.ts'

const directory = mkdtempSync(join(tmpdir(), 'lazuli-trial-runs-'))
let store: Awaited<ReturnType<typeof openStore>>
let read = 0
let runs: Pick<Runs, 'get' | 'find'>
before(async () => {
  store = await openStore({ directory })
  runs = {
    async get(...asked) {
      read += 1
      return store.runs.get(...asked)
    },
    async find(...asked) {
      const page = await store.runs.find(...asked)
      read += page.items.length
      return page
    },
  }
})
after(async () => {
  await store.close()
  rmSync(directory, { recursive: true, force: true })
})

const run = (id: string, status: Run['status'] = 'Running'): Run =>
  testRun(id, {
    ...(id !== 'sweep' && { parentId: 'sweep' }),
    status,
    createdAt: `2026-01-01T00:00:0${id.slice(-1).replace(/\D/, '0')}Z`,
    rootId: 'sweep',
  })
const sweep = run('sweep')
const keep = (...kept: readonly Run[]) =>
  store.write(async (within) => {
    for (const each of kept) await within.runs.put(each)
  })
const seen = (all: readonly Run[]) => all.map(({ id, status }) => `${id} ${status}`)

test('a look reads the trials that go on, and each that ended once more', async () => {
  const trials = trialRuns({ runs })
  await keep(run('t1', 'Completed'), run('t2'), run('t3', 'Queued'))
  assert.deepEqual(seen(await trials.of(sweep, 3)), ['t1 Completed', 't2 Running', 't3 Queued'])
  read = 0
  await keep(run('t2', 'Failed'))
  assert.deepEqual(seen(await trials.of(sweep, 3)), ['t1 Completed', 't2 Failed', 't3 Queued'])
  assert.equal(read, 2)
  read = 0
  assert.deepEqual(seen(await trials.of(sweep, 3)), ['t1 Completed', 't2 Failed', 't3 Queued'])
  assert.equal(read, 1)
})

test('a trial that began and ended between two looks is found, and one that was deleted is gone', async () => {
  const trials = trialRuns({ runs })
  assert.equal((await trials.of(sweep, 3)).length, 3)
  await keep(run('t4', 'Completed'))
  assert.equal((await trials.of(sweep, 4)).at(-1)?.id, 't4')
  await store.write((within) => within.runs.remove('w', 't3'))
  assert.deepEqual(seen(await trials.of(sweep, 4)), ['t1 Completed', 't2 Failed', 't4 Completed'])
  trials.forget(sweep)
  assert.equal((await trials.of(sweep, 4)).length, 3)
})
