import { AsyncLocalStorage } from 'node:async_hooks'
import type { Session } from '../sql/session.ts'
import type { Connection } from './connection.ts'

interface Part {
  readonly work: (session: Session) => Promise<unknown>
  readonly settle: { resolve(value: unknown): void; reject(reason: unknown): void }
}

/** Bounds of one group: a further caller waits for the next one, and the event loop gets its turn in between. */
const PARTS = 256
const MILLISECONDS = 8

/** A part that goes on for longer waits for something else than its repositories, and everybody waits with it. */
const PATIENCE_MS = 10_000

/** The state of the part that is running, seen by whatever it calls. */
const running = new AsyncLocalStorage<{ open: boolean }>()

/**
 * Refuses a query of the writer that no running part makes: one that was not awaited would go into somebody else's.
 *
 * @throws Error
 */
export function demandPart(): void {
  if (!running.getStore()?.open) throw new Error('A query outlived its write: await every call of a repository')
}

/**
 * One writer for all: parts that arrive together share a transaction and its one fsync, each in a savepoint of its
 * own. Callers are answered after COMMIT.
 */
export class GroupCommit {
  readonly #connection: Connection
  readonly #session: Session
  /** Called after each commit; what it returns is awaited before the next group (a WAL that has grown too long). */
  readonly #afterCommit: () => Promise<void> | undefined
  #queue: Part[] = []
  #pumping: Promise<void> | undefined
  #closed = false

  readonly #patience: number

  constructor(
    connection: Connection,
    session: Session,
    {
      afterCommit = () => undefined,
      patienceMs = PATIENCE_MS,
    }: { readonly afterCommit?: () => Promise<void> | undefined; readonly patienceMs?: number } = {},
  ) {
    this.#connection = connection
    this.#session = session
    this.#afterCommit = afterCommit
    this.#patience = patienceMs
  }

  write<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    if (this.#closed) return Promise.reject(new Error('The store is closed'))
    if (running.getStore()?.open) {
      return Promise.reject(new Error('A write inside a write would wait for itself: use the repositories handed in'))
    }
    return new Promise<Result>((resolve, reject) => {
      this.#queue.push({ work, settle: { resolve: resolve as (value: unknown) => void, reject } })
      this.#pumping ??= this.#pump()
    })
  }

  /** Resolves when everything accepted is on disk; later writes are refused. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#pumping
  }

  async #pump(): Promise<void> {
    while (this.#queue.length > 0) {
      // What else is on its way in this turn of the event loop joins the group.
      await new Promise(setImmediate)
      await this.#commitGroup()
      await this.#afterCommit()
    }
    this.#pumping = undefined
  }

  async #commitGroup(): Promise<void> {
    const answers: (() => void)[] = []
    const refused: Part[] = []
    const started = performance.now()
    const late = Promise.withResolvers<never>()
    late.promise.catch(() => undefined)
    const timer = setTimeout(
      () => late.reject(new Error(`A write took more than ${this.#patience} ms: await nothing but repositories in it`)),
      this.#patience,
    )
    try {
      this.#connection.execute('BEGIN IMMEDIATE', [])
      while (answers.length < PARTS && (answers.length === 0 || performance.now() - started < MILLISECONDS)) {
        const part = this.#queue.shift()
        if (!part) break
        refused.push(part)
        answers.push(await this.#run(part, late.promise))
      }
      this.#connection.execute('COMMIT', [])
    } catch (cause) {
      this.#abandon()
      // Nothing of the group is on disk, also of those parts that went well: all of them are told.
      const first = refused.length > 0 ? refused : this.#queue.splice(0, PARTS)
      for (const part of first) part.settle.reject(new Error('The write could not be brought to disk', { cause }))
      return
    } finally {
      clearTimeout(timer)
    }
    for (const answer of answers) answer()
  }

  /** Runs one part and answers what is to be told to its caller once the group is on disk. */
  async #run(part: Part, late: Promise<never>): Promise<() => void> {
    const state = { open: true }
    this.#connection.execute('SAVEPOINT part', [])
    try {
      const value = await Promise.race([running.run(state, part.work, this.#session), late])
      state.open = false
      this.#connection.execute('RELEASE part', [])
      return () => part.settle.resolve(value)
    } catch (error) {
      state.open = false
      this.#connection.exec('ROLLBACK TO part; RELEASE part')
      return () => part.settle.reject(error)
    }
  }

  #abandon(): void {
    try {
      this.#connection.exec('ROLLBACK')
    } catch {
      // SQLite has rolled back by itself already (a full disk, an I/O error).
    }
  }
}
