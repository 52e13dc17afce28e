import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { jobFolder } from './job-files.ts'
import { at, type Bench, ended, eventually, job, openBench, pool, reaches } from './test-engine.ts'

const MIB = 2 ** 20
/** A job that writes without end, a little at a time, to at most 2 GiB. */
const fills = (place: string) =>
  `for n in $(seq 200); do head -c ${10 * MIB} /dev/zero >> ${place}; sleep 0.1; done; sleep 300`

describe('a job that writes too much', () => {
  let bench: Bench
  before(async () => {
    bench = await openBench()
  })
  after(() => bench.close())
  const workOf = (id: string) => jobFolder(join(bench.directory, 'jobs'), id).work

  for (const [what, place] of Object.entries({
    'beside its code': 'big',
    'into its temporary folder': '/tmp/big',
    'into an output': '${{outputs.out}}/big',
  })) {
    test(`${what} fails with the size of its node's disk, and leaves nothing`, async () => {
      const engine = await bench.engine({ sizeOf: () => ({ cpus: 1, memoryBytes: 2 ** 30, diskBytes: 40 * MIB }) })
      await engine.applyPool(pool())
      const output = { name: 'out', type: 'uri_folder', mode: 'upload', target: at('filled/') } as const
      const one = job(`fills-${what.length}`, fills(place), { outputs: [output] })
      await engine.submit(one)
      const { status, error } = await reaches(engine, one.id, ...ended)
      assert.deepEqual([status, error?.code], ['Failed', 'DiskFull'])
      assert.match(error?.message ?? '', /it wrote \d+ MiB, and the disk of its node has 40 MiB \(by its vmSize\)/)
      await eventually(() => !existsSync(workOf(one.id)) || undefined)
      await engine.stop()
    })
  }

  test('is stopped where the machine’s disk would be full, and another job goes on', async () => {
    // At one look the disk has less room than it should: others write to it too, so the real figure tells nothing.
    let full = false
    const engine = await bench.engine({
      keepFreeDiskBytes() {
        const wanted = full ? Number.MAX_SAFE_INTEGER : 0
        full = false
        return wanted
      },
    })
    await engine.applyPool(pool())
    const modest = job('modest', 'while [ ! -e ${{inputs.go}}/gone ]; do sleep 0.1; done', {
      inputs: [{ name: 'go', type: 'uri_folder', mode: 'rw_mount', value: 'x', source: at('go/') }],
    })
    await bench.blobs.write(at('go/there'), 'x')
    await engine.submit(modest)
    await reaches(engine, modest.id, 'Running')
    const greedy = job('greedy', fills('big'))
    await engine.submit(greedy)
    await eventually(async () => {
      const written = await stat(join(workOf(greedy.id), 'exe/wd/big')).catch(() => undefined)
      return (written?.size ?? 0) > 20 * MIB || undefined
    })
    full = true
    const { status, error } = await reaches(engine, greedy.id, ...ended)
    assert.deepEqual([status, error?.code], ['Failed', 'DiskFull'])
    assert.match(error?.message ?? '', /the machine's disk is full .* it has written most, \d+ MiB/)
    assert.equal((await engine.observe(modest.id))?.status, 'Running')
    const folder = join(workOf(modest.id), 'cap/data-capability/wd/INPUT_go')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'gone'), '')
    assert.equal((await reaches(engine, modest.id, ...ended)).status, 'Completed')
  })

  test('into its inputs’ place is none: they are mounts in Azure', async () => {
    const engine = await bench.engine({ sizeOf: () => ({ cpus: 1, memoryBytes: 2 ** 30, diskBytes: 20 * MIB }) })
    await engine.applyPool(pool())
    await bench.blobs.write(at('large/file'), Buffer.alloc(60 * MIB, 1))
    const one = job('reads', 'sleep 3; wc -c < ${{inputs.large}}', {
      inputs: [{ name: 'large', type: 'uri_file', mode: 'ro_mount', value: 'x', source: at('large/file') }],
    })
    await engine.submit(one)
    assert.equal((await reaches(engine, one.id, ...ended)).status, 'Completed')
    assert.equal(await bench.textAt('ExperimentRun/dcid.reads/user_logs/std_log.txt'), `${60 * MIB}\n`)
  })
})
