/** Nodes of low priority are taken away from their jobs where the simulation says so; others never are. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ComputeEngine } from '../engine.ts'
import { type Bench, ended, job, openBench, pool, reaches } from './test-engine.ts'

let bench: Bench
let engine: ComputeEngine
let asked = 0

before(async () => {
  bench = await openBench({ plain: true })
  engine = await bench.engine({ preemptsAfterMs: () => (asked++ === 0 ? 100 : Number.POSITIVE_INFINITY) })
  await engine.applyPool(pool({ lowPriority: true }))
  await engine.applyPool(pool({ computeId: '/c/dedicated' }))
})
after(() => bench.close())

test('a preempted job fails and says why, with what it had written', async () => {
  const spec = job('cheap', 'echo begun; sleep 60')
  await engine.submit(spec)
  const seen = await reaches(engine, spec.id, ...ended)
  assert.deepEqual([seen.status, seen.error?.code], ['Failed', 'NodePreempted'])
  assert.equal(await bench.textAt('ExperimentRun/dcid.cheap/user_logs/std_log.txt'), 'begun\n')
})

test('each job is decided over once, and dedicated nodes stay', async () => {
  const spared = job('spared', 'sleep 1')
  const dedicated = job('dedicated', 'sleep 1', { computeId: '/c/dedicated' })
  await Promise.all([engine.submit(spared), engine.submit(dedicated)])
  for (const { id } of [spared, dedicated]) assert.equal((await reaches(engine, id, ...ended)).status, 'Completed')
  assert.equal(asked, 2)
})
