import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, describe, test } from 'node:test'
import { eventually } from './test-engine.ts'

/** The driver of parallel jobs as the engine starts it, by itself: `python/parallel` with a plain Python. */
const driver = join(import.meta.dirname, '..', '..', '..', 'python', 'parallel', 'main.py')
const folders: string[] = []
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

interface Try {
  readonly script: string
  /** Files below the input, by path. */
  readonly data?: Readonly<Record<string, string>>
  readonly settings?: object
  /** Name of the input's own file, where it is one. */
  readonly file?: string
  readonly variables?: Readonly<Record<string, string>>
}

const numbers = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`${at}.txt`, `${at}`]))

async function begun({ script, data = numbers(4), settings = {}, file, variables = {} }: Try) {
  const folder = await mkdtemp(join(tmpdir(), 'lazuli-parallel-'))
  folders.push(folder)
  await mkdir(join(folder, 'wd'))
  await mkdir(join(folder, 'tmp'))
  await mkdir(join(folder, 'data'))
  for (const [path, content] of Object.entries(data)) {
    await mkdir(dirname(join(folder, 'data', path)), { recursive: true })
    await writeFile(join(folder, 'data', path), content)
  }
  await writeFile(join(folder, 'wd', 'score.py'), script)
  const child = spawn('python3', ['-B', driver], {
    cwd: join(folder, 'wd'),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      TMPDIR: join(folder, 'tmp'),
      AZURE_ML_INPUT_data: file ? join(folder, 'data', file) : join(folder, 'data'),
      AZURE_ML_INPUT_word: 'two words',
      AZURE_ML_OUTPUT_out: join(folder, 'out.txt'),
      AZURE_ML_OUTPUT_all: join(folder, 'all'),
      LAZULI_DRIVER_SETTINGS: JSON.stringify({
        input: 'data',
        inputType: file ? 'uri_file' : 'uri_folder',
        instanceCount: 1,
        maxConcurrencyPerInstance: 2,
        entryScript: 'score.py',
        appendRowTo: 'out',
        outputs: { out: 'uri_file', all: 'uri_folder' },
        ...settings,
      }),
      ...variables,
    },
  })
  const read = (path: string) => readFile(join(folder, path), 'utf8')
  const said = Promise.all([text(child.stdout), text(child.stderr)])
  return { child, folder, read, said, ended: ended(child) }
}

const ended = (child: ChildProcess) => new Promise<number | null>((done) => child.once('exit', (code) => done(code)))

async function run(what: Try) {
  const { read, said, ended } = await begun(what)
  const code = await ended
  const [out, err] = await said
  assert.equal(err, '')
  return { code, out, read, rows: async () => (await read('out.txt')).split('\n').filter(Boolean).toSorted() }
}

const ECHO = 'def run(batch):\n    return [open(each).read() for each in batch]\n'
const COUNT = 'import json\ndef run(batch):\n    return [json.dumps([len(batch)])] * len(batch)\n'
const overview =
  /Mini-batches: (\d+) created, (\d+) processed, (\d+) failed, (\d+) tried again\nItems: (\d+) in all, (\d+) processed, (\d+) failed/
const counts = (text: string) => (overview.exec(text) ?? []).slice(1).map(Number)

