/** Nodes of low priority are taken away from their jobs where the simulation says so; others never are. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { ComputeEngine } from '../engine.ts'
import { type Bench, ended, eventually, job, openBench, pool, reaches } from './test-engine.ts'

let bench: Bench
let engine: ComputeEngine
let asked = 0
/** The engine's clock goes ahead by so much. */
let aheadMs = 0
const hourMs = 3_600_000

before(async () => {
  bench = await openBench({ plain: true })
  engine = await bench.engine({
    now: () => new Date(Date.now() + aheadMs),
    preemptsAfterMs: () => (asked++ === 0 ? hourMs : Number.POSITIVE_INFINITY),
  })
  await engine.applyPool(pool({ lowPriority: true }))
  await engine.applyPool(pool({ computeId: '/c/dedicated' }))
})
after(() => bench.close())

test('a preempted job goes back to the queue and begins anew; its log goes on', async () => {
  // The second try knows of the first by a file of the machine, and has nothing of what that left in its folder.
  const mark = join(bench.directory, 'mark')
  const first = `mkdir -p outputs; touch outputs/left; echo begun; touch ${mark}; sleep 60`
  const spec = job('cheap', `test -e ${mark} || { ${first}; }; test ! -e outputs/left && echo done`)
  await engine.submit(spec)
  await eventually(() => (existsSync(mark) ? true : undefined))
  aheadMs = hourMs
  const seen = await reaches(engine, spec.id, ...ended)
  assert.deepEqual([seen.status, seen.error], ['Completed', undefined])
  const states = seen.spans?.map(({ status }) => status)
  const once = ['Queued', 'Preparing', 'Starting', 'Running']
  assert.deepEqual(states, [...once, ...once, 'Finalizing', 'Completed'])
  assert.deepEqual(seen.warnings?.slice(-1), [
    'The low-priority node that ran the job was preempted; the job was queued again.',
  ])
  const log = await bench.textAt('ExperimentRun/dcid.cheap/user_logs/std_log.txt')
  assert.equal(log, 'begun\ndone\n')
})

test('a preempted job that waits for a node can be cancelled', async () => {
  const waiting = await bench.engine({ preemptsAfterMs: () => 0 })
  await waiting.applyPool(pool({ computeId: '/c/one', lowPriority: true, maxNodes: 1 }))
  const first = job('waits', 'sleep 60', { computeId: '/c/one' })
  await waiting.submit(first)
  await reaches(waiting, first.id, 'Running')
  await waiting.applyPool(pool({ computeId: '/c/one', lowPriority: true, maxNodes: 1, stopped: true }))
  await reaches(waiting, first.id, 'Queued')
  await waiting.cancel(first.id)
  assert.equal((await reaches(waiting, first.id, ...ended)).status, 'Canceled')
})

test('each job is decided over once, and dedicated nodes stay', async () => {
  const spared = job('spared', 'sleep 1')
  const dedicated = job('dedicated', 'sleep 1', { computeId: '/c/dedicated' })
  await Promise.all([engine.submit(spared), engine.submit(dedicated)])
  for (const { id } of [spared, dedicated]) assert.equal((await reaches(engine, id, ...ended)).status, 'Completed')
  assert.equal(asked, 2)
})
