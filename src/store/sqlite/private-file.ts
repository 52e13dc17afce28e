import { closeSync, openSync } from 'node:fs'

/**
 * Makes an empty file for its owner alone, if it is not there: SQLite's own companions of it take over the mode.
 *
 * A file that is there is not touched: closing any descriptor of it would drop this process's locks on it (POSIX).
 */
export function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}
