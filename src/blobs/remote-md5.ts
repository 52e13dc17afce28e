import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

/** What the thread is asked: to take in a slab, or without one to end. It answers each, in order. */
export interface Asked {
  readonly upload: number
  readonly slab?: SharedArrayBuffer
  readonly length?: number
}

/** One upload's checksum, computed in another thread. */
export interface Md5Stream {
  /** Resolves when the slab has been read and may be used again. */
  update(slab: SharedArrayBuffer, length: number): Promise<void>
  /** Base64. */
  digest(): Promise<string>
}

export interface RemoteMd5 {
  begin(): Md5Stream
  close(): Promise<void>
}

interface Answer {
  readonly upload: number
  readonly digest?: string
}

/** The thread is started by the first upload that is large enough. */
export function remoteMd5(): RemoteMd5 {
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: unknown): void }[]>()
  let worker: Worker | undefined
  let uploads = 0

  const start = (): Worker => {
    // `.ts` as the sources run, `.js` as they are published.
    const made = new Worker(new URL(`./md5-worker${extname(import.meta.filename)}`, import.meta.url))
    made.unref()
    made.on('message', (answer: Answer) => {
      const queue = waiting.get(answer.upload)
      queue?.shift()?.resolve(answer)
      if (queue?.length === 0) waiting.delete(answer.upload)
    })
    const fail = (error: unknown): void => {
      if (worker === made) worker = undefined
      const all = [...waiting.values()].flat()
      waiting.clear()
      for (const { reject } of all) reject(error)
    }
    made.on('error', fail)
    made.on('exit', () => fail(new Error('The checksum thread has ended')))
    return made
  }
  const ask = (asked: Asked): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const queue = waiting.get(asked.upload) ?? []
      waiting.set(asked.upload, queue)
      queue.push({ resolve, reject })
      worker ??= start()
      worker.postMessage(asked)
    })
  return {
    begin() {
      uploads += 1
      const upload = uploads
      return {
        update: async (slab, length) => {
          await ask({ upload, slab, length })
        },
        digest: async () => (await ask({ upload })).digest ?? '',
      }
    },
    async close() {
      await worker?.terminate()
    },
  }
}
