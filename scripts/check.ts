/** `npm run check`: format and lint, types, walls between folders, freshness of generated files. Under a minute. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

interface Step {
  readonly name: string
  readonly command: readonly [string, ...string[]]
}

const steps: readonly Step[] = [
  { name: 'format and lint', command: ['node_modules/.bin/biome', 'check', '--error-on-warnings'] },
  { name: 'types', command: ['node_modules/.bin/tsc', '--noEmit', '-p', '.'] },
  { name: 'walls between folders', command: ['bin/node', '--test', 'test/boundaries.test.ts'] },
  ...generated(),
]

/** Every script that makes a file of the repository knows `--check`: it fails where the file is not what it would make. */
function generated(): Step[] {
  const makers = [{ name: 'docs/coverage.md is fresh', script: 'scripts/coverage.ts' }]
  return makers.map(({ name, script }) => {
    if (!existsSync(join(root, script))) throw new Error(`${script} is missing, so "${name}" can't be checked`)
    return { name, command: ['bin/node', script, '--check'] }
  })
}

let failed = 0
for (const { name, command } of steps) {
  const start = performance.now()
  const { code, output } = await run(command)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`)
  if (code !== 0) {
    failed++
    console.log(output.trimEnd())
  }
}
console.log(failed === 0 ? 'check: all good' : `check: ${failed} of ${steps.length} steps failed`)
process.exitCode = failed === 0 ? 0 : 1

function run([program, ...args]: readonly [string, ...string[]]): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const take = (chunk: Buffer) => {
      output += chunk
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
