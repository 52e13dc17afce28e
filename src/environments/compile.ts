import { type ChildProcess, spawn } from 'node:child_process'
import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuiltEnvironment, Confine } from './environments.ts'
import { isSystem } from './stored.ts'

/** Compiles environments to bytecode beside the jobs that already use them. */
export interface Compiler {
  /** Begins with an environment, unless that was done. */
  begin(environment: BuiltEnvironment): void
  stop(): Promise<void>
}

/**
 * Jobs see their environment read-only, so none of them can keep the bytecode it makes: importing mlflow would cost each
 * job seconds. Compiling everything costs more than the first job's import, so the build doesn't wait for it either;
 * it goes on at the lowest priority, and what is not compiled yet is only slower.
 */
export function backgroundCompiler(confine: Confine): Compiler {
  const begun = new Set<string>()
  const running = new Set<ChildProcess>()
  return {
    begin(environment) {
      if (begun.has(environment.directory)) return
      begun.add(environment.directory)
      void compile(environment)
    },
    async stop() {
      await Promise.all(
        [...running].map((child) => {
          const ended = new Promise((resolve) => child.once('close', resolve))
          child.kill('SIGKILL')
          return ended
        }),
      )
    },
  }

  async function compile({ directory, sitePackages, interpreter }: BuiltEnvironment): Promise<void> {
    const mark = join(directory, '.compiled')
    const done = await access(mark).then(
      () => true,
      () => false,
    )
    if (done) return
    const [program = '', ...args] = confine({
      command: ['/usr/bin/nice', '-n', '19', join(directory, 'bin', 'python'), '-m', 'compileall', '-q', sitePackages],
      cwd: directory,
      readable: isSystem(interpreter.prefix) ? [] : [interpreter.prefix],
      writable: [{ source: directory, target: directory }],
    })
    const child = spawn(program, args, { cwd: directory, stdio: 'ignore', env: { PATH: '/usr/bin:/bin' } })
    running.add(child)
    child.unref()
    child.once('error', () => running.delete(child))
    child.once('close', (code, signal) => {
      running.delete(child)
      // Status 1 means that some file is no Python of this version (a template, say), which is nobody's error.
      if (signal === null && (code === 0 || code === 1)) void writeFile(mark, '').catch(() => undefined)
    })
  }
}
