/**
 * `npm run test:clients [-- FLOW…]`: the unmodified clients under `lazuli run`, each flow's `ok` lines counted against
 * the recorded number. Makes its Python and JavaScript environments itself.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { startServer } from '../support/server.ts'
import { javascriptEnvironment, pythonEnvironment } from './environment.ts'
import { type Flow, flows } from './flows.ts'

const here = import.meta.dirname
const root = join(here, '..', '..')

const asked = process.argv.slice(2)
const chosen = flows.filter(
  ({ file }) => asked.length === 0 || file.startsWith('flows/setup') || asked.some((name) => file.includes(name)),
)

console.log('making the Python and JavaScript environments …')
const wantsAz = chosen.some(({ file }) => file.endsWith('.sh') && !file.endsWith('curl.sh'))
const others = [...new Set(chosen.flatMap(({ requirements }) => requirements ?? []))]
const [python, azPython, , pythons] = await timed('environments', () =>
  Promise.all([
    pythonEnvironment('requirements.txt'),
    wantsAz ? pythonEnvironment('requirements-az.txt') : undefined,
    javascriptEnvironment(),
    Promise.all(others.map(async (file) => [file, await pythonEnvironment(file)] as const)),
  ]),
)
const pythonOf = new Map(pythons)
// One image that the flows name asks for Python 3.11: without it a job may run on what the machine has.
const substitute = process.env.LAZULI_ALLOW_SUBSTITUTE ?? (missing('python3.11') ? '1' : '0')
console.log(
  `jobs run on ${substitute === '1' ? 'an interpreter that this machine has in place of the asked one' : 'the interpreter that their image names'}`,
)

const server = await startServer({ env: { LAZULI_ALLOW_SUBSTITUTE: substitute } })
let passed = 0
let failed = 0
try {
  for (const flow of chosen) {
    const { oks, code, seconds } = await run(flow)
    passed += oks
    const short = flow.checks - oks
    if (code === 0 && short <= 0) console.log(`PASS ${nameOf(flow)}: ${oks} checks in ${seconds} s`)
    else {
      failed += Math.max(1, short)
      console.log(`FAIL ${nameOf(flow)}: exit code ${code}, ${oks} of ${flow.checks} recorded checks in ${seconds} s`)
    }
  }
} finally {
  await server.stop()
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1

/** The file, and what its Python has where that is not what all have. */
function nameOf({ file, requirements }: Flow): string {
  return requirements === undefined ? file : `${file} (${requirements})`
}

/** Runs one flow to its end, showing what it says, or until it is stopped after 15 minutes. */
async function run(flow: Flow): Promise<{ oks: number; code: number | string; seconds: string }> {
  console.log(`\n── ${nameOf(flow)}`)
  const start = performance.now()
  const file = join(here, flow.file)
  const command =
    { py: [pythonOf.get(flow.requirements ?? '') ?? python], sh: ['bash'], mjs: [join(root, 'bin', 'node')] }[
      basename(file).split('.')[1] ?? ''
    ] ?? []
  const child = spawn(join(root, 'bin', 'lazuli'), ['run', '--data', server.data, '--', ...command, file], {
    cwd: here,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, JOB_TIMEOUT: '600', PYTHONDONTWRITEBYTECODE: '1', AZ: `${azPython} -m azure.cli` },
  })
  const timer = setTimeout(() => child.kill('SIGTERM'), 900_000)
  let oks = 0
  const lines = createInterface({ input: child.stdout })
  // The last line may be told after its process has closed.
  const read = once(lines, 'close')
  lines.on('line', (line) => {
    // One line a poll, however many polls it takes.
    // The SDK's pollers print dots without an end of line before it.
    const said = line.replace(/^\.+/, '')
    if (said.startsWith('ok   ') && !said.startsWith('ok   job is ')) oks++
    console.log(`  ${line}`)
  })
  createInterface({ input: child.stderr }).on('line', (line) => console.log(`  ! ${line}`))
  const code = await new Promise<number | string>((resolve) => {
    child.once('close', (status, signal) => resolve(status ?? signal ?? 1))
  })
  await read
  clearTimeout(timer)
  return { oks, code, seconds: ((performance.now() - start) / 1000).toFixed(1) }
}

function missing(program: string): boolean {
  return !(process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, program)))
}

async function timed<T>(what: string, action: () => Promise<T>): Promise<T> {
  const start = performance.now()
  const result = await action()
  console.log(`${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`)
  return result
}