describe('the driver of parallel jobs', () => {
  test('gives every item to run() once, appends what it returns, and says how much that was', async () => {
    const { code, rows, read, out } = await run({
      script: ECHO,
      data: numbers(23),
      settings: { miniBatchSize: { amount: 5, unit: '' } },
    })
    assert.equal(code, 0, out)
    assert.deepEqual(await rows(), Object.values(numbers(23)).toSorted())
    const progress = await read('wd/logs/job_progress_overview.txt')
    assert.match(progress, /The job succeeded/)
    assert.deepEqual(counts(progress), [5, 5, 0, 0, 23, 23, 0])
    assert.match(out, /5 mini-batches of 23 items; 2 worker processes/)
  })

  for (const { name, data, settings, batches } of [
    { name: 'number of files, ten where nothing is said', data: numbers(12), settings: {}, batches: [10, 2] },
    {
      name: 'size of files',
      data: { 'a.txt': 'x'.repeat(60), 'b.txt': 'x'.repeat(60), 'c/d.txt': 'x'.repeat(30) },
      settings: { miniBatchSize: { amount: 100, unit: 'bytes' } },
      batches: [1, 2],
    },
    {
      name: 'partition keys of folders',
      data: { 'Store=1/a': '', 'Store=1/b': '', 'Store=2/c': '' },
      settings: { partitionKeys: ['Store'] },
      batches: [2, 1],
    },
    {
      name: 'an MLTable of files',
      data: {
        MLTable: "paths:\n  - pattern: ./*.txt  # these\n  - file: 'sub/x.bin'\n",
        'a.txt': '',
        'b.txt': '',
        'sub/x.bin': '',
        'no.csv': '',
      },
      settings: { inputType: 'mltable', miniBatchSize: { amount: 2, unit: '' } },
      batches: [2, 1],
    },
    {
      name: 'partition keys of an MLTable',
      data: {
        MLTable:
          'type: mltable\npaths: [{pattern: ./*/*/*.txt}]\ntransformations:\n- extract_columns_from_partition_format:\n    partition_format: "/{Store}/{Brand}/*.txt"\n',
        '1/x/a.txt': '',
        '1/y/a.txt': '',
        '1/x/b.txt': '',
      },
      settings: { inputType: 'mltable', partitionKeys: ['Store', 'Brand'] },
      batches: [2, 1],
    },
  ])
    test(`splits by ${name}`, async () => {
      const { code, rows, out } = await run({ script: COUNT, data, settings })
      assert.equal(code, 0, out)
      const wanted = batches.flatMap((length) => Array.from({ length }, () => `[${length}]`))
      assert.deepEqual(await rows(), wanted.toSorted())
    })

  for (const { errorThreshold, code, counted } of [
    { errorThreshold: -1, code: 0, counted: [2, 2, 0, 0, 3, 3, 0] },
    { errorThreshold: 5, code: 1, counted: undefined },
  ])
    test(`by keys, a run() that returns nothing is ${code === 0 ? 'done' : 'short'} with an error_threshold of ${errorThreshold}`, async () => {
      const { read, ...ended } = await run({
        script: 'def run(batch):\n    return []\n',
        data: { 'Store=1/a': '', 'Store=1/b': '', 'Store=2/c': '' },
        settings: { partitionKeys: ['Store'], errorThreshold, miniBatchErrorThreshold: 0 },
      })
      assert.equal(ended.code, code, ended.out)
      if (counted) assert.deepEqual(counts(await read('wd/logs/job_progress_overview.txt')), counted)
    })

  test('tells the script its arguments, its mini-batch, and where it may write', async () => {
    const script = `
import os, sys
from azureml_user.parallel_run import EntryScript
def init():
    EntryScript().logger.info("begun")
def run(batch, context):
    script = EntryScript()
    with open(os.path.join(script.output_dir, "%d.txt" % context.minibatch_index), "w") as file:
        file.write(repr(context.partition_key_value))
    script.logger.debug("debug")
    print("printed", script.agent_name)
    return [" ".join(sys.argv)] * len(batch)
def shutdown():
    EntryScript().logger.info("ended")
`
    const { code, rows, read, out } = await run({
      script,
      data: { 'Store=7/a': '' },
      settings: {
        partitionKeys: ['Store'],
        appendRowTo: 'all',
        programArguments:
          '--word "${{inputs.word}}" --append_row_file_name rows.csv --out ${{outputs.all}} $[[--no ${{inputs.none}}]]',
      },
    })
    assert.equal(code, 0, out)
    assert.match(
      await read('all/rows.csv'),
      /^score.py --word two words --append_row_file_name rows.csv --out \S+\/all\n$/,
    )
    assert.equal(await read('all/0.txt'), "{'Store': '7'}")
    const log = await read('wd/logs/user/entry_script_log/0/process000.log.txt')
    assert.match(log, /INFO\|begun[\s\S]*INFO\|ended/)
    assert.doesNotMatch(log, /debug/)
    assert.equal(await read('wd/logs/user/stdout/0/process000.stdout.txt'), 'printed process000\n')
    await assert.rejects(rows())
  })

  test('tries a mini-batch again on another process where its own dies, and leaves no half of it', async () => {
    const script = `
import os
def run(batch):
    marker = batch[0] + ".tried"
    if batch[0].endswith("0.txt") and not os.path.exists(marker):
        open(marker, "w").close()
        os.kill(os.getpid(), 9)
    return [open(each).read() for each in batch]
`
    const { code, rows, read, out } = await run({ script, settings: { miniBatchSize: { amount: 2, unit: '' } } })
    assert.equal(code, 0, out)
    assert.deepEqual(await rows(), ['0', '1', '2', '3'])
    assert.match(out, /mini-batch 0, try 1 of 3: its worker process was lost: it was killed by signal 9/)
    assert.deepEqual(counts(await read('wd/logs/job_progress_overview.txt')), [2, 2, 0, 1, 4, 4, 0])
  })

  for (const { name, script, settings, code, says, counted } of [
    {
      name: 'lets everything fail where no threshold is set',
      script: 'def run(batch):\n    raise ValueError("bad data")\n',
      settings: { maxRetries: 0 },
      code: 0,
      says: /try 1 of 1: ValueError: bad data/,
      counted: [4, 0, 4, 0, 4, 0, 4],
    },
    {
      name: 'fails with more mini-batches failed than allowed, after its retries',
      script: 'def run(batch):\n    raise ValueError("bad data")\n',
      settings: { maxRetries: 1, miniBatchErrorThreshold: 1, maxConcurrencyPerInstance: 1 },
      code: 1,
      says: /try 2 of 2: ValueError: bad data[\s\S]*failed: 2 mini-batches have failed, and mini_batch_error_threshold allows 1/,
      counted: undefined,
    },
    {
      name: 'counts items that run() did not return, and fails above the threshold',
      script: 'def run(batch):\n    return []\n',
      settings: { errorThreshold: 2, maxConcurrencyPerInstance: 1 },
      code: 1,
      says: /3 items have failed, and error_threshold allows 2/,
      counted: [4, 0, 3, 0, 4, 0, 3],
    },
    {
      name: 'takes the threshold among the program’s arguments before its own',
      script: 'def run(batch):\n    return []\n',
      settings: { errorThreshold: 0, programArguments: '--error_threshold 100 --mini_batch_error_threshold -1' },
      code: 0,
      says: /run\(\) returned 0 of 1 items/,
      counted: [4, 0, 4, 0, 4, 0, 4],
    },
    {
      name: 'fails with a greater part failed than allowed_failed_percent',
      script: 'def run(batch):\n    return []\n',
      settings: { programArguments: '--allowed_failed_percent 30', maxConcurrencyPerInstance: 1 },
      code: 1,
      says: /50 % of the mini-batches have failed, and allowed_failed_percent allows 30/,
      counted: [4, 0, 2, 0, 4, 0, 2],
    },
    {
      name: 'stops a run() that takes too long, with what it started, and tries it again',
      script: 'import time, subprocess\ndef run(batch):\n    subprocess.run(["sleep", "300"])\n',
      settings: { maxRetries: 0, programArguments: '--run_invocation_timeout 0.3', miniBatchErrorThreshold: 0 },
      code: 1,
      says: /run\(\) has not returned within its timeout of 0.3 seconds/,
      counted: undefined,
    },
    {
      name: 'fails where init() fails, with its words',
      script: 'def init():\n    raise RuntimeError("no model")\ndef run(batch):\n    return batch\n',
      settings: {},
      code: 1,
      says: /The parallel job failed: The entry script could not be started: RuntimeError: no model\n$/,
      counted: [4, 0, 0, 0, 4, 0, 0],
    },
    {
      name: 'fails where its processes die in init()',
      script: 'import os\ndef init():\n    os._exit(9)\ndef run(batch):\n    return batch\n',
      settings: {},
      code: 1,
      says: /die before init\(\) is through: it exited with status 9/,
      counted: undefined,
    },
    {
      name: 'fails where shutdown() fails, though everything was processed',
      script: 'def run(batch):\n    return batch\ndef shutdown():\n    raise IOError("not flushed")\n',
      settings: {},
      code: 1,
      says: /shutdown\(\) failed: OSError: not flushed/,
      counted: [4, 4, 0, 0, 4, 4, 0],
    },
    {
      name: 'fails where no mini-batch ends in time',
      script: 'import time\ndef run(batch):\n    time.sleep(300)\n',
      settings: { programArguments: '--progress_update_timeout 0.5' },
      code: 1,
      says: /No mini-batch has ended within progress_update_timeout, 0.5 seconds/,
      counted: undefined,
    },
    {
      name: 'fails where the first mini-batch does not begin in time',
      script: 'import time\ndef init():\n    time.sleep(300)\ndef run(batch):\n    return batch\n',
      settings: { programArguments: '--first_task_creation_timeout 0.5' },
      code: 1,
      says: /first_task_creation_timeout, 0.5 seconds/,
      counted: undefined,
    },
    {
      name: 'takes no text for a list',
      script: 'def run(batch):\n    return "abc"\n',
      settings: { maxRetries: 0, miniBatchErrorThreshold: 0 },
      code: 1,
      says: /run\(\) must return a list or a pandas DataFrame; it returned str/,
      counted: undefined,
    },
    {
      name: 'says what it does not honour',
      script: ECHO,
      settings: { programArguments: '--copy_logs_to_parent True' },
      code: 0,
      says: /WARNING: --copy_logs_to_parent is not honoured here/,
      counted: [4, 4, 0, 0, 4, 4, 0],
    },
  ])
    test(name, async () => {
      const done = await run({ script, settings: { miniBatchSize: { amount: 1, unit: '' }, ...settings } })
      assert.equal(done.code, code, done.out)
      assert.match(done.out, says)
      if (counted) assert.deepEqual(counts(await done.read('wd/logs/job_progress_overview.txt')), counted)
      if (code === 1) assert.match(await done.read('wd/logs/user/error.txt'), /./)
    })

  for (const { name, says, ...what } of [
    { name: 'an empty folder', data: {}, says: /The input 'data' has nothing to process/ },
    {
      name: 'a script outside its code',
      settings: { entryScript: '../score.py' },
      says: /lies outside the job's code/,
    },
    { name: 'a script that is not there', settings: { entryScript: 'x.py' }, says: /'x.py' is not in the job's code/ },
    {
      name: 'a number out of its range',
      settings: { programArguments: '--allowed_failed_percent 101' },
      says: /program_arguments: argument --allowed_failed_percent: '101' is not from 0 to 100/,
    },
    {
      name: 'an argument that names what is not there',
      settings: { programArguments: '--x ${{inputs.none}}' },
      says: /program_arguments names \$\{\{inputs.none\}\}, which the job does not have/,
    },
    {
      name: 'keys that paths do not give',
      settings: { partitionKeys: ['Store'] },
      says: /gives no value for the partition key 'Store'/,
    },
    {
      name: 'an mltable without its file',
      settings: { inputType: 'mltable' },
      says: /its folder has no file 'MLTable'/,
    },
    {
      name: 'a table elsewhere',
      data: { MLTable: 'paths:\n- file: azureml://datastores/x/paths/y\n' },
      settings: { inputType: 'mltable' },
      says: /lies outside the input/,
    },
    {
      name: 'a transformation that is not offered',
      data: {
        MLTable: 'paths:\n- file: a.csv\ntransformations:\n- read_delimited:\n    delimiter: ","\n- filter: "x"\n',
        'a.csv': '',
      },
      settings: { inputType: 'mltable' },
      says: /the transformation 'filter' is not offered here/,
    },
    {
      name: 'a table without pandas',
      data: {
        MLTable: 'paths:\n- file: a.csv\ntransformations:\n- read_delimited:\n    delimiter: ","\n',
        'a.csv': 'a,b\n1,2\n',
      },
      settings: { inputType: 'mltable' },
      variables: { PYTHONPATH: '/nowhere', PYTHONNOUSERSITE: '1' },
      says: /the job's environment has no pandas/,
    },
    {
      name: 'rows of files',
      settings: { miniBatchSize: { amount: 3, unit: 'rows' } },
      says: /a number of rows, and the input is no table/,
    },
    {
      name: 'a file that can’t be cut by size',
      data: { 'a.bin': 'x' },
      file: 'a.bin',
      settings: { miniBatchSize: { amount: 3, unit: 'bytes' } },
      says: /'a.bin', which can't be split by size/,
    },
  ] as const)
    test(`refuses ${name}`, async () => {
      const done = await run({ script: ECHO, ...what })
      assert.equal(done.code, 1, done.out)
      assert.match(done.out, /The parallel job failed: /)
      assert.match(done.out, says)
    })

  test('that is killed takes its processes along', async () => {
    const script =
      'import os, time\ndef run(batch):\n    open(batch[0] + ".pid", "w").write(str(os.getpid()))\n    time.sleep(300)\n'
    const { child, folder, ended, said } = await begun({ script, data: numbers(1) })
    const path = join(folder, 'data', '0.txt.pid')
    const pid = await eventually(async () => (existsSync(path) && Number(await readFile(path, 'utf8'))) || undefined)
    child.kill('SIGKILL')
    await ended
    await said
    await eventually(() => (existsSync(`/proc/${pid}/fd`) && existsSync(`/proc/${pid}/exe`) ? undefined : true))
  })
})
