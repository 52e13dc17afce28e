import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pool } from './pool.ts'
import { pool as spec } from './test-engine.ts'

const granted = { cpus: 1, memoryBytes: 1 << 30 }
const room = () => true
const noRoom = () => false
const waiting = (...ids: string[]) => ids.map((id) => ({ id }))
const view = (pool: Pool, queued = 0) =>
  pool.view({ jobs: queued, nodes: queued }, (id) => ({ run: id, state: 'running' }))

test('a fifth job on four nodes stays queued until one is free', () => {
  const pool = new Pool(spec({ maxNodes: 4 }), granted)
  const assigned = pool.schedule(waiting('1', '2', '3', '4', '5'), 0, room)
  assert.deepEqual(
    assigned.map(({ job }) => job),
    ['1', '2', '3', '4'],
  )
  assert.deepEqual(pool.schedule(waiting('5'), 1, room), [])
  assert.equal(view(pool, 1).queuedJobs, 1)
  pool.release('2', 2)
  assert.deepEqual(
    pool.schedule(waiting('5'), 3, room).flatMap(({ nodes }) => nodes.map(({ index }) => index)),
    [1],
  )
})

test('a further node comes up only while memory is free; the first one does always', () => {
  const pool = new Pool(spec({ maxNodes: 4 }), granted)
  assert.equal(pool.schedule(waiting('1', '2'), 0, noRoom).length, 1)
  assert.equal(pool.nodes.length, 1)
  assert.equal(view(pool, 1).allocationState, 'Resizing')
  assert.equal(pool.schedule(waiting('2'), 0, room).length, 1)
})

test('minNodes stand without jobs, and idle nodes above them go after the idle time', () => {
  const pool = new Pool(spec({ minNodes: 1, maxNodes: 3, idleSecondsBeforeScaleDown: 120 }), granted)
  pool.schedule([], 0, room)
  assert.equal(pool.nodes.length, 1)
  pool.schedule(waiting('1', '2', '3'), 0, room)
  for (const job of ['1', '2', '3']) pool.release(job, 1000)
  pool.schedule([], 120_000, room)
  assert.equal(pool.nodes.length, 3)
  pool.schedule([], 121_000, room)
  assert.equal(pool.nodes.length, 1)
})

test('with maxNodes 0 nothing starts; a stopped instance keeps its jobs and gives its node back', () => {
  const none = new Pool(spec({ maxNodes: 0 }), granted)
  assert.deepEqual(none.schedule(waiting('1'), 0, room), [])
  const instance = new Pool(spec({ minNodes: 1, maxNodes: 1 }), granted)
  instance.schedule([], 0, room)
  instance.spec = spec({ minNodes: 1, maxNodes: 1, stopped: true })
  assert.deepEqual(instance.schedule(waiting('1'), 0, room), [])
  assert.deepEqual(view(instance, 1).nodes, [])
  instance.spec = spec({ minNodes: 1, maxNodes: 1 })
  assert.equal(instance.schedule(waiting('1'), 0, room).length, 1)
})

test('a smaller maxNodes takes idle nodes away and lets a running one end', () => {
  const pool = new Pool(spec({ maxNodes: 2 }), granted)
  pool.schedule(waiting('1', '2'), 0, room)
  pool.spec = spec({ maxNodes: 1 })
  pool.schedule([], 0, room)
  assert.equal(pool.nodes.length, 2)
  pool.release('2', 0)
  pool.schedule([], 0, room)
  assert.deepEqual(
    view(pool).nodes.map(({ run }) => run),
    ['1'],
  )
})

test('a node’s id is the same after a restart, and a job found again keeps its node', () => {
  const before = new Pool(spec(), granted)
  before.schedule(waiting('1', '2'), 0, room)
  const later = new Pool(spec(), granted)
  later.resume('2', 1, 0)
  assert.equal(later.nodes[0]?.id, before.nodes[1]?.id)
  assert.deepEqual(
    later.schedule(waiting('3'), 0, room).flatMap(({ nodes }) => nodes.map(({ index }) => index)),
    [0],
  )
})
