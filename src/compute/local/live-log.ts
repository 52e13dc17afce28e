import { open } from 'node:fs/promises'
import type { Blobs } from '../../blobs/blobs.ts'
import type { BlobLocation } from '../engine.ts'

/** A file of this machine that is being written, copied to an append blob as it grows. */
export interface LiveLog {
  /** The file may have grown. */
  nudge(): void
  /** Resolves when everything that stands in the file stands in the blob. @throws what the blob store threw last */
  flush(): Promise<void>
}

/** At most one write in so many milliseconds: a chatty job must not turn into thousands of durable appends. */
const quietMs = 150
const chunkBytes = 1 << 20

/** Follows `file`; what the blob holds already (from before a restart) is not written again. */
export function liveLog({ file, blobs, at }: { file: string; blobs: Blobs; at: BlobLocation }): LiveLog {
  let offset: number | undefined
  let running: Promise<void> | undefined
  let again = false
  let timer: NodeJS.Timeout | undefined
  let lastAt = 0

  async function copy(): Promise<void> {
    offset ??= (await blobs.info(at))?.size
    if (offset === undefined) {
      await blobs.append(at, new Uint8Array())
      offset = 0
    }
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
    if (running) again = true
    else if (timer === undefined) {
      const wait = lastAt + quietMs - Date.now()
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
    async flush() {
      clearTimeout(timer)
      timer = undefined
      again = false
      await running
      await copy()
    },
  }
}
