import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { PointsRead, Wanted } from './metric-reader.ts'
import type { Asked } from './metric-worker.ts'
import type { Batch } from './metric-writer.ts'
import type { Answered as Read } from './read-worker.ts'

/** A question's rest, whichever kind it is. */
type Question = Asked extends infer Each ? (Each extends Asked ? Omit<Each, 'id'> : never) : never

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** One thread that is started when it is first asked, and started anew when it has died. */
function thread(path: string, file: string, answer: (message: never, settle: Settle) => void) {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | undefined
  let ids = 0
  const settle: Settle = (id, outcome) => {
    const one = waiting.get(id)
    waiting.delete(id)
    if (outcome.error === undefined) one?.resolve(outcome.value)
    else one?.reject(new Error('The metrics could not be brought to disk or read', { cause: outcome.error }))
    if (waiting.size === 0) worker?.unref()
  }
  const start = (): Worker => {
    const made = new Worker(new URL(`./${file}${extname(import.meta.filename)}`, import.meta.url), { workerData: path })
    const fail = (error: unknown) => {
      if (worker === made) worker = undefined
      for (const id of [...waiting.keys()]) settle(id, { error })
    }
    made.on('message', (message) => answer(message as never, settle))
    made.on('error', fail)
    made.on('exit', () => fail('the thread has ended'))
    return made
  }
  return {
    get started() {
      return worker !== undefined
    },
    ask<Value>(message: object, transfer: readonly ArrayBuffer[] = []): Promise<Value> {
      worker ??= start()
      // It keeps the process alive while somebody waits for it, and not while it waits.
      worker.ref()
      ids += 1
      const id = ids
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      waiting.set(id, { resolve, reject })
      worker.postMessage({ id, ...message }, [...transfer])
      return promise as Promise<Value>
    },
    end: () => worker?.terminate(),
  }
}

type Settle = (id: number, outcome: { readonly value?: unknown; readonly error?: unknown }) => void

/** The thread that writes metrics, and the one that reads what is long. */
export function metricThreads(path: string) {
  const writer = thread(path, 'metric-worker', (message: { ids: readonly number[]; error?: string }, settle) => {
    for (const id of message.ids) settle(id, { error: message.error })
  })
  const reader = thread(path, 'read-worker', (message: Read, settle) =>
    settle(message.id, 'read' in message ? { value: message.read } : { error: message.error }),
  )
  const ask = (question: Question, transfer?: readonly ArrayBuffer[]) => writer.ask<void>(question, transfer)
  return {
    add: ({ run, keys, cells }: Batch & { readonly cells: Float64Array<ArrayBuffer> }) =>
      ask({ kind: 'add', run, keys, cells }, [cells.buffer]),
    remove: (run: number) => ask({ kind: 'remove', run }),
    read: (run: number, name: string, wanted: Wanted) => reader.ask<PointsRead>({ run, name, wanted }),
    async close() {
      if (writer.started) await ask({ kind: 'close' })
      await Promise.all([writer.end(), reader.end()])
    },
  }
}
