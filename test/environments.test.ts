import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { EnvironmentBuildFailed, type Environments, pythonEnvironments } from '../src/environments/environments.ts'
import { images } from '../src/environments/images.ts'
import { userPackageIndex } from '../src/environments/package-index.ts'
import { findSandbox } from '../src/host/sandbox.ts'

/** `LAZULI_ALLOW_SUBSTITUTE=1`: rows whose Python is missing here are built with another one, and say so. */
const allowSubstitute = (process.env.LAZULI_ALLOW_SUBSTITUTE ?? '') !== ''

describe('every image of the table', { concurrency: false }, () => {
  let directory: string
  let environments: Environments
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lazuli-images-'))
    environments = pythonEnvironments({
      directory: join(directory, 'environments'),
      tools: join(directory, 'tools'),
      allowSubstitute,
      index: userPackageIndex(process.env),
      confine: findSandbox({ directory }).wrap,
    })
  })
  after(async () => {
    await environments.stop()
    await rm(directory, { recursive: true, force: true })
  })

  for (const row of images)
    test(`${row.example} has ${row.imports.join(', ')}`, { timeout: 900_000 }, async (context) => {
      let log = ''
      const environment = await environments
        .ensure({ id: row.example, image: row.example, variables: {} }, (text) => {
          log += text
        })
        .catch((error: unknown) => {
          const hint =
            error instanceof EnvironmentBuildFailed && !allowSubstitute
              ? ' (LAZULI_ALLOW_SUBSTITUTE=1 substitutes)'
              : ''
          throw new Error(`${error instanceof Error ? error.message : error}${hint}\n${log}`)
        })
      for (const note of environment.notes) context.diagnostic(note)
      const python = join(environment.directory, 'bin', 'python')
      const script = `import ${row.imports.join(', ')}, sys; print('%d.%d' % sys.version_info[:2])`
      const { stdout } = await promisify(execFile)(python, ['-c', script])
      const wanted = environment.notes.some((note) => note.startsWith('SUBSTITUTED')) ? undefined : row.python
      if (wanted && !wanted.includes('$')) assert.equal(stdout.trim().split('\n').at(-1), wanted)
    })
})
