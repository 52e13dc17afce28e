import { mkdir, readdir } from 'node:fs/promises'
import type { Logger } from 'pino'
import { cpusOf, type Granted } from '../../host/limits.ts'
import type { Machine } from '../../host/machine.ts'
import type { DeploymentFailure, DeploymentSpec } from '../engine.ts'
import { type LaunchDeps, launchProcess } from './launch.ts'
import { NotPrepared } from './not-prepared.ts'
import { processesPerInstance, processFolder, type VersionFolder } from './places.ts'
import { type PrepareDeps, type Prepared, prepareVersion } from './prepare.ts'
import type { TakerEvents } from './ticket.ts'
import { Worker } from './worker.ts'

export interface VersionDeps extends PrepareDeps, LaunchDeps {
  readonly machine: Machine
  readonly grant: (vmSize: string) => Granted
  readonly log: Logger
}

export interface VersionEvents extends TakerEvents {
  /** One more process answers, or one less. */
  changed(): void
  /** It will not come up: the first start of a process failed, or nothing could be prepared. */
  failed(failure: DeploymentFailure): void
  /** A process that had answered ended by itself; another is started. */
  restarted(failure: DeploymentFailure): void
}

/** A process that has answered for so long is started again at once; sooner than that, after a pause that grows. */
const SOUND_MS = 10_000
const LONGEST_PAUSE_MS = 60_000

/** The processes of one version of a deployment, as many as are wanted, each replaced when it ends unasked. */
export class Version {
  readonly key: string
  readonly folder: VersionFolder
  readonly #deps: VersionDeps
  readonly #events: VersionEvents
  readonly #workers = new Map<number, Worker>()
  readonly #pauses = new Map<number, NodeJS.Timeout>()
  readonly #ends = new Map<number, () => void>()
  #spec: DeploymentSpec
  #wanted = 0
  /** The highest number of an instance that was ever started. */
  #highest = 0
  #prepared: Promise<Prepared> | undefined
  #failures = 0
  #proven = false
  #closed = false
  #closing: Promise<void> | undefined
  warnings: readonly string[] = []

  constructor(options: {
    readonly key: string
    readonly folder: VersionFolder
    readonly spec: DeploymentSpec
    readonly deps: VersionDeps
    readonly events: VersionEvents
  }) {
    this.key = options.key
    this.folder = options.folder
    this.#spec = options.spec
    this.#deps = options.deps
    this.#events = options.events
  }

