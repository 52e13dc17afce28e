/**
 * `npm test [-- FILE…]`: node's own runner over every test of the tree except the suites with commands of their own
 * (clients, faults, isolation, parity). Prints node's TAP summary last, and fails when a test failed or when none ran.
 */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const root = join(import.meta.dirname, '..')
const own = ['test/clients/', 'test/faults/', 'test/isolation', 'test/environments', 'test/parity/']

const asked = process.argv.slice(2)
const files = asked.length > 0 ? asked : globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], { cwd: root })
const chosen = asked.length > 0 ? asked : files.filter((file) => !own.some((prefix) => file.startsWith(prefix))).sort()
if (chosen.length === 0) {
  console.log('no test file was found')
  process.exit(1)
}

// Two at a time: end-to-end files start a server each, and the machine that CI grants has two cores.
const child = spawn(
  join(root, 'bin/node'),
  [
    '--test',
    '--test-concurrency=2',
    '--test-timeout=300000',
    '--test-reporter=spec',
    '--test-reporter-destination=stderr',
  ]
    .concat('--test-reporter=tap', '--test-reporter-destination=stdout')
    .concat(chosen),
  { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_ENV: 'test' }, detached: true },
)

// A test that leaves something running keeps its file from ending: that is a failure, and not an endless wait.
const watchdog = setTimeout(() => {
  console.log('the tests are not over after 15 minutes: ended')
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
}, 900_000)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    if (child.pid !== undefined) process.kill(-child.pid, signal)
  })
}

const counts: Record<string, number> = {}
for await (const line of createInterface({ input: child.stdout })) {
  const found = /^# (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/.exec(line)
  if (found?.[1]) counts[found[1]] = Number(found[2])
}
const code = await new Promise<number>((resolve) => {
  if (child.exitCode !== null) resolve(child.exitCode)
  else child.once('close', (status) => resolve(status ?? 1))
})
clearTimeout(watchdog)
for (const [name, count] of Object.entries(counts)) console.log(`# ${name} ${count}`)
if (!counts.tests || !counts.pass) {
  console.log('no test ran')
  process.exit(1)
}
process.exit(code)
