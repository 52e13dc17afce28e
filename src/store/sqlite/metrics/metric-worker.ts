import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { Connection } from '../connection.ts'
import { type Batch, MetricWriter } from './metric-writer.ts'

/** What the thread is asked. It answers each id once what was asked is on disk. */
export type Asked =
  | ({ readonly id: number; readonly kind: 'add' } & Batch)
  | { readonly id: number; readonly kind: 'remove'; readonly run: number }
  | { readonly id: number; readonly kind: 'close' }

export interface Answered {
  readonly ids: readonly number[]
  readonly error?: string
}

/** A group is committed when it has so many points, or took so long: who comes first does not wait for all. */
const POINTS = 50_000
const MILLISECONDS = 25
/** Pages given back at once, when nobody waits. */
const SLICE = 256

/**
 * The one writer of the file of metrics, on a thread of its own: batches that arrive together share a transaction and
 * its fsync, and are answered after it.
 */
const connection = new Connection(String(workerData))
// FULL: a commit is on disk when it returns, in WAL mode too.
connection.exec(`PRAGMA synchronous = FULL; PRAGMA cache_size = -32000; PRAGMA journal_size_limit = 67108864;
  PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = MEMORY`)
const writer = new MetricWriter(connection)
const port = parentPort
if (!port) throw new Error('The writer of metrics is a thread')

let queue: Asked[] = []
const removals: Extract<Asked, { kind: 'remove' }>[] = []
let scheduled = false
/** Whether a removal has left pages to give back. */
let loose = false

port.on('message', (asked: Asked) => {
  queue.push(asked)
  schedule()
})

function schedule(): void {
  if (scheduled) return
  scheduled = true
  setImmediate(() => {
    scheduled = false
    turn()
  })
}

function turn(): void {
  drain()
  const adds = take()
  if (adds.length > 0) add(adds)
  else if (queue.some(({ kind }) => kind === 'close')) {
    close()
    return
  } else removeSome()
  if (queue.length > 0 || removals.length > 0 || loose) schedule()
}

/** Takes what has been sent and not been delivered yet. */
function drain(): void {
  if (!port) return
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) queue.push(next.message as Asked)
}

function take(): Extract<Asked, { kind: 'add' }>[] {
  const adds: Extract<Asked, { kind: 'add' }>[] = []
  const rest: Asked[] = []
  let points = 0
  for (const asked of queue) {
    if (asked.kind === 'remove') removals.push(asked)
    else if (asked.kind === 'add' && points < POINTS) {
      adds.push(asked)
      points += asked.cells.length / 4
    } else rest.push(asked)
  }
  queue = rest
  return adds
}

function add(adds: Extract<Asked, { kind: 'add' }>[]): void {
  const started = performance.now()
  let count = 0
  const outcome = commit(() => {
    for (const batch of adds) {
      if (count > 0 && performance.now() - started > MILLISECONDS) break
      writer.add(batch)
      count += 1
    }
  })
  // Where it failed nothing of the group is on disk, and all of it is told.
  const ended = outcome.error === undefined ? adds.slice(0, count) : adds
  queue.unshift(...adds.slice(ended.length))
  port?.postMessage({ ids: ended.map(({ id }) => id), ...outcome } satisfies Answered)
}

function removeSome(): void {
  const [first] = removals
  if (first) {
    let done = false
    const { error } = commit(() => {
      done = writer.removeSome(first.run)
    })
    loose = true
    if (!done && error === undefined) return
    removals.shift()
    port?.postMessage({ ids: [first.id], ...(error !== undefined && { error }) } satisfies Answered)
    return
  }
  if (!loose) return
  const free = () => connection.execute<{ freelist_count: number }>('PRAGMA freelist_count', []).rows[0]?.freelist_count
  const before = free()
  connection.exec(`PRAGMA incremental_vacuum(${SLICE})`)
  const after = free()
  loose = after !== 0 && after !== before
  // The file itself becomes shorter with a checkpoint.
  if (!loose) connection.exec('PRAGMA wal_checkpoint(PASSIVE)')
}

/** Runs `work` as one transaction, and answers what was wrong with it. */
function commit(work: () => void): { readonly error?: string } {
  try {
    connection.execute('BEGIN IMMEDIATE', [])
    work()
    connection.execute('COMMIT', [])
    return {}
  } catch (error) {
    try {
      connection.exec('ROLLBACK')
    } catch {
      // SQLite has rolled back by itself already (a full disk, an I/O error).
    }
    writer.forget()
    return { error: String(error) }
  }
}

function close(): void {
  const ids = queue.map(({ id }) => id)
  connection.exec('PRAGMA wal_checkpoint(PASSIVE)')
  connection.close()
  port?.postMessage({ ids } satisfies Answered)
  port?.close()
}
