/**
 * `npm run test:examples [-- SET…]`: Microsoft's examples, which are not part of this repository, against a server of its
 * own. EXAMPLES_REPO names a work tree of Azure/azureml-examples. What runs them is the folder `../shared/examples` beside
 * this checkout (load_datasets.py, run_example.py and its sets), or the one that EXAMPLES_RUNNER names; the Python and the
 * az that it needs are made here, unless RUNNER_PYTHON and REAL_AZ name some. Says `N passed, M failed` last.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pythonEnvironment } from '../clients/environment.ts'
import { startServer } from '../support/server.ts'
import { incomplete } from './incomplete.ts'

const root = join(import.meta.dirname, '..', '..')
const { EXAMPLES_REPO: examples, EXAMPLES_RUNNER: runner = join(root, '..', 'shared', 'examples') } = process.env
if (!examples) {
  console.log('EXAMPLES_REPO is not set: no example is run')
  process.exit(0)
}
if (!existsSync(join(examples, 'cli', 'jobs'))) {
  console.error(`${examples} is no work tree of Azure/azureml-examples`)
  process.exit(1)
}
if (!existsSync(join(runner, 'run_example.py'))) {
  console.error(`There is no run_example.py in ${runner}: EXAMPLES_RUNNER names its folder`)
  process.exit(1)
}

const [python, az] = await Promise.all([
  process.env.RUNNER_PYTHON ?? pythonEnvironment(join(runner, 'requirements-runner.txt')),
  process.env.REAL_AZ ?? pythonEnvironment('requirements-az.txt').then((path) => join(dirname(path), 'az')),
])
const folder = mkdtempSync(join(tmpdir(), 'lazuli-examples-'))
const server = await startServer({})
try {
  const sets = process.argv.length > 2 ? process.argv.slice(2) : ['open-set']
  const lines = sets
    .flatMap((set) => readFileSync(existsSync(set) ? set : join(runner, set), 'utf8').split('\n'))
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const lacking = await incomplete(
    examples,
    lines.map((line) => line.split('\t')[0] ?? ''),
  )
  for (const [id, files] of lacking) console.log(`not run, its tree lacks ${files.join(', ')}: ${id}`)
  const complete = join(folder, 'set')
  writeFileSync(complete, lines.filter((line) => !lacking.has(line.split('\t')[0] ?? '')).join('\n'))
  const steps = [['load_datasets.py'], ['run_example.py', '--prereqs'], ['run_example.py', '--sets', complete]]
  for (const [script = '', ...args] of steps) {
    const status = await run(join(runner, script), args)
    process.exitCode = status
    if (status !== 0) break
  }
} finally {
  await server.stop()
  rmSync(folder, { recursive: true })
}

async function run(script: string, args: readonly string[]): Promise<number> {
  const words = ['run', '--data', server.data, '--', python, script, ...args]
  const child = spawn(join(root, 'bin', 'lazuli'), words, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, RUNNER_PYTHON: python, REAL_AZ: az, PYTHONDONTWRITEBYTECODE: '1' },
  })
  const [code] = await once(child, 'exit')
  return typeof code === 'number' ? code : 1
}
