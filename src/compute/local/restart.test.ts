import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { jobFolder } from './job-files.ts'
import { type Bench, ended, eventually, job, openBench, pool, reaches } from './test-engine.ts'

/** `stop` leaves jobs as a killed server does: it only looks away. That a real SIGKILL does no more is tested in test/faults. */
describe('a server that starts again', () => {
  let bench: Bench
  beforeEach(async () => {
    bench = await openBench()
  })
  afterEach(() => bench.close())

  const log = (run: string) => bench.textAt(`ExperimentRun/dcid.${run}/user_logs/std_log.txt`).catch(() => '')

  test('finds a running job, goes on with its log, and sees its end', async () => {
    const first = await bench.engine()
    await first.applyPool(pool())
    const spec = job('long', 'echo one; sleep 1; echo two; sleep 1; echo three; exit 4')
    await first.submit(spec)
    await eventually(async () => ((await log('long')) === 'one\n' ? true : undefined))
    const node = (await first.observePool('/c/cpu'))?.nodes[0]?.nodeId
    await first.stop()
    const second = await bench.engine()
    await second.applyPool(pool())
    assert.equal((await second.observe(spec.id))?.status, 'Running')
    const view = await second.observePool('/C/CPU')
    assert.deepEqual(
      view?.nodes.map(({ nodeId, run }) => ({ nodeId, run })),
      [{ nodeId: node, run: 'long' }],
    )
    const seen = await reaches(second, spec.id, ...ended)
    assert.equal(seen.exitCode, 4)
    assert.equal(await log('long'), 'one\ntwo\nthree\n')
  })

  test('finds a job that ended meanwhile', async () => {
    const first = await bench.engine()
    await first.applyPool(pool())
    const spec = job('meanwhile', 'echo begun; sleep 0.5; echo x > outputs/x; exit 0')
    await first.submit(spec)
    await reaches(first, spec.id, 'Running')
    await first.stop()
    const exit = join(jobFolder(join(bench.directory, 'jobs'), spec.id).run, 'exit.json')
    await eventually(() => readFile(exit, 'utf8').catch(() => undefined))
    const second = await bench.engine()
    await second.applyPool(pool())
    assert.equal((await reaches(second, spec.id, ...ended)).status, 'Completed')
    assert.equal(await bench.textAt('ExperimentRun/dcid.meanwhile/outputs/x'), 'x\n')
  })

  test('can cancel what an earlier server started', async () => {
    const first = await bench.engine()
    await first.applyPool(pool())
    const spec = job('cancel', 'sleep 300')
    await first.submit(spec)
    await reaches(first, spec.id, 'Running')
    await first.stop()
    const second = await bench.engine()
    await second.applyPool(pool())
    await second.cancel(spec.id)
    assert.equal((await reaches(second, spec.id, ...ended)).status, 'Canceled')
  })

  test('says the truth about a job whose runner was killed, and its processes are gone', async () => {
    const first = await bench.engine()
    await first.applyPool(pool())
    const spec = job('orphan', 'sleep 300')
    await first.submit(spec)
    await reaches(first, spec.id, 'Running')
    const run = jobFolder(join(bench.directory, 'jobs'), spec.id).run
    const { pid } = JSON.parse(await readFile(join(run, 'pid.json'), 'utf8')) as { pid: number }
    const inner = JSON.parse(await readFile(join(run, 'started.json'), 'utf8')) as { pid: number }
    process.kill(pid, 'SIGKILL')
    const seen = await reaches(first, spec.id, ...ended)
    assert.equal(seen.status, 'Failed')
    assert.match(seen.error?.message ?? '', /killed from outside/)
    await eventually(() => (isThere(inner.pid) ? undefined : true))
  })

  test('does not take a stranger with the same pid for its job', async () => {
    const first = await bench.engine()
    await first.applyPool(pool())
    const spec = job('stranger', 'sleep 300')
    await first.submit(spec)
    await reaches(first, spec.id, 'Running')
    await first.stop()
    const file = join(jobFolder(join(bench.directory, 'jobs'), spec.id).run, 'pid.json')
    const runner = JSON.parse(await readFile(file, 'utf8')) as { pid: number; start: string }
    await writeFile(file, JSON.stringify({ ...runner, pid: process.pid }))
    const second = await bench.engine()
    await second.applyPool(pool())
    assert.equal((await reaches(second, spec.id, ...ended)).status, 'Failed')
    process.kill(runner.pid, 'SIGTERM')
    await eventually(() => (isThere(runner.pid) ? undefined : true))
  })

  test('keeps the queue and its order; a job is not submitted twice', async () => {
    const first = await bench.engine()
    await first.applyPool(pool({ maxNodes: 0 }))
    await first.submit(job('a', 'echo a'))
    await first.submit(job('b', 'echo b'))
    await first.submit(job('a', 'echo another'))
    await first.stop()
    const second = await bench.engine()
    await second.applyPool(pool({ maxNodes: 0 }))
    assert.equal((await second.observe('/w/ws/a'))?.status, 'Queued')
    assert.equal((await second.observePool('/c/cpu'))?.queuedJobs, 2)
    await second.submit(job('a', 'echo another'))
    await second.applyPool(pool({ maxNodes: 1 }))
    for (const run of ['a', 'b']) await reaches(second, `/w/ws/${run}`, 'Completed')
    assert.equal(await log('a'), 'a\n')
    const [a, b] = await Promise.all(['a', 'b'].map((run) => second.observe(`/w/ws/${run}`)))
    assert.ok((a?.since ?? '') <= (b?.since ?? ''))
    await second.submit(job('a', 'echo another'))
    assert.equal((await second.observe('/w/ws/a'))?.status, 'Completed')
  })

  test('starts a runner that was about to be started, once', async () => {
    const first = await bench.engine()
    await first.applyPool(pool())
    const spec = job('about', 'echo once; sleep 1')
    await first.submit(spec)
    await reaches(first, spec.id, 'Running')
    await first.stop()
    // As if the server had died before the first runner had said who it is: both run, and the lock decides.
    const folder = jobFolder(join(bench.directory, 'jobs'), spec.id)
    await rm(join(folder.run, 'pid.json'))
    const lines = (await readFile(folder.journal, 'utf8')).split('\n').filter((line) => line !== '')
    await writeFile(folder.journal, `${lines.slice(0, 3).join('\n')}\n`)
    const second = await bench.engine()
    await second.applyPool(pool())
    assert.equal((await reaches(second, spec.id, ...ended)).status, 'Completed')
    assert.equal(await log('about'), 'once\n')
  })
})

