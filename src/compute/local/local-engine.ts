import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Blobs } from '../../blobs/blobs.ts'
import type { Environments } from '../../environments/environments.ts'
import { grant, memoryLimiter, type VmSize } from '../../host/limits.ts'
import { type Machine, thisMachine } from '../../host/machine.ts'
import type { Sandbox } from '../../host/sandbox.ts'
import type { ComputeEngine, JobSpec, Observation, PoolSpec, PoolView } from '../engine.ts'
import { diskGuard, type Guarded } from './disk-guard.ts'
import { Job, type JobDeps } from './job.ts'
import { jobFolder, jobFolders } from './job-files.ts'
import { Journal } from './journal.ts'
import { Pool } from './pool.ts'

/** What the local engine is built with. */
export interface LocalEngineOptions {
  /** The data directory; `jobs/` below it is the engine's. */
  readonly directory: string
  readonly blobs: Blobs
  readonly environments: Environments
  readonly sandbox: Sandbox
  readonly sizeOf: (vmSize: string) => VmSize | undefined
  /** Memory that stays free on the machine when a further node comes up. */
  readonly keepFreeBytes: number
  /** What stays free on a disk of so many bytes: jobs are stopped before it is gone. */
  readonly keepFreeDiskBytes?: (diskBytes: number) => number
  /** How many cores the nodes of all pools of a quota key may have together. */
  readonly coresAdmitted?: (key: string) => number
  /** When the low-priority node of a job that begins to run is taken away, in milliseconds; undefined for never. */
  readonly preemptsAfterMs?: () => number | undefined
  /** Files outside a job's folder that it may read: the certificate bundle. Never paths that a caller names. */
  readonly readable?: readonly string[]
  /** Variables that every job gets: the user's package index. */
  readonly variables?: Readonly<Record<string, string>>
  readonly log: Logger
  readonly now: () => Date
  readonly machine?: Machine
  /** Seconds between SIGTERM and SIGKILL. */
  readonly graceSeconds?: number
  /** How often idle times and silent file systems are looked at. */
  readonly pollMs?: number
}

/**
 * Jobs as processes of this machine. A cluster is a pool of slots; everything about a job lies in files, so a server
 * that was killed finds its jobs again, still running or ended meanwhile.
 */
