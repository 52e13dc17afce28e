import { join } from 'node:path'
import type { Logger } from 'pino'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { jsonOf } from '../../host/files.ts'
import { isAlive, type ProcessIdentity, signalProcess } from '../../host/process-identity.ts'
import type { DeploymentFailure, Probe } from '../engine.ts'
import { Connection, connectTo, type WorkerSockets } from './connection.ts'
import type { ProcessFolder } from './places.ts'
import { refuse, type Taker, type TakerEvents, type Ticket } from './ticket.ts'

const Failed = Type.Object({ reason: Type.String(), message: Type.String() })

/** How often a worker that starts is looked at; its socket is there tens of milliseconds after its start. */
const POLL_MS = 15
/** How long a runner may take to say who it is. */
const RUNNER_PATIENCE_MS = 20_000

export interface WorkerEvents extends TakerEvents {
  /** It answers. */
  ready(worker: Worker): void
  /** It is to be asked no more for now, or again. */
  changed(): void
  /** It is gone, asked or not. */
  ended(worker: Worker, failure: DeploymentFailure): void
}

/** One process of a deployment, from its start to its end. Its folder says what it is; this object follows it. */
export class Worker implements Taker {
  readonly index: number
  readonly folder: ProcessFolder
  readonly #events: WorkerEvents
  readonly #log: Logger
  #connection: Connection | undefined
  #state: 'starting' | 'ready' | 'leaving' | 'ended' = 'starting'
  /** When it was launched. */
  #began: number | undefined
  #heard = performance.now()
  readonly #liveness = new Silence()
  readonly #readiness = new Silence()
  /** It is not asked until it has answered its readiness probe again. */
  #isOut = false
  #heardSinceOut = 0
  #backAfter = 1
  #killedFor: DeploymentFailure | undefined
  #drained: (() => void) | undefined
  #asked = false
  readyAt = 0

  constructor(options: {
    readonly index: number
    readonly folder: ProcessFolder
    readonly events: WorkerEvents
    readonly log: Logger
  }) {
    this.index = options.index
    this.folder = options.folder
    this.#events = options.events
    this.#log = options.log
  }

  get isReady(): boolean {
    return this.#state === 'ready' && !this.#isOut
  }
  get isEnded(): boolean {
    return this.#state === 'ended'
  }
  /** Whether its end was wished for. */
  get isAsked(): boolean {
    return this.#asked
  }
  get load(): number {
    return this.#connection?.load ?? 0
  }
  get depth(): number {
    return this.#connection?.depth ?? 0
  }

  take(ticket: Ticket): void {
    this.#connection?.take(ticket)
  }

  /** Waits for the process to answer; it has been launched, or an earlier server launched it. */
  follow(): void {
    this.#began = performance.now()
    this.#heard = this.#began
    this.#look(this.#began).catch((error: unknown) => this.#end({ reason: 'System', message: String(error) }))
  }

