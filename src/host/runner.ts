import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const runner = fileURLToPath(new URL('../../python/runner.py', import.meta.url))

/**
 * Starts the detached runner of a folder that holds a launch.json. It may be started again when nobody knows whether the
 * first one lives: a lock in the folder lets only one of them work.
 */
export function startRunner(interpreter: string, folder: string, failed: (error: Error) => void): void {
  const child = spawn(interpreter, ['-I', '-S', runner, folder], {
    detached: true,
    stdio: 'ignore',
    cwd: folder,
    env: {},
  })
  child.once('error', failed)
  child.unref()
}
