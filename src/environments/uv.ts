import { execFile } from 'node:child_process'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Interpreter } from './interpreters.ts'
import type { PackageIndex } from './package-index.ts'

/** The uv that environments are built with; its wheel ships the binary. */
export const uvVersion = '0.13.9'

/**
 * The program, installed once into the tools folder; undefined where it can't be had, so that pip does the work.
 */
export async function uvProgram(options: {
  readonly tools: string
  readonly interpreter: Interpreter
  readonly index: PackageIndex
  readonly tell: (text: string) => void
}): Promise<string | undefined> {
  const { tools, interpreter, index, tell } = options
  const folder = join(tools, `uv-${uvVersion}`)
  const program = join(folder, 'bin', 'uv')
  if (await exists(program)) return program
  const temporary = `${folder}.${process.pid}`
  tell(`installing uv ${uvVersion}\n`)
  try {
    await mkdir(tools, { recursive: true, mode: 0o755 })
    await withPip(interpreter, temporary, index)
    await rename(temporary, folder).catch(async (error: unknown) => {
      // A build beside this one was first.
      if (!(await exists(program))) throw error
    })
    return program
  } catch (error) {
    tell(
      `uv can't be installed, pip is used instead: ${error instanceof Error ? error.message.slice(0, 500) : error}\n`,
    )
    return undefined
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

async function withPip(interpreter: Interpreter, target: string, index: PackageIndex): Promise<void> {
  const run = promisify(execFile)
  const env = { PATH: index.searchPath, HOME: homedir(), ...index.network, ...index.pip }
  const install = ['-m', 'pip', 'install', '--quiet', '--no-input', '--no-deps', '--target', target, `uv==${uvVersion}`]
  try {
    await run(interpreter.executable, ['-I', ...install], { env })
  } catch {
    // A system Python often comes without pip; a virtual environment brings one along.
    const venv = `${target}.venv`
    try {
      await run(interpreter.executable, ['-I', '-m', 'venv', venv])
      await run(join(venv, 'bin', 'python'), ['-I', ...install], { env })
    } finally {
      await rm(venv, { recursive: true, force: true })
    }
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
