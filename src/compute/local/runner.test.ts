import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const runner = fileURLToPath(new URL('../../../python/runner.py', import.meta.url))
const run = promisify(execFile)

describe('the runner alone', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lazuli-runner-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const launch = (more: object) =>
    writeFile(
      join(folder, 'launch.json'),
      JSON.stringify({ cwd: '/', environment: { PATH: '/usr/bin:/bin' }, sandboxed: false, graceSeconds: 1, ...more }),
    )
  const start = () => run('python3', ['-I', '-S', runner, folder])
  const exit = async () => JSON.parse(await readFile(join(folder, 'exit.json'), 'utf8'))
  const output = () => readFile(join(folder, 'std_log.txt'), 'utf8')

  test('two of them on one folder run the job once', async () => {
    await launch({ command: ['/bin/sh', '-c', 'echo once; sleep 0.3; exit 5'] })
    await Promise.all([start(), start()])
    await start()
    assert.equal(await output(), 'once\n')
    assert.equal((await exit()).code, 5)
  })

  test('a program that is not there is a failure to start, in words', async () => {
    await launch({ command: ['/no/such/program'] })
    await start()
    assert.match((await exit()).failure, /No such file or directory/)
  })

  test('a sandbox that can’t start is told apart from a job that fails', async () => {
    await launch({ command: ['/bin/sh', '-c', 'echo "bwrap: no permission" >&2; exit 1'], sandboxed: true })
    await start()
    const seen = await exit()
    assert.equal(seen.failure, 'the sandbox did not start')
  })

  test('a job that was cancelled before it began never begins', async () => {
    await launch({ command: ['/bin/sh', '-c', 'echo ran'] })
    await writeFile(join(folder, 'cancel'), '{}')
    await start()
    assert.equal((await exit()).reason, 'cancel')
    await assert.rejects(output(), /ENOENT/)
  })

  test('the address space is limited where no cgroup can do it', async () => {
    await launch({ command: ['/bin/sh', '-c', 'ulimit -v; ulimit -c'], addressSpaceBytes: 2 ** 30 })
    await start()
    assert.equal(await output(), `${2 ** 20}\n0\n`)
  })

  test('what the job orphaned is gone when its end is told', async () => {
    await launch({ command: ['/bin/sh', '-c', 'setsid sleep 300 & echo $!'] })
    await start()
    const pid = Number(await output())
    assert.throws(() => process.kill(pid, 0), /ESRCH/)
    assert.equal((await exit()).code, 0)
  })
})
