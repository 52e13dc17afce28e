import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { FindRuns, MetricPoint, Run } from '../runs.ts'
import { openStore } from '../sqlite/open-store.ts'
import type { Store } from '../store.ts'
import { testRun } from '../test-run.ts'

const directory = mkdtempSync(join(tmpdir(), 'lazuli-runs-'))
const W = '/subscriptions/s/resourcegroups/g/providers/microsoft.machinelearningservices/workspaces/w'
let store: Store

const run = (id: string, more: Partial<Run> = {}): Run =>
  testRun(id, {
    ...{ workspace: W, experimentId: 'e1', experimentName: 'e1', status: 'Queued', job: {} },
    ...more,
  })
const put = (...all: Run[]) =>
  store.write(async ({ runs }) => {
    for (const one of all) await runs.put(one)
  })

before(async () => {
  store = await openStore({ directory })
  await store.write(({ runs }) =>
    runs.putExperiment({ id: 'e1', workspace: W, name: 'first', createdAt: '', updatedAt: '', tags: {} }),
  )
  await put(
    run('Parent', { computeId: '/C/Cpu', tags: { team: 'x' } }),
    run('child', { parentId: 'Parent', rootId: 'Parent', status: 'Completed' }),
    run('hidden', { hidden: true, experimentId: 'e2', status: 'Running' }),
    run('tracked', { kind: 'interactive', status: 'Running', deletedAt: '2026-01-02T00:00:00Z' }),
  )
  const { job: _, ...tracked } = run('tracked', { kind: 'interactive', status: 'Running' })
  await put(tracked)
})
after(async () => {
  await store.close()
  rmSync(directory, { recursive: true })
})

describe('runs', () => {
  test('a run is found by its id, folded, in its workspace alone', async () => {
    assert.equal((await store.runs.get(W, 'PARENT'))?.id, 'Parent')
    assert.equal(await store.runs.get('/other', 'Parent'), undefined)
  })

  for (const { name, query, found } of [
    { name: 'all, newest first', query: {}, found: ['tracked', 'hidden', 'child', 'Parent'] },
    { name: 'oldest first', query: { oldestFirst: true }, found: ['Parent', 'child', 'hidden', 'tracked'] },
    { name: 'by experiment', query: { experimentIds: ['e2'] }, found: ['hidden'] },
    { name: 'by status', query: { statuses: ['Running', 'Completed'] }, found: ['tracked', 'hidden', 'child'] },
    { name: 'by parent', query: { parentId: 'parent' }, found: ['child'] },
    { name: 'by root', query: { rootId: 'Parent' }, found: ['child', 'Parent'] },
    { name: 'by compute', query: { computeId: '/c/cpu' }, found: ['Parent'] },
    { name: 'by kind', query: { kinds: ['interactive'] }, found: ['tracked'] },
    { name: 'not archived', query: { hidden: false }, found: ['tracked', 'child', 'Parent'] },
    { name: 'not deleted', query: { deleted: true }, found: [] },
    { name: 'by tag', query: { tag: { key: 'team' } }, found: ['Parent'] },
    { name: 'by tag and value', query: { tag: { key: 'team', value: 'y' } }, found: [] },
  ] satisfies { name: string; query: FindRuns; found: string[] }[]) {
    test(`find: ${name}`, async () => {
      assert.deepEqual(
        (await store.runs.find(W, query)).items.map(({ id }) => id),
        found,
      )
    })
  }

  test('find pages', async () => {
    const first = await store.runs.find(W, { limit: 3 })
    assert.equal(first.items.length, 3)
    const second = await store.runs.find(W, { limit: 3, after: first.next ?? '' })
    assert.deepEqual([second.items.map(({ id }) => id), second.next], [['Parent'], undefined])
  })

  test('unfinished are the jobs that an engine still has, oldest first', async () => {
    assert.deepEqual(
      (await store.runs.unfinished()).map(({ id }) => id),
      ['Parent', 'hidden'],
    )
  })

  test('numbers of an experiment count on, also after it is written again', async () => {
    const next = () => store.write(({ runs }) => runs.nextNumber(W, 'e1'))
    assert.deepEqual([await next(), await next()], [1, 2])
    const known = await store.runs.experimentByName(W, 'first')
    assert.ok(known)
    await store.write(({ runs }) => runs.putExperiment({ ...known, tags: { a: 'b' } }))
    assert.equal(await next(), 3)
    assert.deepEqual((await store.runs.experiment(W, 'e1'))?.tags, { a: 'b' })
  })
})

