import { type FSWatcher, watch } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { Value } from 'typebox/value'
import { jsonOf, removeFolder, textOf, writeWhole } from '../../host/files.ts'
import type { Granted } from '../../host/limits.ts'
import { isAlive, type ProcessIdentity, signalProcess } from '../../host/process-identity.ts'
import { startRunner } from '../../host/runner.ts'
import type { RunStatus } from '../../store/runs.ts'
import type { JobSpec, Observation } from '../engine.ts'
import type { JobFolder } from './job-files.ts'
import { JobLogs, tailOf } from './job-logs.ts'
import { type Entry, Journal } from './journal.ts'
import { Mounts } from './mounts.ts'
import type { Node } from './pool.ts'
import { groupOf, type PrepareDeps, preparationVerdict, prepareJob, Stopped, unexpected } from './prepare-job.ts'
import { logsOf } from './processes.ts'
import { collectOutputs } from './results.ts'
import { Exit, judge, systemError, type Verdict } from './verdict.ts'

/** What a job works with; the same for all. */
export interface JobDeps extends PrepareDeps {
  readonly now: () => Date
  readonly log: Logger
  readonly changed: (job: Job) => void
}

/** Why a job is to stop; stands in the file `cancel`, so that a restarted server still knows. */
interface Stop {
  readonly reason: 'cancel' | 'computeRemoved' | 'preempted' | 'disk'
  /** What the job's owner is told, where the reason alone does not say it. */
  readonly why?: string
}

const PREEMPTED = 'NodePreempted'

/** How long a runner may take to say that it is there before it counts as dead. */
const runnerPatienceMs = 30_000

/** A job of this machine, from its queue to its stored outputs. Its folder is the truth; this object moves it on. */
export class Job {
  readonly spec: JobSpec
  readonly folder: JobFolder
  readonly #deps: JobDeps
  readonly #journal: Journal
  readonly #logs: JobLogs
  readonly #mounts: Mounts
  readonly #stopped = Promise.withResolvers<never>()
  #stop: Stop | undefined
  #watcher: FSWatcher | undefined
  #checking: Promise<void> | undefined
  #checkAgain = false
  #ending: Promise<void> | undefined
  #launchedAt = 0
  #mountsAt = 0
  #closed = false

  private constructor(spec: JobSpec, folder: JobFolder, deps: JobDeps, journal: Journal) {
    this.spec = spec
    this.folder = folder
    this.#deps = deps
    this.#journal = journal
    this.#mounts = new Mounts(deps.blobs, spec, folder)
    this.#logs = new JobLogs(folder, deps.blobs, spec.artifacts, deps.now)
    this.#stopped.promise.catch(() => undefined)
  }

  /** A new job, on disk as Queued when this resolves. */
  static async create(spec: JobSpec, folder: JobFolder, deps: JobDeps): Promise<Job> {
    await mkdir(folder.run, { recursive: true, mode: 0o700 })
    await writeWhole(folder.spec, JSON.stringify(spec))
    const job = new Job(spec, folder, deps, await Journal.open(folder.journal, spec.id))
    await job.#enter('Queued')
    return job
  }

