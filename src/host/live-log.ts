import { open } from 'node:fs/promises'
import type { Blobs } from '../blobs/blobs.ts'
import type { BlobLocation } from '../compute/engine.ts'

/** A file of this machine that is being written, copied to an append blob as it grows. */
export interface LiveLog {
  /** The file may have grown. */
  nudge(): void
  /** Resolves when everything that stands in the file stands in the blob. @throws what the blob store threw last */
  flush(): Promise<void>
  /** Stops following; resolves when no write is under way. */
  close(): Promise<void>
}

/**
 * At most one append in so many milliseconds: a chatty job must not turn into thousands of durable ones, and an append
 * blob takes 50,000 in its life.
 */
const quietMs = (appends: number): number => (appends < 2000 ? 150 : appends < 30_000 ? 1000 : 30_000)
const chunkBytes = 1 << 20

/** Follows `file`; what the blob holds already (from before a restart) is not written again. */
export function liveLog({ file, blobs, at }: { file: string; blobs: Blobs; at: BlobLocation }): LiveLog {
  let offset: number | undefined
  let running: Promise<void> | undefined
  let again = false
  let timer: NodeJS.Timeout | undefined
  let lastAt = 0
  let appends = 0
  let closed = false

  async function copy(): Promise<void> {
    offset ??= (await blobs.info(at))?.size ?? 0
    const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (!handle) return
    try {
      const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, Math.max(1, (await handle.stat()).size - offset)))
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset)
        if (bytesRead === 0) return
        await blobs.append(at, buffer.subarray(0, bytesRead))
        offset += bytesRead
        appends += 1
      }
    } catch (error) {
      // What of the last append arrived is for the blob to say.
      offset = undefined
      throw error
    } finally {
      await handle.close()
    }
  }

  function begin(): void {
    lastAt = Date.now()
    running = copy()
      .catch(() => undefined)
      .finally(() => {
        running = undefined
        if (!again) return
        again = false
        nudge()
      })
  }

  function nudge(): void {
    if (closed) return
    if (running) again = true
    else if (timer === undefined) {
      const wait = lastAt + quietMs(appends) - Date.now()
      if (wait <= 0) begin()
      else
        timer = setTimeout(() => {
          timer = undefined
          if (!running) begin()
        }, wait)
    }
  }

  return {
    nudge,
    async close() {
      closed = true
      clearTimeout(timer)
      await running
    },
    async flush() {
      clearTimeout(timer)
      timer = undefined
      again = false
      await running
      await copy()
      // A job that wrote nothing has a log too; it is empty.
      if (offset === 0 && !(await blobs.info(at)))
        await blobs.write(at, '', { contentType: 'text/plain; charset=utf-8' })
    },
  }
}
