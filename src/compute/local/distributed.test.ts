import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { ComputeEngine, JobSpec } from '../engine.ts'
import { at, type Bench, ended, eventually, job, openBench, pool, reaches } from './test-engine.ts'

/** Adds up the ranks of all processes over TCP at MASTER_ADDR:MASTER_PORT, as frameworks meet there. */
const meet = `
import os, socket, time
rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
place = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
if rank == 0:
    server = socket.create_server(place)
    total = sum(int(server.accept()[0].recv(8)) for _ in range(size - 1))
    print("sum", total)
else:
    while True:
        try:
            socket.create_connection(place).sendall(b"%d" % rank)
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
`

for (const { name, plain } of [
  { name: 'in the sandbox', plain: false },
  { name: 'without one', plain: true },
])
  describe(`distributed jobs ${name}`, () => {
    let bench: Bench
    let engine: ComputeEngine
    before(async () => {
      bench = await openBench({ plain })
      engine = await bench.engine()
      await engine.applyPool(pool())
      await bench.blobs.write(at('code/meet.py'), meet)
    })
    after(() => bench.close())

    const run = async (spec: JobSpec) => {
      await engine.submit(spec)
      return reaches(engine, spec.id, ...ended)
    }
    const log = (run: string, process: string) =>
      bench.textAt(`ExperimentRun/dcid.${run}/user_logs/std_log_process_${process}.txt`)

    test('PyTorch: each process knows its ranks, its node and where all meet', async () => {
      const spec = job(
        'torch',
        'echo $RANK/$WORLD_SIZE $LOCAL_RANK/$LOCAL_WORLD_SIZE $NODE_RANK of $AZUREML_NODE_COUNT; ' +
          'echo mine > own-$LOCAL_RANK; echo $RANK > outputs/$RANK; python meet.py; ls',
        { code: at('code'), instanceCount: 2, distribution: { kind: 'PyTorch', processesPerNode: 2 } },
      )
      const seen = await run(spec)
      assert.equal(seen.status, 'Completed', JSON.stringify(seen))
      assert.match(await log('torch', '00'), /^0\/4 0\/2 0 of 2\nsum 6\n/)
      assert.match(await log('torch', '03'), /^3\/4 1\/2 1 of 2\n/)
      for (const rank of ['0', '1', '2', '3'])
        assert.equal(await bench.textAt(`ExperimentRun/dcid.torch/outputs/${rank}`), `${rank}\n`)
    })

    test('several nodes without a distribution run the command once each, in folders of their own', async () => {
      const spec = job('nodes', 'ls; echo $NODE_RANK > here; echo $HOME; touch ~/mark /tmp/mark; ls ~ | wc -l', {
        instanceCount: 3,
      })
      const seen = await run(spec)
      assert.equal(seen.status, 'Completed', JSON.stringify(seen))
      for (const process of ['00', '01', '02']) {
        const text = await log('nodes', process)
        assert.doesNotMatch(text, /here/)
        assert.match(text, /\n1\n$/)
      }
    })

    test('one process that fails ends the others, and the job with its exit code and its last lines', async () => {
      const spec = job('fails', 'if [ $RANK = 1 ]; then echo "rank one is broken"; exit 7; fi; sleep 300', {
        instanceCount: 1,
        distribution: { kind: 'PyTorch', processesPerNode: 3 },
      })
      const seen = await run(spec)
      assert.equal(seen.status, 'Failed')
      assert.equal(seen.exitCode, 7)
      assert.match(seen.error?.message ?? '', /std_log_process_01\.txt.*rank one is broken$/s)
    })

    test('TensorFlow: the cluster stands in TF_CONFIG, and parameter servers end with the workers', async () => {
      const spec = job(
        'tf',
        'echo $TF_CONFIG; case $TF_CONFIG in *\'"type":"ps"\'*) touch ${{outputs.o}}/up; exec sleep 300;; esac; ' +
          'until [ -e ${{outputs.o}}/up ]; do sleep 0.02; done',
        {
          instanceCount: 2,
          outputs: [{ name: 'o', type: 'uri_folder', mode: 'upload', target: at('azureml/tf/o/') }],
          distribution: { kind: 'TensorFlow', workers: 2, parameterServers: 1 },
        },
      )
      const seen = await run(spec)
      assert.equal(seen.status, 'Completed', JSON.stringify(seen))
      const worker = JSON.parse(await log('tf', '01'))
      assert.deepEqual(worker.task, { type: 'worker', index: 1 })
      assert.equal(worker.cluster.worker.length, 2)
      assert.equal(worker.cluster.ps.length, 1)
      assert.equal(new Set([...worker.cluster.worker, ...worker.cluster.ps]).size, 3)
      assert.match(await log('tf', '00_ps'), /"type":"ps","index":0/)
    })

    test('cancelling ends every process', async () => {
      const spec = job('stop', 'echo ready; exec sleep 300', {
        instanceCount: 2,
        distribution: { kind: 'PyTorch', processesPerNode: 1 },
      })
      await engine.submit(spec)
      await eventually(async () => ((await log('stop', '01').catch(() => '')) === 'ready\n' ? true : undefined))
      await engine.cancel(spec.id)
      assert.equal((await reaches(engine, spec.id, ...ended)).status, 'Canceled')
    })

    for (const [kind, program] of [
      ['Mpi', 'mpirun'],
      ['Ray', 'ray'],
    ] as const)
      test(`${kind} without ${program} fails and says what is missing`, async () => {
        const distribution =
          kind === 'Mpi'
            ? { kind, processesPerNode: 2 }
            : { kind, includeDashboard: false, headArguments: '', workerArguments: '' }
        const seen = await run(job(`no-${program}`, 'true', { distribution }))
        assert.equal(seen.status, 'Failed')
        assert.match(seen.error?.message ?? '', new RegExp(`${kind} needs '${program}'`))
      })
  })

describe('nodes of a pool', () => {
  let bench: Bench
  before(async () => {
    bench = await openBench({ plain: true })
  })
  after(() => bench.close())

  test('are taken all or none, the higher priority first', async () => {
    const engine = await bench.engine()
    await engine.applyPool(pool({ maxNodes: 2 }))
    const first = job('holds', 'sleep 300')
    const wide = job('wide', 'true', { instanceCount: 2 })
    const late = job('late', 'true')
    const urgent = job('urgent', 'true', { priority: 33 })
    await engine.submit(first)
    await reaches(engine, first.id, 'Running')
    await engine.submit(wide)
    await engine.submit(late)
    await engine.submit(urgent)
    assert.equal((await reaches(engine, urgent.id, ...ended)).status, 'Completed')
    assert.equal((await engine.observe(wide.id))?.status, 'Queued')
    assert.equal((await engine.observe(late.id))?.status, 'Queued')
    await engine.cancel(first.id)
    assert.equal((await reaches(engine, wide.id, ...ended)).status, 'Completed')
    assert.equal((await reaches(engine, late.id, ...ended)).status, 'Completed')
  })
})
