import { mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { destination, type Logger, multistream, pino, stdTimeFunctions } from 'pino'
import { logPath } from './log-path.ts'

const ROTATE_AT = 20 * 1024 * 1024

/**
 * The server's log: JSON lines in `DATA/logs/server.log`, and what is wrong on standard error too. Written without
 * waiting; `flush` is for the end.
 */
export function openLog(dataDirectory: string, level: string): { readonly log: Logger; flush(): void } {
  const path = logPath(dataDirectory)
  mkdirSync(join(dataDirectory, 'logs'), { recursive: true, mode: 0o700 })
  // One earlier file is kept. Looked at on each start: a server's own log grows by errors, not by requests.
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > ROTATE_AT) renameSync(path, `${path}.1`)
  const file = destination({ dest: path, sync: false, mode: 0o600 })
  const complaints = destination({ dest: 2, sync: true })
  const log = pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    multistream([
      { level: 'trace', stream: file },
      { level: 'error', stream: complaints },
    ]),
  )
  return {
    log,
    flush: () => {
      try {
        file.flushSync()
      } catch {
        // The file was not open yet: nothing had been written.
      }
    },
  }
}
