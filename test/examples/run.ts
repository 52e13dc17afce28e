/**
 * `npm run test:examples [-- SET]`: Microsoft's examples, which are not part of this repository, against a server of its
 * own. EXAMPLES_REPO names a work tree of Azure/azureml-examples, EXAMPLES_RUNNER the folder of load_datasets.py and
 * run_example.py with its sets, RUNNER_PYTHON a Python with the clients that they need, REAL_AZ the az of azure-cli.
 * Says `N passed, M failed` last, as the runner does.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { startServer } from '../support/server.ts'

const { EXAMPLES_REPO: examples, EXAMPLES_RUNNER: runner, RUNNER_PYTHON: python = 'python3' } = process.env
if (!examples || !runner) {
  console.log('EXAMPLES_REPO and EXAMPLES_RUNNER are not set: no example is run')
  process.exit(examples ? 1 : 0)
}

const lazuli = join(import.meta.dirname, '..', '..', 'bin', 'lazuli')
const server = await startServer({})
try {
  const set = process.argv[2] ?? 'open-set'
  const steps = [['load_datasets.py'], ['run_example.py', '--prereqs'], ['run_example.py', '--sets', set]]
  for (const [script = '', ...args] of steps) {
    const status = await run(join(runner, script), args)
    process.exitCode = status
    if (status !== 0) break
  }
} finally {
  await server.stop()
}

async function run(script: string, args: readonly string[]): Promise<number> {
  const words = ['run', '--data', server.data, '--', python, script, ...args]
  const child = spawn(lazuli, words, { stdio: ['ignore', 'inherit', 'inherit'] })
  const [code] = await once(child, 'exit')
  return typeof code === 'number' ? code : 1
}