export function localEngine(options: LocalEngineOptions): ComputeEngine {
  const { directory, now, log, sandbox } = options
  const machine = options.machine ?? thisMachine()
  const jobsFolder = join(directory, 'jobs')
  const pools = new Map<string, Pool>()
  /** Jobs that are not at their end, in the order of their submission. */
  const jobs = new Map<string, Job>()
  const submitting = new Map<string, Promise<void>>()
  const listeners: ((id: string) => void)[] = []
  /** Epoch milliseconds when the node of a job goes. */
  const preemptions = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  const deps: JobDeps = {
    ...options,
    limiter: memoryLimiter(directory),
    machine,
    readable: options.readable ?? [],
    variables: options.variables ?? {},
    graceSeconds: options.graceSeconds ?? 10,
    changed(job) {
      if (job.isFinal) {
        jobs.delete(job.id)
        preemptions.delete(job.id)
        for (const pool of pools.values()) pool.release(job.id, now().getTime())
        schedule()
      }
      if (job.isPreempted) {
        jobs.set(job.id, job.again())
        preemptions.set(job.id, Number.POSITIVE_INFINITY)
        for (const pool of pools.values()) pool.release(job.id, now().getTime())
        schedule()
      }
      for (const listener of listeners) listener(job.id)
    },
  }

  const waitingOn = (computeId: string) =>
    [...jobs.values()].filter((job) => key(job.spec.computeId) === computeId && !hasNode(computeId, job.id))
  /** Those of the highest priority first, and within one in the order of their submission. */
  const waitingFor = (computeId: string) =>
    waitingOn(computeId)
      .map(({ id, spec }) => ({ id, nodes: spec.instanceCount, priority: spec.priority ?? 22 }))
      .sort((one, other) => other.priority - one.priority)
  const hasNode = (computeId: string, id: string) =>
    pools.get(computeId)?.nodes.some((node) => node.job === id) ?? false
  const roomForMore = () => machine.availableBytes() > options.keepFreeBytes

  /** Whether the quota of a pool has room for one more of its nodes. */
  function admitted({ spec: { quota } }: Pool): boolean {
    if (!quota || !options.coresAdmitted) return true
    const same = [...pools.values()].filter(({ spec }) => spec.quota?.key === quota.key)
    const used = same.reduce((cores, { nodes, spec }) => cores + nodes.length * (spec.quota?.coresPerNode ?? 0), 0)
    return used + quota.coresPerNode <= options.coresAdmitted(quota.key)
  }

  function schedule(): void {
    if (stopped || !timer) return
    for (const [computeId, pool] of pools)
      for (const { job, nodes } of pool.schedule(waitingFor(computeId), now().getTime(), roomForMore, () =>
        admitted(pool),
      ))
        jobs
          .get(job)
          ?.start(nodes, pool.granted)
          .catch((error: unknown) => log.error({ err: error, job }, 'a job could not be started'))
  }

  const guard = diskGuard({
    folder: directory,
    keepFreeBytes: options.keepFreeDiskBytes ?? ((bytes) => Math.min(2 ** 30, bytes / 50)),
    failed: (error) => log.error({ err: error }, 'what jobs have written could not be measured'),
  })

  function poll(): void {
    schedule()
    const running = [...jobs.values()].filter(({ status }) => status === 'Running')
    guard.look(running.map(guarded))
    for (const job of jobs.values()) {
      job.check()
      preempt(job)
    }
  }

  /** Takes a job's node away where it is of low priority and its time has come. Each job is decided over once, and begins anew. */
  function preempt(job: Job): void {
    if (job.status !== 'Running' || !pools.get(key(job.spec.computeId))?.spec.lowPriority) return
    if (!preemptions.has(job.id)) {
      const after = options.preemptsAfterMs?.()
      if (after === undefined) return
      preemptions.set(job.id, Date.parse(job.observation.since) + after)
    }
    if (now().getTime() < (preemptions.get(job.id) ?? Number.POSITIVE_INFINITY)) return
    job
      .stop('preempted')
      .catch((error: unknown) => log.error({ err: error, job: job.id }, 'a job could not be preempted'))
  }

  async function create(spec: JobSpec): Promise<void> {
    const folder = jobFolder(jobsFolder, spec.id)
    if (await Journal.read(folder.journal)) return
    const job = await Job.create(spec, folder, deps)
    jobs.set(job.id, job)
    if (spec.pool) putPool(spec.pool)
    schedule()
  }

  return {
    kind: 'local',
    computeTypes: ['AmlCompute', 'ComputeInstance'],
    supports: { gpu: false, multiNode: true },
    isolation: sandbox.description,

    async applyPool(spec) {
      putPool(spec)
      schedule()
    },

    async observePool(computeId): Promise<PoolView | undefined> {
      const id = key(computeId)
      const pool = pools.get(id)
      const wanted = waitingOn(id).reduce((nodes, { spec }) => nodes + spec.instanceCount, 0)
      return pool?.view({ jobs: waitingOn(id).length, nodes: wanted }, (jobId) => {
        const job = jobs.get(jobId)
        const preparing = job?.status === 'Preparing' || job?.status === 'Starting'
        return { run: job?.spec.run ?? '', state: preparing ? 'preparing' : 'running' }
      })
    },

    async removePool(computeId) {
      const id = key(computeId)
      pools.delete(id)
      const its = [...jobs.values()].filter((job) => key(job.spec.computeId) === id)
      await Promise.all(its.map((job) => job.stop('computeRemoved')))
    },

    async submit(spec) {
      if (jobs.has(spec.id)) return
      const going = submitting.get(spec.id) ?? create(spec).finally(() => submitting.delete(spec.id))
      submitting.set(spec.id, going)
      await going
    },

    async observe(id): Promise<Observation | undefined> {
      return jobs.get(id)?.observation ?? Journal.read(jobFolder(jobsFolder, id).journal)
    },

    async cancel(id) {
      await submitting.get(id)
      await jobs.get(id)?.stop('cancel')
    },

    onChange(listener) {
      listeners.push(listener)
    },

    async start() {
      timer = setInterval(poll, options.pollMs ?? 1000)
      timer.unref()
      await findJobs()
      schedule()
    },

    async stop() {
      stopped = true
      clearInterval(timer)
      timer = undefined
      await Promise.all([options.environments.stop(), ...[...jobs.values()].map((job) => job.close())])
    },
  }

  function putPool(spec: PoolSpec): void {
    const id = key(spec.computeId)
    const granted = grant(options.sizeOf(spec.vmSize), machine)
    const known = pools.get(id)
    if (known) {
      known.spec = spec
      known.granted = granted
      return
    }
    const pool = new Pool(spec, granted)
    pools.set(id, pool)
    for (const job of jobs.values()) if (key(job.spec.computeId) === id) takeUp(job, pool)
  }

  /** A job that an earlier server started holds its node, whichever of the two is found again first. */
  function takeUp(job: Job, pool: Pool | undefined): void {
    const holds = job.status !== 'Queued' && job.status !== 'Preparing' && !job.isFinal
    for (const index of holds ? job.nodeIndexes : []) pool?.resume(job.id, index, now().getTime())
  }

  /** Takes up what an earlier server left: ended jobs are stored, running ones watched, queued ones queue again. */
  async function findJobs(): Promise<void> {
    const found: Job[] = []
    for (const folder of await jobFolders(jobsFolder)) {
      const job = await Job.find(folder, deps)
      if (job?.isFinal) await job.clean()
      else if (job && !jobs.has(job.id)) found.push(job)
    }
    found.sort((one, other) =>
      (one.observation.spans?.[0]?.at ?? '').localeCompare(other.observation.spans?.[0]?.at ?? ''),
    )
    for (const job of found) jobs.set(job.id, job)
    for (const job of found) {
      const going = await job.resume()
      if (job.spec.pool) putPool(job.spec.pool)
      takeUp(job, pools.get(key(job.spec.computeId)))
      if (going) log.info({ job: job.id, status: job.status }, 'found a job of an earlier start')
    }
  }
}

const guarded = (job: Job): Guarded => ({
  id: job.id,
  work: job.folder.work,
  ...(job.diskBytes !== undefined && { diskBytes: job.diskBytes }),
  stop: (why) => job.stop('disk', why),
})

const key = (computeId: string): string => computeId.toLowerCase()
