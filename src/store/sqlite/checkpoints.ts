import { once } from 'node:events'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Connection } from './connection.ts'

/** The WAL's length, in pages of 4 KiB: beyond the first it is copied, beyond the second the writer waits for that. */
const COPY_FROM = 2_000
const WAIT_FROM = 16_000
/** How often the length is asked for, in commits. */
const EVERY = 32

export interface Checkpoints {
  /** Called after each commit; a promise is to be awaited before the next one. */
  afterCommit(): Promise<void> | undefined
  close(): Promise<void>
}

/**
 * Keeps the WAL of `writer` bounded, off the main thread. The worker starts when the WAL first grows: a server that
 * writes little never has one.
 */
export function checkpoints(
  path: string,
  writer: Connection,
  limits: { readonly copyFrom: number; readonly waitFrom: number } = { copyFrom: COPY_FROM, waitFrom: WAIT_FROM },
): Checkpoints {
  writer.exec('PRAGMA wal_autocheckpoint = 0')
  let worker: Worker | undefined
  let running: Promise<unknown> | undefined
  let commits = 0

  const start = (): Worker => {
    const file = new URL(`./checkpoint-worker${extname(import.meta.filename)}`, import.meta.url)
    return new Worker(file, { workerData: path })
  }
  const copy = (): Promise<unknown> => {
    if (running) return running
    const copier = worker ?? start()
    worker = copier
    // It keeps the process alive while it works, and not while it waits.
    copier.ref()
    copier.postMessage('checkpoint')
    running = once(copier, 'message').finally(() => {
      running = undefined
      copier.unref()
    })
    return running
  }

  return {
    afterCommit() {
      if (++commits % EVERY !== 0) return undefined
      const pages = walPages(writer)
      if (pages < limits.copyFrom) return undefined
      if (pages < limits.waitFrom) {
        // What fails here fails again when the writer must wait for it, and is seen there.
        if (!running) copy().catch(() => undefined)
        return undefined
      }
      // What runs now may have begun before the last commits: it takes another one, with the writer still, to reach the end.
      return (async () => {
        await running
        await copy()
      })()
    },
    async close() {
      await running?.catch(() => undefined)
      if (!worker) return
      worker.ref()
      worker.postMessage('close')
      await once(worker, 'exit')
      worker = undefined
    },
  }
}

/** The pages in the WAL that are not all in the database yet. */
function walPages(writer: Connection): number {
  const [row] = writer.execute<{ log: number; checkpointed: number }>('PRAGMA wal_checkpoint(NOOP)', []).rows
  return row && row.log !== row.checkpointed ? row.log : 0
}
