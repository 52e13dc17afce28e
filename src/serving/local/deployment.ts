import { randomBytes } from 'node:crypto'
import { mkdir, readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { jsonOf, removeFolder, writeWhole } from '../../host/files.ts'
import type { DeploymentFailure, DeploymentSpec, DeploymentView, ScoreRequest, ScoreResult } from '../engine.ts'
import { Counts } from './counts.ts'
import { Dispatcher } from './dispatcher.ts'
import { type DeploymentFolder, processesPerInstance, processFolder, versionFolder, versionKey } from './places.ts'
import { Version, type VersionDeps } from './version.ts'
import { Worker } from './worker.ts'

export interface DeploymentDeps extends VersionDeps {
  readonly changed: (id: string) => void
}

/** How long a request waits for instances that were ended for want of requests. */
const START_PATIENCE_MS = 60_000

/** A deployment: the version that answers, and the one that is to follow it. */
export class Deployment {
  readonly folder: DeploymentFolder
  readonly counts = new Counts()
  readonly #deps: DeploymentDeps
  readonly #dispatcher: Dispatcher
  #spec: DeploymentSpec
  #serving: Version | undefined
  #next: Version | undefined
  /** The version that came to nothing; its logs tell why. */
  #fallen: Version | undefined
  /** Versions that are at their last requests. */
  readonly #leaving = new Set<Version>()
  #takers: readonly Worker[] = []
  #isZero = false
  #failure: DeploymentFailure | undefined
  #since: string
  #state: DeploymentView['state'] = 'Starting'
  #restarts = 0
  #isRestoring = false
  #work: Promise<void> = Promise.resolve()
  #removed = false

  constructor(spec: DeploymentSpec, folder: DeploymentFolder, deps: DeploymentDeps) {
    this.#spec = spec
    this.folder = folder
    this.#deps = deps
    this.#since = deps.now().toISOString()
    this.#dispatcher = new Dispatcher({
      limits: spec,
      counts: this.counts,
      takers: () => this.#takers,
      wanted: () => this.#wake(),
    })
  }

  get spec(): DeploymentSpec {
    return this.#spec
  }
  get inFlight(): number {
    return this.#dispatcher.inFlight
  }
  get queued(): number {
    return this.#dispatcher.queued
  }
  /** Whoever has logs and processes, the one that answers first. */
  get versions(): readonly Version[] {
    return [this.#serving, this.#next, this.#fallen].filter((version) => version !== undefined)
  }

  get view(): DeploymentView {
    return {
      state: this.#state,
      since: this.#since,
      ...(this.#failure && { failure: this.#failure }),
      readyInstances: this.#serving?.readyInstances ?? 0,
      instances: this.#spec.instances,
      restarts: this.#restarts,
      warnings: (this.#next ?? this.#serving)?.warnings ?? [],
    }
  }

  score(request: ScoreRequest): Promise<ScoreResult> {
    return this.#dispatcher.score(request)
  }

  /** Takes a new wish; resolves when it is on disk. */
  apply(spec: DeploymentSpec): Promise<void> {
    return this.#inTurn(async () => {
      const isKnown = isDeepStrictEqual(spec, this.#spec) && this.versions.length > 0
      if (isKnown && !this.#failure) return
      this.#spec = spec
      await mkdir(this.folder.versions, { recursive: true, mode: 0o700 })
      await writeWhole(this.folder.spec, JSON.stringify(spec))
      await this.#goFor(spec)
    })
  }

  /** Takes up what an earlier server left. */
  restore(): Promise<void> {
    this.#isRestoring = true
    return this.#inTurn(async () => {
      const record = (await jsonOf(this.folder.serving)) as { readonly name: string } | undefined
      const folder = record && versionFolder(join(this.folder.versions, record.name))
      const served = folder && ((await jsonOf(folder.spec)) as DeploymentSpec | undefined)
      for (const name of await readdir(this.folder.versions).catch(() => []))
        if (name !== record?.name) await removeVersion(join(this.folder.versions, name))
      if (record && served) {
        const version = this.#version(served, record.name)
        this.#serving = version
        const found = await version.find(this.#processes(served))
        if (found > 0 || served.idleMsBeforeZero === undefined) version.scale(this.#processes(served))
        else this.#isZero = true
      }
      this.#isRestoring = false
      await this.#goFor(this.#spec)
      // What came in the meantime starts what it needs.
      this.#dispatcher.pump()
    })
  }

  /** Ends it; resolves when nothing of it is left. */
  remove(): Promise<void> {
    this.#removed = true
    this.#dispatcher.refuseAll('The deployment is being deleted.')
    return this.#inTurn(async () => {
      this.#takers = []
      await Promise.all([...this.versions, ...this.#leaving].map((version) => version.close()))
      this.#dispatcher.refuseAll('The deployment is being deleted.')
      this.#dispatcher.close()
      await removeFolder(this.folder.root)
    })
  }

  /** Looks away; processes go on. */
  async abandon(): Promise<void> {
    this.#removed = true
    await this.#work
    for (const version of [...this.versions, ...this.#leaving]) version.abandon()
    this.#dispatcher.refuseAll('The server is being stopped.')
    this.#dispatcher.close()
  }

  /** What is due from time to time: probes, and the end of instances that nobody asks. */
  tick(): void {
    const now = performance.now()
    this.#serving?.probe()
    this.#next?.probe()
    const idle = this.#spec.idleMsBeforeZero
    const isBusy = this.inFlight > 0 || this.queued > 0 || this.#takers.some((worker) => worker.load > 0)
    if (idle === undefined || this.#isZero || !this.#serving || this.#next || isBusy) return
    if (now - this.#dispatcher.lastRequest < idle || !this.#serving.isUp) return
    this.#isZero = true
    this.#serving.scale(0)
    this.#changed()
  }

  async #goFor(spec: DeploymentSpec): Promise<void> {
    if (this.#removed) return
    const key = versionKey(spec)
    this.#failure = undefined
    this.#dispatcher.limits = spec
    if (this.#next && this.#next.key !== key) this.#drop(this.#next)
    if (this.#fallen) this.#drop(this.#fallen)
    const current = [this.#serving, this.#next].find((version) => version?.key === key)
    if (current) {
      if (!isDeepStrictEqual(current.spec, spec)) await writeWhole(current.folder.spec, JSON.stringify(spec))
      current.spec = spec
      if (current !== this.#serving || spec.idleMsBeforeZero === undefined) this.#isZero = false
      if (!this.#isZero) current.scale(this.#processes(spec))
    } else {
      // A folder of its own: an earlier version of the same content may still be at its last requests.
      const version = this.#version(spec, `${key}-${randomBytes(4).toString('hex')}`)
      await mkdir(version.folder.root, { recursive: true, mode: 0o700 })
      await writeWhole(version.folder.spec, JSON.stringify(spec))
      this.#next = version
      version.scale(this.#processes(spec))
    }
    this.#changed()
  }

  #processes(spec: DeploymentSpec): number {
    return spec.instances * processesPerInstance(spec)
  }

  #version(spec: DeploymentSpec, name: string): Version {
    const version = new Version({
      key: versionKey(spec),
      folder: versionFolder(join(this.folder.versions, name)),
      spec,
      deps: this.#deps,
      events: {
        finished: () => this.#dispatcher.finished(),
        returned: (tickets) => this.#dispatcher.returned(tickets),
        changed: () => this.#versionChanged(version),
        failed: (failure) => this.#versionFailed(version, failure),
        restarted: (failure) => {
          this.#restarts += 1
          this.#deps.log.warn({ deployment: spec.id, failure }, 'a process of a deployment ended and is started again')
        },
      },
    })
    return version
  }

  #versionChanged(version: Version): void {
    if (version === this.#next && version.isUp) this.#take(version)
    if (version === this.#serving) {
      this.#takers = version.workers.filter((worker) => worker.isReady)
      this.#dispatcher.pump()
    }
    this.#changed()
  }

  /** From here on the new version answers; the old one ends with what it has begun. */
  #take(version: Version): void {
    const before = this.#serving
    this.#serving = version
    this.#next = undefined
    this.#isZero = false
    this.#dispatcher.lastRequest = performance.now()
    const name = basename(version.folder.root)
    this.#inTurn(() => writeWhole(this.folder.serving, JSON.stringify({ name }))).then(
      () => before && this.#drop(before),
      () => undefined,
    )
  }

  #versionFailed(version: Version, failure: DeploymentFailure): void {
    if (version !== this.#next) return
    this.#next = undefined
    this.#fallen = version
    this.#failure = failure
    this.#leaving.add(version)
    version.close().then(() => this.#leaving.delete(version), this.#failedToChange)
    this.#changed()
  }

  /** Lets a version answer what it has begun; nobody waits for it. */
  #drop(version: Version): void {
    if (version === this.#next) this.#next = undefined
    if (version === this.#fallen) this.#fallen = undefined
    this.#leaving.add(version)
    version
      .close()
      .then(() => removeFolder(version.folder.root))
      .then(() => this.#leaving.delete(version), this.#failedToChange)
  }

  readonly #failedToChange = (error: unknown): void =>
    this.#deps.log.error({ err: error, deployment: this.#spec.id }, 'a deployment could not be changed')

  /** Starts what was ended for want of requests; answers for how long a request may wait. */
  #wake(): number {
    if (this.#isRestoring) return START_PATIENCE_MS
    if (this.#removed || !this.#serving) return 0
    if (!this.#isZero) return this.#spec.requests.timeoutMs
    this.#isZero = false
    this.#serving.scale(this.#processes(this.#spec))
    this.#changed()
    return START_PATIENCE_MS
  }

  #changed(): void {
    const state = this.#failure ? 'Failed' : this.#next || !this.#serving ? 'Starting' : this.#isZero ? 'Zero' : 'Ready'
    if (state !== this.#state) {
      this.#state = state
      this.#since = this.#deps.now().toISOString()
    }
    this.#deps.changed(this.#spec.id)
  }

  /** One change after the other. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work)
    this.#work = done.catch(this.#failedToChange)
    return done
  }
}

/** What a killed server left of a version that did not answer yet, or no longer. */
async function removeVersion(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const index = /^p(\d+)$/.exec(name)?.[1]
    if (index) await Worker.endIn(processFolder(root, Number(index)))
  }
  await removeFolder(root)
}