  get workers(): readonly Worker[] {
    return [...this.#workers.values()]
  }
  get readyCount(): number {
    let count = 0
    for (const worker of this.#workers.values()) if (worker.isReady) count += 1
    return count
  }
  get wanted(): number {
    return this.#wanted
  }
  get readyInstances(): number {
    return Math.floor(this.readyCount / processesPerInstance(this.#spec))
  }
  get isUp(): boolean {
    return this.#wanted > 0 && this.readyCount >= this.#wanted
  }

  get spec(): DeploymentSpec {
    return this.#spec
  }
  set spec(spec: DeploymentSpec) {
    this.#spec = spec
  }

  /** Starts or ends processes until there are as many as wanted. */
  scale(processes: number): void {
    if (this.#closed) return
    this.#wanted = processes
    for (let index = 0; index < processes; index += 1)
      if (!this.#workers.has(index) && !this.#pauses.has(index)) this.#start(index)
    for (const [index, timer] of this.#pauses)
      if (index >= processes) {
        clearTimeout(timer)
        this.#pauses.delete(index)
      }
    for (const [index, worker] of this.#workers) if (index >= processes) this.#drain(worker)
  }

  /** Takes up the processes that an earlier server started; answers how many. */
  async find(processes: number): Promise<number> {
    this.#wanted = processes
    this.#proven = true
    let found = 0
    for (const index of await this.#foldersOnDisk()) {
      const folder = processFolder(this.folder.root, index)
      if (!(await Worker.isRunning(folder))) continue
      if (index >= processes) {
        await Worker.endIn(folder)
        continue
      }
      found += 1
      this.#follow(index).follow()
    }
    return found
  }

  probe(): void {
    for (const worker of this.#workers.values()) worker.probe(this.#spec.liveness, this.#spec.readiness)
  }

  /** Ends all processes after what they have begun; resolves when they are gone. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#pauses.values()) clearTimeout(timer)
    this.#pauses.clear()
    await Promise.all(
      this.workers.map(
        (worker) =>
          new Promise<void>((resolve) => {
            if (worker.isEnded) return resolve()
            this.#ends.set(worker.index, resolve)
            this.#drain(worker)
          }),
      ),
    )
    for (let index = 0; index <= this.#highest; index += 1) this.#deps.limiter.release(this.#groupOf(index))
  }

  /** Looks away; processes go on. */
  abandon(): void {
    this.#closed = true
    for (const timer of this.#pauses.values()) clearTimeout(timer)
    for (const worker of this.#workers.values()) worker.abandon()
  }

  async #foldersOnDisk(): Promise<readonly number[]> {
    const names = await readdir(this.folder.root).catch(() => [])
    return names.flatMap((name) => (/^p\d+$/.test(name) ? [Number(name.slice(1))] : [])).sort((a, b) => a - b)
  }

  #groupOf(instance: number): string {
    return `serving-${this.key}-${instance}`
  }

  #drain(worker: Worker): void {
    worker
      .drain(this.#spec.requests.timeoutMs)
      .catch((error: unknown) => this.#deps.log.error({ err: error }, 'a worker could not be ended'))
  }

  #follow(index: number): Worker {
    const worker = new Worker({
      index,
      folder: processFolder(this.folder.root, index),
      log: this.#deps.log,
      events: {
        finished: () => this.#events.finished(),
        returned: (tickets) => this.#events.returned(tickets),
        ready: () => {
          if (this.isUp) this.#proven = true
          this.#events.changed()
        },
        changed: () => this.#events.changed(),
        ended: (ended, failure) => this.#ended(ended, failure),
      },
    })
    this.#workers.set(index, worker)
    return worker
  }

  #start(index: number): void {
    const worker = this.#follow(index)
    this.#launch(worker).catch((error: unknown) => {
      const failure: DeploymentFailure =
        error instanceof NotPrepared
          ? { reason: error.reason, message: error.message }
          : { reason: 'System', message: error instanceof Error ? error.message : String(error) }
      if (failure.reason === 'System') this.#deps.log.error({ err: error }, 'a deployment could not be prepared')
      worker.abandon()
      this.#ended(worker, failure)
    })
  }

  async #launch(worker: Worker): Promise<void> {
    await mkdir(this.folder.root, { recursive: true, mode: 0o700 })
    this.#prepared ??= prepareVersion(this.#deps, this.#spec, this.folder).catch((error: unknown) => {
      this.#prepared = undefined
      throw error
    })
    const prepared = await this.#prepared
    this.warnings = prepared.warnings
    if (this.#closed || worker.index >= this.#wanted) {
      worker.abandon()
      this.#workers.delete(worker.index)
      this.#ends.get(worker.index)?.()
      return
    }
    const granted = this.#deps.grant(this.#spec.vmSize)
    const instance = Math.floor(worker.index / processesPerInstance(this.#spec))
    this.#highest = Math.max(this.#highest, instance)
    await launchProcess(
      this.#deps,
      { spec: this.#spec, prepared, version: this.folder },
      {
        folder: worker.folder,
        share: {
          cpus: cpusOf(instance, granted.cpus, this.#deps.machine),
          memoryBytes: granted.memoryBytes,
          group: this.#groupOf(instance),
        },
        failed: (error) =>
          worker.kill({ reason: 'System', message: `The process could not be started: ${error.message}` }),
      },
    )
    worker.follow()
  }

  #ended(worker: Worker, failure: DeploymentFailure): void {
    if (this.#workers.get(worker.index) === worker) this.#workers.delete(worker.index)
    this.#ends.get(worker.index)?.()
    if (this.#closed) return
    if (worker.index >= this.#wanted) this.#events.changed()
    // It was asked to go and is wanted again by now.
    else if (worker.isAsked) this.#start(worker.index)
    else if (!this.#proven) this.#events.failed(failure)
    else this.#startAgain(worker, failure)
  }

  #startAgain(worker: Worker, failure: DeploymentFailure): void {
    this.#events.restarted(failure)
    const isSound = worker.readyAt > 0 && performance.now() - worker.readyAt > SOUND_MS
    this.#failures = isSound ? 0 : this.#failures + 1
    const pause = this.#failures <= 1 ? 0 : Math.min(250 * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS)
    this.#pauses.set(
      worker.index,
      setTimeout(() => {
        this.#pauses.delete(worker.index)
        if (worker.index < this.#wanted && !this.#closed) this.#start(worker.index)
      }, pause).unref(),
    )
    this.#events.changed()
  }
}
