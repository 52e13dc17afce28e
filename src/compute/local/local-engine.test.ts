import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { ComputeEngine } from '../engine.ts'
import { jobFolder } from './job-files.ts'
import { at, type Bench, ended, eventually, job, openBench, pool, reaches } from './test-engine.ts'

/** Both ways of running a job must keep the same promises. */
for (const { name, plain } of [
  { name: 'in the sandbox', plain: false },
  { name: 'without one', plain: true },
])
  describe(`jobs ${name}`, () => {
    let bench: Bench
    let engine: ComputeEngine
    before(async () => {
      bench = await openBench({ plain })
      engine = await bench.engine()
      await engine.applyPool(pool())
    })
    after(() => bench.close())

    const log = (run: string) => bench.textAt(`ExperimentRun/dcid.${run}/user_logs/std_log.txt`)

    test('a job passes through its states in order, and its log is stored when it shows its end', async () => {
      const spec = job('good', 'echo to stdout; echo to stderr >&2; echo model > outputs/model.txt')
      await engine.submit(spec)
      const seen = await reaches(engine, spec.id, ...ended)
      assert.equal(seen.status, 'Completed', JSON.stringify(seen))
      assert.equal(seen.exitCode, 0)
      const spans = seen.spans ?? []
      assert.deepEqual(
        spans.map((span) => span.status),
        ['Queued', 'Preparing', 'Starting', 'Running', 'Finalizing', 'Completed'],
      )
      assert.deepEqual(
        spans.map((span) => span.at).toSorted(),
        spans.map((span) => span.at),
      )
      assert.equal(await log('good'), 'to stdout\nto stderr\n')
      assert.equal(await bench.textAt('ExperimentRun/dcid.good/outputs/model.txt'), 'model\n')
      const system = await bench.textAt('ExperimentRun/dcid.good/system_logs/lifecycler/lifecycler.log')
      assert.match(
        system,
        /Preparing took \d+\.\d{3} s; now Starting.*Running took \d+\.\d{3} s; now Finalizing.*ended: Completed/s,
      )
      assert.match(system, /granted \d+ CPU and \d+ MiB for vmSize Standard_DS3_v2/)
      assert.match(system, plain ? /isolation: none: switched off/ : /isolation: bubblewrap/)
    })

    test('an exit code is the job’s failure, with its last lines', async () => {
      const spec = job('three', 'echo almost; echo "no such column" >&2; exit 3')
      await engine.submit(spec)
      const seen = await reaches(engine, spec.id, ...ended)
      assert.equal(seen.status, 'Failed')
      assert.equal(seen.exitCode, 3)
      assert.equal(seen.error?.code, 'ExecutionFailed')
      assert.match(seen.error?.message ?? '', /exited with status code 3\..*almost\nno such column$/s)
    })

    test('a job that says nothing has an empty log', async () => {
      const spec = job('silent', 'exit 0')
      await engine.submit(spec)
      await reaches(engine, spec.id, 'Completed')
      assert.equal(await log('silent'), '')
    })

    test('a signal that nobody here sent is a failure and no cancellation', async () => {
      const spec = job('killed', 'kill -KILL $$')
      await engine.submit(spec)
      const seen = await reaches(engine, spec.id, ...ended)
      assert.equal(seen.status, 'Failed')
      assert.match(seen.error?.message ?? '', /status code 137 \(signal 9, SIGKILL\)/)
    })

    test('the log is there while the job runs', async () => {
      const spec = job('live', 'echo first; sleep 30')
      await engine.submit(spec)
      await eventually(async () => ((await log('live').catch(() => '')) === 'first\n' ? true : undefined))
      assert.equal((await engine.observe(spec.id))?.status, 'Running')
      await engine.cancel(spec.id)
      await reaches(engine, spec.id, 'Canceled')
    })

    test('cancelling ends what the job left its process group with, too', async () => {
      const mark = `lazuli-test-${plain}-${process.pid}`
      const spec = job('tree', `(setsid bash -c "exec -a ${mark} sleep 300" &) ; exec -a ${mark} sleep 300`)
      await engine.submit(spec)
      await eventually(async () => ((await withName(mark)) >= 2 ? true : undefined))
      await engine.cancel(spec.id)
      await engine.cancel(spec.id)
      const seen = await reaches(engine, spec.id, ...ended)
      assert.equal(seen.status, 'Canceled')
      assert.equal(await withName(mark), 0)
    })

    test('a cancelled job may tidy up; one that does not listen is killed after the grace time', async () => {
      const tidy = job('tidy', 'trap "echo tidy; exit 0" TERM; echo ready; while :; do sleep 0.05; done')
      const deaf = job('deaf', 'trap "" TERM; echo ready; while :; do sleep 0.05; done')
      for (const spec of [tidy, deaf]) await engine.submit(spec)
      for (const spec of [tidy, deaf])
        await eventually(async () => ((await log(spec.run).catch(() => '')) === 'ready\n' ? true : undefined))
      for (const spec of [tidy, deaf]) await engine.cancel(spec.id)
      for (const spec of [tidy, deaf]) assert.equal((await reaches(engine, spec.id, ...ended)).status, 'Canceled')
      assert.match(await log('tidy'), /^ready\n(Terminated\n)?tidy\n$/)
    })

    test('a job that outlives its timeout is cancelled and says why', async () => {
      const spec = job('slow', 'sleep 60', { timeoutSeconds: 1 })
      await engine.submit(spec)
      const seen = await reaches(engine, spec.id, ...ended)
      assert.equal(seen.status, 'Canceled')
      assert.match(seen.error?.message ?? '', /longer than its timeout of 1 seconds/)
      assert.deepEqual(seen.warnings, [seen.error?.message])
    })

    test('inputs and outputs stand in the command and in variables; stored bytes never change', async () => {
      await bench.blobs.write(at('data/in.csv'), 'a,b\n1,2\n')
      await bench.blobs.write(at('folder/x.txt'), 'x')
      await bench.blobs.write(at('code/train.py'), 'import sys; print(open(sys.argv[1]).read(), sys.argv[2:])')
      const spec = job(
        'data',
        'python train.py ${{inputs.data}} ${{inputs.lr}} $[[--no ${{inputs.absent}}]] && cat ${{inputs.folder}}/x.txt && ' +
          'echo $AZURE_ML_INPUT_lr && echo changed >> ${{inputs.data}} && echo done > ${{outputs.out}}/result.txt && ' +
          'echo one > ${{outputs.single}} && ls $AZURE_ML_OUTPUT_out',
        {
          code: at('code'),
          inputs: [
            { name: 'data', type: 'uri_file', mode: 'ro_mount', value: 'azureml://x', source: at('data/in.csv') },
            { name: 'folder', type: 'uri_folder', mode: 'download', value: 'azureml://x', source: at('folder/') },
            { name: 'lr', type: 'literal', mode: 'direct', value: '0.1' },
          ],
          outputs: [
            { name: 'out', type: 'uri_folder', mode: 'rw_mount', target: at('azureml/data/out/') },
            { name: 'single', type: 'uri_file', mode: 'upload', target: at('azureml/data/single/single') },
          ],
        },
      )
      await engine.submit(spec)
      const seen = await reaches(engine, spec.id, ...ended)
      const text = await log('data')
      assert.equal(seen.status, 'Completed', text)
      assert.match(text, /a,b\n1,2\n \['0\.1'\]\nx0\.1\nresult\.txt\n/)
      assert.equal(await bench.textAt('data/in.csv'), 'a,b\n1,2\n')
      assert.equal(await bench.textAt('azureml/data/out/result.txt'), 'done\n')
      assert.equal(await bench.textAt('azureml/data/single/single'), 'one\n')
    })

    test('a mount for reading and writing shows what is written while the job runs, and what is removed goes', async () => {
      await bench.blobs.write(at('shared/keep.txt'), 'keep')
      await bench.blobs.write(at('shared/old.txt'), 'old')
      const spec = job(
        'mounted',
        'rm ${{inputs.shared}}/old.txt; echo in > ${{inputs.shared}}/new.txt; mkdir ${{outputs.out}}/sub; ' +
          'ln -s /etc/passwd ${{outputs.out}}/link; echo early > ${{outputs.out}}/sub/early.txt; ' +
          'until [ -e ${{inputs.shared}}/go ]; do sleep 0.05; done; rm ${{outputs.out}}/sub/early.txt; ' +
          'echo late > ${{outputs.out}}/late.txt; echo single > ${{outputs.single}}',
        {
          inputs: [
            { name: 'shared', type: 'uri_folder', mode: 'rw_mount', value: 'azureml://x', source: at('shared/') },
          ],
          outputs: [
            { name: 'out', type: 'uri_folder', mode: 'rw_mount', target: at('azureml/mounted/out/') },
            { name: 'single', type: 'uri_file', mode: 'rw_mount', target: at('azureml/mounted/single') },
          ],
        },
      )
      await engine.submit(spec)
      await eventually(async () =>
        (await bench.textAt('azureml/mounted/out/sub/early.txt').catch(() => '')) === 'early\n' ? true : undefined,
      )
      await eventually(async () => ((await bench.blobs.info(at('shared/old.txt'))) ? undefined : true))
      assert.equal((await engine.observe(spec.id))?.status, 'Running')
      const { work } = jobFolder(join(bench.directory, 'jobs'), spec.id)
      await writeFile(join(work, 'cap/data-capability/wd/INPUT_shared/go'), '')
      assert.equal((await reaches(engine, spec.id, ...ended)).status, 'Completed', await log('mounted'))
      const names = async (path: string) => (await bench.blobs.list(at(path))).items.map(({ name }) => name)
      assert.deepEqual(await names('shared/'), ['shared/go', 'shared/keep.txt', 'shared/new.txt'])
      assert.deepEqual(await names('azureml/mounted/'), ['azureml/mounted/out/late.txt', 'azureml/mounted/single'])
    })

    test('an output that the job writes itself is its URI, and nothing is stored for it', async () => {
      const spec = job('direct', 'echo ${{outputs.own}} $AZURE_ML_OUTPUT_own', {
        outputs: [{ name: 'own', type: 'uri_folder', mode: 'direct', target: at('own/'), uri: 'azureml://own/' }],
      })
      await engine.submit(spec)
      assert.equal((await reaches(engine, spec.id, ...ended)).status, 'Completed', await log('direct'))
      assert.equal(await log('direct'), 'azureml://own/ azureml://own/\n')
      const system = await bench.textAt('ExperimentRun/dcid.direct/system_logs/lifecycler/lifecycler.log')
      assert.doesNotMatch(system, /output own/)
    })

    test('an evaluated table is the folder of the files that it names', async () => {
      await bench.blobs.write(at('table/MLTable'), 'paths:\n  - pattern: ./*.csv\n  - folder: more\n')
      for (const name of ['a.csv', 'b.txt', 'more/c.csv']) await bench.blobs.write(at(`table/${name}`), name)
      const spec = job('table', 'cd ${{inputs.t}} && find . -type f | sort', {
        inputs: [{ name: 't', type: 'mltable', mode: 'eval_mount', value: 'azureml://x', source: at('table/') }],
      })
      await engine.submit(spec)
      assert.equal((await reaches(engine, spec.id, ...ended)).status, 'Completed', await log('table'))
      assert.equal(await log('table'), './a.csv\n./more/c.csv\n')
    })

    test('what a job links into the place of its outputs is not taken', async () => {
      const spec = job(
        'thief',
        `rmdir outputs; ln -s ${bench.directory} outputs; ln -s /etc/passwd \${{outputs.f}}; true`,
        {
          outputs: [{ name: 'f', type: 'uri_file', mode: 'upload', target: at('stolen/passwd') }],
        },
      )
      await engine.submit(spec)
      assert.equal((await reaches(engine, spec.id, ...ended)).status, 'Completed')
      assert.deepEqual((await bench.blobs.list(at('ExperimentRun/dcid.thief/outputs'))).items, [])
      assert.equal(await bench.blobs.info(at('stolen/passwd')), undefined)
    })

    test('what the job installs changes nothing for the next one', async () => {
      const install = job(
        'install',
        'mkdir -p pkg/lazuli_probe && touch pkg/lazuli_probe/__init__.py && cd pkg && ' +
          `printf 'from setuptools import setup\\nsetup(name="lazuli_probe", packages=["lazuli_probe"])' > setup.py && ` +
          'pip install --quiet --no-index --no-build-isolation --no-deps . 2>/dev/null; ' +
          "python -c \"import site, pathlib; p = pathlib.Path(site.getsitepackages()[0]); (p / 'own.py').write_text('x=1')\" && " +
          'cd / && python -c "import own; print(own.__file__)"',
      )
      await engine.submit(install)
      assert.equal((await reaches(engine, install.id, ...ended)).status, 'Completed', await log('install'))
      const next = job('next', 'pip --version && python -c "import own"')
      await engine.submit(next)
      assert.equal((await reaches(engine, next.id, ...ended)).status, 'Failed')
      assert.match(await log('next'), /^pip .*ModuleNotFoundError: No module named 'own'/s)
    })

    test('a finished job leaves no file that holds its tokens', async () => {
      const spec = job('secret', 'true', { variables: { MLFLOW_TRACKING_TOKEN: 'very-secret-token' } })
      await engine.submit(spec)
      await reaches(engine, spec.id, 'Completed')
      const folder = jobFolder(join(bench.directory, 'jobs'), spec.id)
      await eventually(async () => ((await readdir(folder.root)).length === 1 ? true : undefined))
      assert.doesNotMatch(await readFile(folder.journal, 'utf8'), /very-secret/)
    })
  })

