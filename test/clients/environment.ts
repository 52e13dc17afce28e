import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { readFile, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const here = import.meta.dirname
const root = join(here, '..', '..')

/**
 * Makes the Python environment of a file of requirements (one of this folder, or by its path) below the checkout's
 * `.venvs`, named after the file's content and the interpreter, and answers its python. Made aside and renamed, so that a
 * broken build is never taken for one.
 */
export async function pythonEnvironment(file: string): Promise<string> {
  const requirements = resolve(here, file)
  const { stdout: version } = await execute('python3', ['-c', 'import platform; print(platform.python_version())'])
  const key = createHash('sha256')
    .update(await readFile(requirements))
    .update(version)
    .digest('hex')
    .slice(0, 12)
  const folder = join(root, '.venvs', `clients-${key}`)
  const python = join(folder, 'bin', 'python')
  if (existsSync(python)) return python

  const making = `${folder}.making`
  await rm(making, { recursive: true, force: true })
  const options = { maxBuffer: 64 << 20 }
  if (await has('uv')) {
    await execute('uv', ['venv', '--quiet', '--relocatable', '--python', 'python3', making], options)
    await execute(
      'uv',
      ['pip', 'install', '--quiet', '--python', join(making, 'bin', 'python'), '-r', requirements],
      options,
    )
  } else {
    await execute('python3', ['-m', 'venv', making], options)
    await execute(join(making, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '-r', requirements], options)
  }
  await rename(making, folder)
  return python
}

/** Installs what `js/package-lock.json` names, once. */
export async function javascriptEnvironment(): Promise<void> {
  const folder = join(here, 'js')
  const wished = readFileSync(join(folder, 'package-lock.json'))
  // As `scripts/setup`: what was installed by an older lock file is installed anew.
  const installed = join(folder, 'node_modules', '.installed-lock.json')
  if (existsSync(installed) && readFileSync(installed).equals(wished)) return
  await execute('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, maxBuffer: 64 << 20 })
  writeFileSync(installed, wished)
}

async function has(program: string): Promise<boolean> {
  try {
    await execute(program, ['--version'])
    return true
  } catch {
    return false
  }
}
