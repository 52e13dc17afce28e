import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Blobs } from '../../blobs/blobs.ts'
import type { Environments } from '../../environments/environments.ts'
import { jsonOf } from '../../host/files.ts'
import { grant, memoryLimiter, type VmSize } from '../../host/limits.ts'
import { type Machine, thisMachine } from '../../host/machine.ts'
import type { Sandbox } from '../../host/sandbox.ts'
import type { DeploymentMetrics, DeploymentSpec, ServingEngine } from '../engine.ts'
import { moveCollected } from './collected.ts'
import { Deployment, type DeploymentDeps } from './deployment.ts'
import { cutLogs, logOf } from './deployment-logs.ts'
import { deploymentFolder, folderAt } from './places.ts'
import { refuse } from './ticket.ts'
import { sum, usageOf } from './usage.ts'

/** What local serving is built with. */
export interface LocalServingOptions {
  /** The data directory; `serving/` below it is the engine's. */
  readonly directory: string
  readonly blobs: Blobs
  readonly environments: Environments
  readonly sandbox: Sandbox
  readonly sizeOf: (vmSize: string) => VmSize | undefined
  /** Files outside a deployment's folder that it may read: the certificate bundle. */
  readonly readable?: readonly string[]
  /** Variables that every process gets: the user's package index. */
  readonly variables?: Readonly<Record<string, string>>
  readonly log: Logger
  readonly now: () => Date
  readonly machine?: Machine
  /** How often probes and idle times are looked at. */
  readonly pollMs?: number
  /** How long processes wait for a server that is gone. */
  readonly orphanSeconds?: number
}

/** Every so many looks, logs are kept from filling the disk. */
const LOOKS_PER_CUT = 30

/**
 * Deployments as processes of this machine, each behind a Unix socket. What stands about a deployment is in files, so a
 * server that was killed finds its processes again, or starts them.
 */
export function localServing(options: LocalServingOptions): ServingEngine {
  const { blobs, log, now, sandbox } = options
  const machine = options.machine ?? thisMachine()
  const directory = join(options.directory, 'serving')
  const deployments = new Map<string, Deployment>()
  /** Seen until its folder is gone: one that is made anew by its name would else share it. */
  const leaving = new Map<string, { readonly deployment: Deployment; readonly gone: Promise<void> }>()
  const listeners: ((id: string) => void)[] = []
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined
  let looks = 0

  const deps: DeploymentDeps = {
    ...options,
    readable: options.readable ?? [],
    variables: options.variables ?? {},
    limiter: memoryLimiter(directory),
    machine,
    orphanSeconds: options.orphanSeconds ?? 30,
    grant: (vmSize) => grant(options.sizeOf(vmSize), machine),
    changed: (id) => {
      for (const listener of listeners) listener(id)
    },
  }

  /** Also where nothing else happens: data that was collected, logs that grow. */
  async function look(): Promise<void> {
    looks += 1
    for (const deployment of deployments.values()) {
      deployment.tick()
      await collect(deployment)
      if (looks % LOOKS_PER_CUT === 0) for (const version of deployment.versions) await cutLogs(version.folder)
    }
  }

  async function collect(deployment: Deployment): Promise<void> {
    const { collector } = deployment.spec
    if (!collector) return
    for (const version of deployment.versions)
      for (const worker of version.workers) {
        const folder = join(worker.folder.own, 'collected')
        const moved = await moveCollected(blobs, { folder, collector, now: now() })
        deployment.counts.collectedLines += moved
      }
  }

  function lookSoon(): void {
    looking ??= look()
      .catch((error: unknown) => log.error({ err: error }, 'deployments could not be looked after'))
      .finally(() => {
        looking = undefined
      })
  }

  async function find(): Promise<void> {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    for (const name of await readdir(directory)) {
      const folder = folderAt(join(directory, name))
      const spec = (await jsonOf(folder.spec)) as DeploymentSpec | undefined
      if (!spec) continue
      const deployment = new Deployment(spec, folder, deps)
      deployments.set(spec.id, deployment)
      deployment
        .restore()
        .catch((error: unknown) => log.error({ err: error, deployment: spec.id }, 'a deployment could not be found'))
    }
  }

  return {
    kind: 'local',
    supports: { gpu: false, containers: false, triton: false },
    isolation: sandbox.description,

    async apply(spec) {
      await leaving.get(spec.id)?.gone
      let deployment = deployments.get(spec.id)
      if (!deployment) {
        deployment = new Deployment(spec, deploymentFolder(directory, spec.id), deps)
        deployments.set(spec.id, deployment)
      }
      await deployment.apply(spec)
    },

    async observe(id) {
      return (deployments.get(id) ?? leaving.get(id)?.deployment)?.view
    },

    async remove(id) {
      const deployment = deployments.get(id)
      if (!deployment) return
      deployments.delete(id)
      const gone = deployment
        .remove()
        .catch((error: unknown) => log.error({ err: error, deployment: id }, 'a deployment could not be removed'))
        .finally(() => leaving.delete(id))
      leaving.set(id, { deployment, gone })
    },

    onChange(listener) {
      listeners.push(listener)
    },

    score(id, request) {
      const deployment = deployments.get(id)
      if (!deployment) return Promise.resolve(refuse('unavailable', 'There is no such deployment.'))
      return deployment.score(request)
    },

    async logs(id, container, tail) {
      const [version] = deployments.get(id)?.versions.toReversed() ?? []
      return version ? logOf(version.folder, container, tail) : ''
    },

    async metrics(id): Promise<DeploymentMetrics | undefined> {
      const deployment = deployments.get(id)
      if (!deployment) return undefined
      const workers = deployment.versions.flatMap((version) => version.workers)
      const { cpus, memoryBytes } = deps.grant(deployment.spec.vmSize)
      const { instances } = deployment.spec
      return {
        ...deployment.counts.seen,
        ...sum(await Promise.all(workers.map((worker) => usageOf(worker.folder)))),
        inFlight: deployment.inFlight,
        queued: deployment.queued,
        granted: { cpus: cpus * instances, memoryBytes: memoryBytes * instances },
      }
    },

    async start() {
      await find()
      timer = setInterval(lookSoon, options.pollMs ?? 1000)
      timer.unref()
    },

    async stop() {
      clearInterval(timer)
      timer = undefined
      await looking
      await Promise.all([...deployments.values()].map((deployment) => deployment.abandon()))
      deployments.clear()
    },
  }
}