describe('metrics', () => {
  const point = (value: number, step = 0, at = 1_000): MetricPoint => ({ key: 'm', value, step, at })
  const add = (id: string, ...points: MetricPoint[]) => store.metrics.add(W, id, points)

  test('NaN, infinities, -0 and tiny values come back as they were', async () => {
    await put(run('odd'))
    const values = [Number.NaN, Infinity, -Infinity, 1e-320, 0.1, 2 ** 60]
    await add('odd', ...values.map((value, step) => point(value, step)))
    const { items } = await store.runs.metricHistory(W, 'odd', 'm')
    assert.deepEqual(
      items.map(({ value }) => value),
      values,
    )
  })

  test('a retry adds nothing, the same value at another time does', async () => {
    await put(run('retry'))
    await add('retry', point(1), point(1), point(Number.NaN, 1), point(Number.NaN, 1))
    await add('retry', point(1), point(Number.NaN, 1), point(1, 0, 1_001))
    assert.equal((await store.runs.metricHistory(W, 'retry', 'm')).items.length, 3)
  })

  for (const { name, points, latest } of [
    { name: 'the greatest step', points: [point(1, 5), point(2, 3, 9_000)], latest: point(1, 5) },
    { name: 'then the latest time', points: [point(1, 5, 2_000), point(2, 5, 1_000)], latest: point(1, 5, 2_000) },
    { name: 'then the greatest value', points: [point(1, 5), point(3, 5), point(2, 5)], latest: point(3, 5) },
    { name: 'NaN counts as zero', points: [point(Number.NaN, 5), point(-1, 5)], latest: point(Number.NaN, 5) },
    { name: 'negative steps', points: [point(1, -5), point(2, -6)], latest: point(1, -5) },
  ]) {
    test(`latest: ${name}, in one batch and one by one`, async () => {
      await put(run('one'), run('many'))
      await add('one', ...points)
      for (const each of points) await add('many', each)
      for (const id of ['one', 'many']) {
        assert.deepEqual(await store.runs.latestMetrics(W, id), [latest])
        await store.write(({ runs }) => runs.remove(W, id))
      }
    })
  }

  test('history pages in order of step and time', async () => {
    await put(run('long'))
    await add('long', ...Array.from({ length: 25 }, (_, at) => point(at, 24 - at)), point(7, 3, 500))
    const steps: number[] = []
    let after: string | undefined
    do {
      const page = await store.runs.metricHistory(W, 'long', 'm', { limit: 10, ...(after && { after }) })
      steps.push(...page.items.map(({ step }) => step))
      after = page.next
    } while (after)
    assert.deepEqual(steps, [0, 1, 2, 3, 3, ...Array.from({ length: 21 }, (_, at) => at + 4)])
  })

  test('a run that is not there is refused, and one that goes takes its metrics along', async () => {
    await assert.rejects(add('nobody', point(1)), { key: 'RunNotFound' })
    await store.write(({ runs }) => runs.remove(W, 'long'))
    await put(run('long'))
    assert.deepEqual(await store.runs.latestMetrics(W, 'long'), [])
    await store.write(({ runs }) => runs.removeWorkspace(W))
    assert.deepEqual((await store.runs.find(W, {})).items, [])
  })
})