describe('what the local engine refuses', () => {
  let bench: Bench
  let engine: ComputeEngine
  before(async () => {
    bench = await openBench()
    engine = await bench.engine()
    await engine.applyPool(pool())
    await bench.blobs.write(at('data/in.csv'), 'a\n')
  })
  after(() => bench.close())

  for (const { name, more, says } of [
    {
      name: 'an image that nobody here knows',
      more: { environment: { id: 'e', image: 'nvcr.io/nvidia/pytorch:24.01', variables: {} } },
      says: /nvcr\.io\/nvidia\/pytorch:24\.01 is not among those that are known/,
    },
    {
      name: 'a Python that is not on the machine',
      more: { environment: { id: 'e', image: 'python:3.99-slim', variables: {} } },
      says: /python=3\.99 is not on this machine/,
    },
    {
      name: 'a blank that stands for nothing',
      more: { command: 'echo ${{inputs.gone}}' },
      says: /names \$\{\{inputs\.gone\}\}/,
    },
    {
      name: 'an input that is not there',
      more: {
        inputs: [{ name: 'd', type: 'uri_file', mode: 'download', value: 'azureml://gone', source: at('gone') }],
      },
      says: /azureml:\/\/gone/,
    },
    {
      name: 'an input whose name leads out of its folder',
      more: {
        inputs: [{ name: '../../x', type: 'uri_file', mode: 'download', value: 'v', source: at('data/in.csv') }],
      },
      says: /no valid name/,
    },
    {
      name: 'a table to evaluate that is none',
      more: { inputs: [{ name: 'd', type: 'mltable', mode: 'eval_mount', value: 'v', source: at('data/') }] },
      says: /there is no file MLTable/,
    },
  ] as const)
    test(`a job fails clearly on ${name}`, async () => {
      const spec = job(`refused ${name}`, 'true', more)
      await engine.submit(spec)
      const seen = await reaches(engine, spec.id, ...ended)
      assert.equal(seen.status, 'Failed')
      assert.match(seen.error?.message ?? '', says)
    })
})

/** How many processes of the machine have this name as their first argument. */
async function withName(name: string): Promise<number> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter((line) => line.startsWith(`${name}\0`)).length
}