  /** The job of a folder whose spec still stands, which is until everything of its end is done. */
  static async find(folder: JobFolder, deps: JobDeps): Promise<Job | undefined> {
    const spec = (await jsonOf(folder.spec)) as JobSpec | undefined
    if (!spec) return undefined
    const job = new Job(spec, folder, deps, await Journal.open(folder.journal, spec.id))
    if (!job.#journal.last) await job.#enter('Queued')
    const stop = (await jsonOf(join(folder.run, 'cancel'))) as Stop | undefined
    // In the queue again, it has nothing any more that was to stop.
    if (stop?.reason !== 'preempted' || job.status !== 'Queued') job.#stop = stop
    return job
  }

  get id(): string {
    return this.spec.id
  }
  get status(): RunStatus {
    return this.#journal.status
  }
  get isFinal(): boolean {
    return this.#journal.isFinal
  }
  /** The nodes it has, by their numbers in the pool. */
  get nodeIndexes(): readonly number[] {
    const { nodeIndexes, nodeIndex } = this.#journal.last ?? {}
    return nodeIndexes ?? (nodeIndex === undefined ? [] : [nodeIndex])
  }
  get observation(): Observation {
    return this.#journal.observation
  }
  /** What the disks of its nodes hold together. */
  get diskBytes(): number | undefined {
    const bytes = this.#journal.last?.granted?.diskBytes
    return bytes === undefined ? undefined : bytes * this.spec.instanceCount
  }

  /** Whether its node was taken away and it waits for another one: `again` is who waits. */
  get isPreempted(): boolean {
    return this.#stop?.reason === 'preempted' && this.status === 'Queued'
  }

  /** The job anew, for its next try. */
  again(): Job {
    return new Job(this.spec, this.folder, this.#deps, this.#journal)
  }

  /** Runs it on its nodes. What goes wrong becomes the job's own error. */
  async start(nodes: readonly Node[], granted: Granted): Promise<void> {
    try {
      if ((this.observation.spans?.length ?? 0) > 1) await this.#forgetTry()
      if (this.isFinal) return
      const node = nodes[0]?.id
      const nodeIndexes = nodes.map(({ index }) => index)
      await this.#enter('Preparing', { ...(node !== undefined && { node }), nodeIndexes, granted })
      this.#follow()
      if (this.#stop) throw new Stopped()
      const { launch, warnings } = await prepareJob(
        this.#deps,
        { spec: this.spec, folder: this.folder, logs: this.#logs },
        {
          nodes,
          granted,
          stopped: this.#stopped.promise,
        },
      )
      await this.#mounts.begin()
      if (this.#stop) throw new Stopped()
      if (this.#closed) return
      // From here on a restarted server starts the runner itself, should this one be killed before it does.
      await this.#enter('Starting', warnings.length > 0 ? { warnings } : {})
      await this.#launch(launch.interpreter)
    } catch (error) {
      const verdict = this.#stop ? this.#stopVerdict() : preparationVerdict(error)
      if (!verdict) this.#deps.log.error({ err: error, job: this.id }, 'a job could not be prepared')
      await this.#end(verdict ?? unexpected(error))
    }
  }

  /** Goes on with what an earlier server began; false where nothing runs yet and the job needs a node first. */
  async resume(): Promise<boolean> {
    if (this.status === 'Queued' || this.status === 'Preparing') {
      if (this.#stop) await this.#end(this.#stopVerdict())
      return this.isFinal
    }
    this.#follow()
    const verdict = this.#journal.last?.verdict
    if (verdict) void this.#end(verdict)
    else if ((await jsonOf(join(this.folder.run, 'pid.json'))) === undefined) {
      const launch = (await jsonOf(join(this.folder.run, 'launch.json'))) as { interpreter?: string } | undefined
      if (launch?.interpreter) await this.#launch(launch.interpreter)
    }
    if (this.status === 'Running') this.#showLogs()
    this.check()
    return true
  }

  /** Asks it to stop. What runs gets SIGTERM, and SIGKILL after the grace time. */
  async stop(reason: Stop['reason'], why?: string): Promise<void> {
    if (this.isFinal || this.#stop) return
    this.#stop = { reason, ...(why !== undefined && { why }) }
    await writeWhole(join(this.folder.run, 'cancel'), JSON.stringify(this.#stop))
    this.#stopped.reject(new Stopped())
    if (this.status === 'Queued') return this.#end(this.#stopVerdict())
    const runner = (await jsonOf(join(this.folder.run, 'pid.json'))) as ProcessIdentity | undefined
    if (runner) await signalProcess(runner, 'SIGTERM')
  }

  /** Looks at what the runner has written, soon; calls that come together are one look. */
  check(): void {
    if (this.#checking) {
      this.#checkAgain = true
      return
    }
    this.#checking = this.#look()
      .catch((error: unknown) => this.#deps.log.error({ err: error, job: this.id }, 'a job can’t be looked after'))
      .finally(() => {
        this.#checking = undefined
        if (!this.#checkAgain) return
        this.#checkAgain = false
        this.check()
      })
  }

  /** Stops watching; the job goes on. */
  async close(): Promise<void> {
    this.#closed = true
    this.#watcher?.close()
    await this.#logs.close()
  }

  async #launch(interpreter: string): Promise<void> {
    this.#launchedAt = Date.now()
    startRunner(interpreter, this.folder.run, (error) => {
      void this.#end({
        status: 'Failed',
        error: systemError(`The job's runner could not be started: ${error.message}.`),
      })
    })
  }

  async #look(): Promise<void> {
    this.#logs.nudge()
    if (this.isFinal || this.#closed || this.status === 'Queued' || this.status === 'Preparing') return
    const runner = (await jsonOf(join(this.folder.run, 'pid.json'))) as ProcessIdentity | undefined
    const alive = runner ? await isAlive(runner) : Date.now() - this.#launchedAt < runnerPatienceMs
    const started = (await jsonOf(join(this.folder.run, 'started.json'))) as { at: string } | undefined
    if (started && this.status === 'Starting') {
      this.#showLogs()
      await this.#enter('Running', { at: started.at })
    }
    if (this.status === 'Running') await this.#followMounts()
    // Read after the question whether it lives: the runner writes this and then ends.
    const exit = await jsonOf(join(this.folder.run, 'exit.json'))
    if (exit !== undefined) await this.#end(await this.#exitVerdict(exit))
    else if (!alive)
      await this.#end({
        status: 'Failed',
        error: systemError('The process that ran the job was killed from outside; its exit status is not known.'),
      })
  }

  async #exitVerdict(exit: unknown): Promise<Verdict> {
    if (!Value.Check(Exit, exit)) return { status: 'Failed', error: systemError('The exit record can’t be read.') }
    if (exit.reason === 'cancel' && this.#stop)
      return { ...this.#stopVerdict(), ...(exit.code === null ? {} : { exitCode: exit.code }) }
    const log = logsOf(this.spec)[exit.process ?? 0] ?? 'std_log.txt'
    return judge(exit, {
      log,
      tail: await tailOf(join(this.folder.run, log)),
      memoryBytes: this.#journal.last?.granted?.memoryBytes ?? this.#deps.machine.memoryBytes,
      ...(this.spec.timeoutSeconds === undefined ? {} : { timeoutSeconds: this.spec.timeoutSeconds }),
    })
  }

  #stopVerdict(): Verdict {
    if (this.#stop?.reason === 'computeRemoved')
      return { status: 'Failed', error: { code: 'ComputeDeleted', message: 'The compute of the job was deleted.' } }
    if (this.#stop?.reason === 'preempted')
      return {
        status: 'Failed',
        error: { code: PREEMPTED, message: 'The low-priority node that ran the job was preempted.' },
      }
    if (this.#stop?.reason === 'disk')
      return { status: 'Failed', error: { code: 'DiskFull', message: `The job was stopped: ${this.#stop.why}.` } }
    return { status: 'Canceled' }
  }

  /** Stores what the job left, then says how it ended: who sees the end sees everything else too. */
  #end(verdict: Verdict): Promise<void> {
    const end = () => (verdict.error?.code === PREEMPTED ? this.#queueAgain() : this.#store(verdict))
    this.#ending ??= end().catch((error: unknown) => {
      this.#ending = undefined
      this.#deps.log.error({ err: error, job: this.id }, 'a job’s end could not be written')
    })
    return this.#ending
  }

  /** Its node is gone: as on Azure's low-priority nodes it waits for another one and begins anew; its logs go on. */
  async #queueAgain(): Promise<void> {
    if (this.isFinal || this.#closed) return
    const message = 'The low-priority node that ran the job was preempted; the job was queued again.'
    this.#logs.note(message)
    await this.#logs.flush().catch((error: unknown) => {
      this.#deps.log.error({ err: error, job: this.id }, 'the log of a preempted job could not be stored yet')
    })
    this.#closed = true
    this.#watcher?.close()
    for (const index of this.nodeIndexes.keys()) this.#deps.limiter.release(groupOf(this.folder, index))
    await this.#logs.close()
    await this.#enter('Queued', { warnings: [...(this.#journal.last?.warnings ?? []), message] })
  }

  /** What an earlier try left of itself, but for its logs. */
  async #forgetTry(): Promise<void> {
    const left = ['cancel', 'exit.json', 'launch.json', 'mounts.json', 'pid.json', 'started.json']
    await Promise.all(left.map((name) => rm(join(this.folder.run, name), { force: true })))
  }

  async #store(wanted: Verdict): Promise<void> {
    if (this.isFinal || this.#closed) return
    let verdict = wanted
    if (this.status !== 'Queued') {
      if (this.status !== 'Finalizing') await this.#enter('Finalizing', { verdict })
      try {
        if ((await textOf(join(this.folder.run, 'started.json'))) !== undefined) {
          this.#showLogs()
          await this.#mounts.look({ ended: true })
          for (const line of await collectOutputs(this.#deps.blobs, this.spec, this.folder.work)) this.#logs.note(line)
        }
        const code = verdict.exitCode === undefined ? '' : `, exit code ${verdict.exitCode}`
        const since = this.#journal.last?.at ?? this.#deps.now().toISOString()
        this.#logs.note(
          `Finalizing took ${seconds(since, this.#deps.now().toISOString())} s; ended: ${verdict.status}${code}`,
        )
        await this.#logs.flush()
      } catch (error) {
        this.#deps.log.error({ err: error, job: this.id }, 'what a job left could not be stored')
        const why = error instanceof Error ? error.message : String(error)
        if (verdict.status === 'Completed')
          verdict = { status: 'Failed', error: systemError(`The outputs of the job could not be stored: ${why}.`) }
      }
    }
    if (this.#closed) return
    const { status, ...how } = verdict
    this.#watcher?.close()
    for (const index of this.nodeIndexes.keys()) this.#deps.limiter.release(groupOf(this.folder, index))
    await this.#logs.close()
    // A cancellation that nobody asked for by hand gives its reason as a warning too: clients look for errors only in
    // failed jobs.
    const told = status === 'Canceled' && how.error ? [how.error.message] : []
    const warnings = [...(this.#journal.last?.warnings ?? []), ...told]
    await this.#enter(status, { ...how, ...(warnings.length > 0 ? { warnings } : {}) })
    await this.clean()
  }

  /** Removes everything of an ended job but its journal; the spec, which holds its tokens, goes last. */
  async clean(): Promise<void> {
    await removeFolder(this.folder.work)
    await removeFolder(this.folder.run)
    await rm(this.folder.spec, { force: true })
  }

  /** Not more often than once in a second, and for no more than a twentieth of the time. */
  async #followMounts(): Promise<void> {
    const began = Date.now()
    if (began < this.#mountsAt) return
    try {
      await this.#mounts.look()
    } catch (error) {
      this.#deps.log.warn({ err: error, job: this.id }, 'what a job wrote to a mount could not be stored yet')
    }
    this.#mountsAt = Date.now() + Math.max(1000, 20 * (Date.now() - began))
  }

  #showLogs(): void {
    for (const log of logsOf(this.spec)) this.#logs.show(log)
  }

  async #enter(status: RunStatus, more: Partial<Entry> = {}): Promise<void> {
    const before = this.#journal.last
    await this.#journal.add({ at: this.#deps.now().toISOString(), ...more, status })
    const now = this.#journal.last
    // The log of a job that has ended is stored already: its last phase is told before that.
    if (before && now && before.status !== status && !this.isFinal)
      this.#logs.note(`${before.status} took ${seconds(before.at, now.at)} s; now ${status}`)
    this.#deps.changed(this)
  }

  /** Begins to watch the runner's folder; the engine's slow poll covers file systems that tell nothing. */
  #follow(): void {
    if (this.#watcher) return
    this.#logs.show('lifecycler.log')
    this.#watcher = watch(this.folder.run, (_event, name) => {
      if (name?.endsWith('.json')) this.check()
      else if (name !== null) this.#logs.nudge(name)
    })
    this.#watcher.on('error', () => this.#watcher?.close())
  }
}

/** How long a phase took, in seconds to the millisecond. */
const seconds = (from: string, to: string): string => (Math.max(0, Date.parse(to) - Date.parse(from)) / 1000).toFixed(3)
