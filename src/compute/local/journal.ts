import { addLine, linesOf } from '../../host/files.ts'
import type { Granted } from '../../host/limits.ts'
import type { RunStatus } from '../../store/runs.ts'
import { finalStatuses } from '../../store/runs.ts'
import type { Observation } from '../engine.ts'
import type { Verdict } from './verdict.ts'

/** A line of a job's journal: a state with what is known from then on. */
export interface Entry {
  readonly id: string
  readonly status: RunStatus
  readonly at: string
  readonly node?: string
  readonly nodeIndexes?: readonly number[]
  /** As an older server wrote it, which knew jobs of one node alone. */
  readonly nodeIndex?: number
  readonly granted?: Granted
  readonly warnings?: readonly string[]
  readonly exitCode?: number
  readonly error?: { readonly code: string; readonly message: string }
  /** How the job will end once its outputs are stored, noted before storing begins. */
  readonly verdict?: Verdict
}

/** The states of a job, in a file that only grows. */
export class Journal {
  readonly #path: string
  readonly #id: string
  readonly #entries: Entry[]

  private constructor(path: string, id: string, entries: Entry[]) {
    this.#path = path
    this.#id = id
    this.#entries = entries
  }

  static async open(path: string, id: string): Promise<Journal> {
    return new Journal(path, id, (await linesOf(path)) as Entry[])
  }

  /** What a journal says of its job, or undefined where there is none. */
  static async read(path: string): Promise<Observation | undefined> {
    const entries = (await linesOf(path)) as Entry[]
    return entries.length === 0 ? undefined : observationOf(entries)
  }

  get last(): Entry | undefined {
    return this.#entries.at(-1)
  }
  get status(): RunStatus {
    return this.last?.status ?? 'Queued'
  }
  get isFinal(): boolean {
    return finalStatuses.has(this.status)
  }
  get observation(): Observation {
    return observationOf(this.#entries)
  }

  /** Adds a state. Only the first and the last must survive the machine: the others follow from the runner's files. */
  async add(entry: Omit<Entry, 'id'>): Promise<void> {
    const { node, nodeIndex, nodeIndexes, granted, warnings, at: before } = this.last ?? {}
    const whole = {
      id: this.#id,
      ...(node === undefined ? {} : { node }),
      ...(nodeIndex === undefined ? {} : { nodeIndex }),
      ...(nodeIndexes === undefined ? {} : { nodeIndexes }),
      ...(granted === undefined ? {} : { granted }),
      ...(warnings === undefined ? {} : { warnings }),
      ...entry,
      // Times of states never run backwards, whatever the server's and the runner's clocks say.
      at: before !== undefined && before > entry.at ? before : entry.at,
    }
    await addLine(this.#path, whole, entry.status === 'Queued' || finalStatuses.has(entry.status))
    this.#entries.push(whole)
  }
}

function observationOf(entries: readonly Entry[]): Observation {
  const last = entries.at(-1)
  if (!last) throw new Error('a job without a state')
  // A job that was prepared twice, because the server was killed meanwhile, still has one such state.
  const first = entries.filter((entry, index) => entry.status !== entries[index - 1]?.status)
  return {
    status: last.status,
    since: first.at(-1)?.at ?? last.at,
    spans: first.map(({ status, at }) => ({ status, at })),
    ...(last.exitCode === undefined ? {} : { exitCode: last.exitCode }),
    ...(last.error ? { error: last.error } : {}),
    ...(last.warnings ? { warnings: last.warnings } : {}),
    ...(last.node === undefined ? {} : { node: last.node }),
  }
}