describe('pools of a running engine', () => {
  let bench: Bench
  beforeEach(async () => {
    bench = await openBench()
  })
  afterEach(() => bench.close())

  test('a fifth job on four nodes waits; a removed pool ends its jobs with a reason', async () => {
    const engine = await bench.engine()
    await engine.applyPool(pool({ maxNodes: 4 }))
    const runs = ['1', '2', '3', '4', '5']
    for (const run of runs) await engine.submit(job(run, 'sleep 300'))
    for (const run of runs.slice(0, 4)) await reaches(engine, `/w/ws/${run}`, 'Running')
    assert.equal((await engine.observe('/w/ws/5'))?.status, 'Queued')
    assert.deepEqual(
      (await engine.observePool('/c/cpu'))?.nodes.map(({ run }) => run),
      ['1', '2', '3', '4'],
    )
    await engine.cancel('/w/ws/2')
    await reaches(engine, '/w/ws/5', 'Running')
    await engine.removePool('/c/cpu')
    for (const run of ['1', '3', '4', '5']) {
      const seen = await reaches(engine, `/w/ws/${run}`, ...ended)
      assert.equal(seen.error?.code, 'ComputeDeleted')
    }
    assert.equal(await engine.observePool('/c/cpu'), undefined)
  })

  test('idle nodes go by the clock', async () => {
    let clock = Date.parse('2026-01-01T00:00:00Z')
    const engine = await bench.engine({ now: () => new Date(clock) })
    await engine.applyPool(pool({ idleSecondsBeforeScaleDown: 120 }))
    await engine.submit(job('1', 'true'))
    await reaches(engine, '/w/ws/1', 'Completed')
    assert.equal((await engine.observePool('/c/cpu'))?.nodes[0]?.state, 'idle')
    clock += 121_000
    await eventually(async () => ((await engine.observePool('/c/cpu'))?.nodes.length === 0 ? true : undefined))
  })

  test('a job has the CPU and the memory that its node was granted', async () => {
    const memoryBytes = 256 * 2 ** 20
    const engine = await bench.engine({ sizeOf: () => ({ cpus: 1, memoryBytes }) })
    await engine.applyPool(pool({ vmSize: 'Standard_Tiny' }))
    const look =
      'python -c "import os, resource; print(len(os.sched_getaffinity(0))); ' +
      "p = '/sys/fs/cgroup/memory/memory.limit_in_bytes'; q = '/sys/fs/cgroup/memory.max'; " +
      'print([open(f).read().strip() for f in (p, q) if os.path.exists(f)], resource.getrlimit(resource.RLIMIT_AS)[0])"'
    await engine.submit(job('look', look))
    await reaches(engine, '/w/ws/look', 'Completed')
    const text = await bench.textAt('ExperimentRun/dcid.look/user_logs/std_log.txt')
    assert.match(text, new RegExp(`^1\\n.*${memoryBytes}`, 's'))
    assert.deepEqual(
      (await engine.observePool('/c/cpu'))?.nodes.map(({ cpus, memoryBytes }) => ({ cpus, memoryBytes })),
      [{ cpus: 1, memoryBytes }],
    )
    await engine.submit(job('greedy', 'python -c "x = bytearray(600 * 2**20); print(len(x))"'))
    const seen = await reaches(engine, '/w/ws/greedy', ...ended)
    assert.equal(seen.status, 'Failed')
    assert.match(seen.error?.message ?? '', /needed more memory than its node's 256 MiB|MemoryError/)
  })
})

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