  /**
   * Looks whether it still does what it should, as often as the probes want. A worker that works on one request for so
   * long counts as silent: on Azure its probe would wait as well.
   */
  probe(liveness: Probe, readiness: Probe): void {
    const now = performance.now()
    if (this.#state === 'starting') this.#probeStart(liveness, now)
    if (this.#state !== 'ready' || !this.#connection) return
    const silentMs = this.#connection.load === 0 ? 0 : now - this.#heard
    if (this.#readiness.fails(readiness, { now, silentMs }) && !this.#isOut) {
      this.#isOut = true
      this.#heardSinceOut = 0
      this.#events.changed()
    }
    if (this.#liveness.fails(liveness, { now, silentMs })) {
      const seconds = Math.round(silentMs / 1000)
      this.kill({ reason: 'Probe', message: `The process did not answer for ${seconds} s and was replaced.` })
    } else if (this.#connection.load === 0 && now - this.#heard >= Math.min(liveness.periodMs, readiness.periodMs)) {
      this.#heard = now
      this.#connection.ping()
    }
    this.#backAfter = readiness.successThreshold
  }

  #probeStart(liveness: Probe, now: number): void {
    const limit = liveness.initialDelayMs + liveness.failureThreshold * liveness.periodMs
    // Its time begins when it is launched: building an environment is none of the script's.
    if (this.#began === undefined || now - this.#began <= limit) return
    this.kill({ reason: 'Probe', message: `The script did not get ready within ${Math.round(limit / 1000)} s.` })
  }

  /** Takes no more, and ends when it has answered what it has. */
  async drain(limitMs: number): Promise<void> {
    if (this.#state === 'ended' || this.#state === 'leaving') return
    const wasReady = this.#state === 'ready'
    this.#state = 'leaving'
    this.#asked = true
    if (wasReady && this.load > 0)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, limitMs)
        this.#drained = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    await this.#signal()
  }

  /** Ends it whatever it does. */
  kill(failure: DeploymentFailure): void {
    this.#killedFor ??= failure
    if (this.#state !== 'ended') this.#state = 'leaving'
    this.#signal().catch((error: unknown) => this.#log.error({ err: error }, 'a worker could not be ended'))
  }

  /** Looks away; the process goes on. */
  abandon(): void {
    this.#state = 'ended'
    this.#connection?.close()
  }

  /** Whether a process runs in this folder; of an earlier server, maybe. */
  static async isRunning(folder: ProcessFolder): Promise<boolean> {
    const identity = (await jsonOf(join(folder.run, 'pid.json'))) as ProcessIdentity | undefined
    return identity !== undefined && (await isAlive(identity))
  }

  /** Ends whatever runs in a folder. */
  static async endIn(folder: ProcessFolder): Promise<void> {
    const identity = (await jsonOf(join(folder.run, 'pid.json'))) as ProcessIdentity | undefined
    if (identity) await signalProcess(identity, 'SIGTERM')
  }

  async #signal(): Promise<void> {
    await Worker.endIn(this.folder)
  }

  async #look(began: number): Promise<void> {
    while (this.#state === 'starting' || this.#state === 'leaving') {
      // It may have been asked to go before it had said who it is.
      if (this.#state === 'leaving') await this.#signal()
      const sockets = await connectTo(this.folder.own).catch(() => undefined)
      if (sockets) return this.#connected(sockets)
      if (await jsonOf(join(this.folder.run, 'exit.json'))) return this.#ended()
      if (performance.now() - began > RUNNER_PATIENCE_MS && !(await Worker.isRunning(this.folder)))
        return this.#end({ reason: 'System', message: 'The process could not be started.' })
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  #connected(sockets: WorkerSockets): void {
    const connection = new Connection(sockets, {
      finished: () => {
        this.#events.finished()
        if (connection.load === 0) this.#drained?.()
      },
      heard: () => {
        this.#heard = performance.now()
        if (this.#state === 'starting') this.#becomeReady()
        else if (this.#isOut) this.#comeBack()
      },
      closed: (left) => this.#closed(left),
    })
    this.#connection = connection
    if (this.#state === 'starting') connection.ping()
    else this.#signal().catch((error: unknown) => this.#log.error({ err: error }, 'a worker could not be ended'))
  }

  #comeBack(): void {
    this.#heardSinceOut += 1
    if (this.#heardSinceOut < this.#backAfter) return
    this.#isOut = false
    this.#events.changed()
  }

  #becomeReady(): void {
    this.#state = 'ready'
    this.readyAt = performance.now()
    this.#events.ready(this)
  }

  #closed(left: readonly Ticket[]): void {
    if (this.#state === 'ended') {
      for (const ticket of left) ticket.settle(refuse('unavailable', 'The server is being stopped.'))
      return
    }
    const wasReady = this.#state === 'ready' || this.readyAt > 0
    this.#state = wasReady ? 'leaving' : this.#state
    this.#drained?.()
    // It answers in order: only the first was begun with.
    const [at, ...others] = left
    at?.settle(refuse('crashed', 'The process that worked on the request ended before it answered.'))
    this.#events.returned(others)
    this.#ended().catch((error: unknown) => this.#end({ reason: 'System', message: String(error) }))
  }

  /** Reads how it ended, as soon as its runner has told. */
  async #ended(): Promise<void> {
    const until = performance.now() + 10_000
    let exit: Exit | undefined
    while (!exit && performance.now() < until) {
      exit = (await jsonOf(join(this.folder.run, 'exit.json'))) as Exit | undefined
      if (exit) break
      if (!(await Worker.isRunning(this.folder))) {
        exit = (await jsonOf(join(this.folder.run, 'exit.json'))) as Exit | undefined
        break
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
    const told: unknown = await jsonOf(join(this.folder.own, 'failure.json')).catch(() => undefined)
    this.#end(this.#killedFor ?? failureOf(told, exit))
  }

  #end(failure: DeploymentFailure): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#connection?.close()
    this.#drained?.()
    this.#events.ended(this, failure)
  }
}

interface Exit {
  readonly code: number | null
  readonly signal: number | null
  readonly failure: string | null
  readonly outOfMemory: boolean
}

const reasons = ['EntryScript', 'Import', 'Init', 'Model'] as const

function failureOf(told: unknown, exit: Exit | undefined): DeploymentFailure {
  if (exit?.outOfMemory)
    return { reason: 'OutOfMemory', message: 'The process needed more memory than its instance type has.' }
  if (Value.Check(Failed, told)) {
    const reason = reasons.find((each) => each === told.reason) ?? 'Crash'
    return { reason, message: told.message }
  }
  if (exit?.failure) return { reason: 'System', message: `The process could not be started: ${exit.failure}.` }
  const how = !exit
    ? 'its runner was killed'
    : exit.signal !== null
      ? `signal ${exit.signal}`
      : exit.code !== null && exit.code > 128
        ? `signal ${exit.code - 128}`
        : `exit status ${exit.code}`
  return { reason: 'Crash', message: `The process ended by itself (${how}).` }
}

/** Counts how often in a row a probe found a worker silent. */
class Silence {
  #at = performance.now()
  #failed = 0

  /** Whether the probe, if it is due, fails for good. */
  fails(probe: Probe, seen: { readonly now: number; readonly silentMs: number }): boolean {
    if (seen.now - this.#at < probe.periodMs) return false
    this.#at = seen.now
    this.#failed = seen.silentMs > probe.timeoutMs ? this.#failed + 1 : 0
    return this.#failed >= probe.failureThreshold
  }
}
