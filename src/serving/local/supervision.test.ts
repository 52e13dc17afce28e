import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { ServingEngine } from '../engine.ts'
import { deploymentFolder, processFolder } from './places.ts'
import { answer, ask, type Bench, deployed, eventually, openBench, probe, reaches } from './test-serving.ts'

const pidScript =
  'import os, time, signal\ndef init():\n    pass\ndef run(data):\n' +
  '    if data == "die":\n        os.kill(os.getpid(), signal.SIGKILL)\n' +
  '    if data.startswith("sleep"):\n        time.sleep(float(data[5:]))\n' +
  '    return os.environ.get("V", "1")\n'

describe('a deployment under way', () => {
  let bench: Bench
  let engine: ServingEngine
  before(async () => {
    bench = await openBench()
    engine = await bench.engine()
  })
  after(() => bench.close())

  test('a process that dies takes only the request that it was at; it is replaced', async () => {
    const spec = await deployed(
      engine,
      await bench.script('dies', pidScript, {
        requests: { timeoutMs: 5000, maxConcurrentPerInstance: 200, maxQueueWaitMs: 500 },
      }),
    )
    await Promise.all(Array.from({ length: 200 }, () => answer(engine, spec, 'x')))
    const results = await Promise.all([
      ask(engine, spec, 'x'),
      ask(engine, spec, 'die'),
      ...Array.from({ length: 10 }, () => ask(engine, spec, 'x')),
    ])
    assert.deepEqual(
      results.map((each) => ('refused' in each ? each.refused : each.status)),
      [200, 'crashed', ...Array.from({ length: 10 }, () => 200)],
    )
    const view = await engine.observe(spec.id)
    assert.equal(view?.state, 'Ready')
    assert.equal(view?.restarts, 1)
    const metrics = await engine.metrics(spec.id)
    assert.deepEqual(metrics?.outcomes, { '200': 211, crashed: 1 })
    assert.ok((metrics?.memoryBytes ?? 0) > 1e6)
  })

  test('what a process has answered before it died is not lost, though the next could not be written to it', async () => {
    const spec = await deployed(
      engine,
      await bench.script('answered', pidScript, {
        requests: { timeoutMs: 60_000, maxConcurrentPerInstance: 200, maxQueueWaitMs: 60_000 },
      }),
    )
    await Promise.all(Array.from({ length: 200 }, () => answer(engine, spec, 'x')))
    const root = deploymentFolder(join(bench.directory, 'serving'), spec.id).versions
    const [version = ''] = await readdir(root)
    const exit = join(processFolder(join(root, version), 0).run, 'exit.json')
    const answered = ask(engine, spec, 'sleep0.2')
    const died = ask(engine, spec, 'die')
    await new Promise(setImmediate)
    // This process looks away until the worker is gone, and writes to it before it reads anything.
    setImmediate(() => {
      while (!existsSync(exit)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    })
    const results = await Promise.all([answered, died, ask(engine, spec, 'x')])
    assert.deepEqual(
      results.map((each) => ('refused' in each ? each.refused : each.status)),
      [200, 'crashed', 200],
    )
    assert.equal((await engine.observe(spec.id))?.restarts, 1)
  })

  test('what takes too long is told so; what comes too much at once is refused; what waits too long as well', async () => {
    const spec = await deployed(
      engine,
      await bench.script('slow', pidScript, {
        requests: { timeoutMs: 300, maxConcurrentPerInstance: 1, maxQueueWaitMs: 100 },
      }),
    )
    const results = await Promise.all(['sleep0.6', 'x', 'x'].map((body) => ask(engine, spec, body)))
    assert.deepEqual(
      results.map((each) => ('refused' in each ? each.refused : each.status)),
      ['timeout', 'overloaded', 'overloaded'],
    )
    // The process is still at it, as on Azure; then it is there again.
    await eventually(async () => ('refused' in (await ask(engine, spec, 'x')) ? undefined : true))
  })

  test('a process that fails its readiness is asked no more until it answers again', async () => {
    const spec = await deployed(
      engine,
      await bench.script('unready', pidScript, {
        instances: 2,
        requests: { timeoutMs: 100, maxConcurrentPerInstance: 4, maxQueueWaitMs: 100 },
        readiness: { ...probe, periodMs: 50, timeoutMs: 50, failureThreshold: 2 },
      }),
    )
    assert.equal((await engine.observe(spec.id))?.readyInstances, 2)
    assert.deepEqual(await ask(engine, spec, 'sleep2').then((each) => 'refused' in each && each.refused), 'timeout')
    await eventually(async () => ((await engine.observe(spec.id))?.readyInstances === 1 ? true : undefined))
    assert.equal((await answer(engine, spec, 'x')).status, 200)
    await eventually(async () => ((await engine.observe(spec.id))?.readyInstances === 2 ? true : undefined))
    assert.equal((await engine.observe(spec.id))?.restarts, 0)
  })

  test('a deployment that is removed and made anew at once is whole', async () => {
    const spec = await deployed(engine, await bench.script('again', pidScript))
    await engine.remove(spec.id)
    await deployed(engine, spec)
    assert.equal((await answer(engine, spec, 'x')).status, 200)
  })

  test('a process that is stuck is replaced when its probe has failed often enough', async () => {
    const spec = await deployed(
      engine,
      await bench.script('stuck', pidScript, {
        requests: { timeoutMs: 200, maxConcurrentPerInstance: 1, maxQueueWaitMs: 100 },
        liveness: { ...probe, periodMs: 100, timeoutMs: 100, failureThreshold: 3 },
      }),
    )
    assert.deepEqual(await ask(engine, spec, 'sleep300').then((each) => 'refused' in each && each.refused), 'timeout')
    await eventually(async () => ('refused' in (await ask(engine, spec, 'x')) ? undefined : true))
    assert.equal((await engine.observe(spec.id))?.restarts, 1)
  })

  test('an init() that never ends fails the deployment when its probe has waited long enough', async () => {
    const spec = await bench.script(
      'endless',
      'import time\ndef init():\n    time.sleep(300)\ndef run(d):\n    pass\n',
      {
        liveness: { ...probe, initialDelayMs: 100, periodMs: 100, failureThreshold: 3 },
      },
    )
    await engine.apply(spec)
    const view = await reaches(engine, spec, 'Failed')
    assert.equal(view.failure?.reason, 'Probe')
  })

  test('updates under load lose no request; a bad one leaves what answers', async () => {
    const script = (version: number) => bench.script('rolling', pidScript, { variables: { V: String(version) } })
    const spec = await deployed(engine, await script(0))
    const seen = new Map<string, number>()
    let isOver = false
    const load = Promise.all(
      Array.from({ length: 8 }, async () => {
        while (!isOver) {
          const result = await ask(engine, spec, 'x')
          const key = 'refused' in result ? result.refused : `${result.status} ${result.text}`
          seen.set(key, (seen.get(key) ?? 0) + 1)
        }
      }),
    )
    for (const version of [1, 2, 3]) await deployed(engine, await script(version))
    await engine.apply(await bench.script('rolling-bad', 'import nowhere\n', { id: spec.id }))
    assert.equal((await reaches(engine, spec, 'Failed')).failure?.reason, 'Import')
    assert.equal((await answer(engine, spec, 'x')).text, '"3"')
    isOver = true
    await load
    assert.deepEqual([...seen.keys()].sort(), ['200 "0"', '200 "1"', '200 "2"', '200 "3"'])
  })

  test('instances come and go without a new version', async () => {
    const pids =
      'import time, uuid\nme = str(uuid.uuid4())\ndef init():\n    pass\n' +
      'def run(data):\n    time.sleep(0.05)\n    return me\n'
    const spec = await deployed(engine, await bench.script('scaled', pids))
    const distinct = async () =>
      new Set((await Promise.all(Array.from({ length: 6 }, () => answer(engine, spec, '')))).map(({ text }) => text))
        .size
    assert.equal(await distinct(), 1)
    await engine.apply({ ...spec, instances: 3 })
    await eventually(async () => ((await engine.observe(spec.id))?.readyInstances === 3 ? true : undefined))
    assert.equal(await distinct(), 3)
    await engine.apply({ ...spec, instances: 1 })
    await eventually(async () => ((await engine.observe(spec.id))?.readyInstances === 1 ? true : undefined))
    assert.equal(await distinct(), 1)
  })

  test('without requests it goes to zero, and the next request brings it back', async () => {
    const spec = await deployed(engine, await bench.script('idle', pidScript, { idleMsBeforeZero: 200 }))
    await reaches(engine, spec, 'Zero')
    await eventually(async () => ((await engine.observe(spec.id))?.readyInstances === 0 ? true : undefined))
    const results = await Promise.all(Array.from({ length: 5 }, () => answer(engine, spec, 'x')))
    assert.ok(results.every(({ status }) => status === 200))
    await reaches(engine, spec, 'Zero')
    assert.equal((await engine.observe(spec.id))?.restarts, 0)
  })

  test('a removed deployment answers what it has begun and is gone', async () => {
    const spec = await deployed(engine, await bench.script('removed', pidScript))
    const last = ask(engine, spec, 'sleep0.3')
    await engine.remove(spec.id)
    const answered = await last
    assert.equal('status' in answered ? answered.status : answered.refused, 200)
    await eventually(async () => ((await engine.observe(spec.id)) ? undefined : true))
    assert.equal(await ask(engine, spec, 'x').then((each) => 'refused' in each && each.refused), 'unavailable')
  })
})

describe('a server that starts again', () => {
  let bench: Bench
  before(async () => {
    bench = await openBench()
  })
  after(() => bench.close())

  const counting = 'n = 0\ndef init():\n    pass\ndef run(data):\n    global n\n    n += 1\n    return n\n'

  test('finds the processes that answer, and those of the deployment that was wished last', async () => {
    const first = await bench.engine()
    const spec = await deployed(first, await bench.script('kept', counting))
    assert.equal((await answer(first, spec, '')).text, '1')
    await first.stop()
    const second = await bench.engine()
    // The very process: it has counted on.
    const again = await eventually(async () => {
      const result = await ask(second, spec, '')
      return 'refused' in result ? undefined : result
    })
    assert.equal(again.text, '2')
    assert.equal((await second.observe(spec.id))?.state, 'Ready')
  })

  test('processes that no server has asked for a while end by themselves', async () => {
    const first = await bench.engine({ orphanSeconds: 1 })
    const spec = await deployed(first, await bench.script('orphan', counting))
    assert.equal((await answer(first, spec, '')).text, '1')
    await first.stop()
    const root = join(deploymentFolder(join(bench.directory, 'serving'), spec.id).versions)
    const [version = ''] = await readdir(root)
    const { run } = processFolder(join(root, version), 0)
    const exit = await eventually(() => readFile(join(run, 'exit.json'), 'utf8').catch(() => undefined))
    assert.equal((JSON.parse(exit) as { code: number }).code, 0)
    // The next server starts it anew.
    const second = await bench.engine()
    const again = await eventually(async () => {
      const result = await ask(second, spec, '')
      return 'refused' in result ? undefined : result
    })
    assert.equal(again.text, '1')
  })
})
