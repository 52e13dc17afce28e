import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Blobs } from './blobs/blobs.ts'
import type { ComputeEngine } from './compute/engine.ts'
import type { Config } from './config.ts'
import type { Deps, Engines } from './domain/deps.ts'
import type { ReconcilerDeps, RunReconciler } from './domain/runs/run-reconciler.ts'
import { fault } from './faults.ts'

/** The engines, for `main.ts`: what runs jobs and deployments, and what follows the runs that they are given. */
export async function loadEngines() {
  const [
    blobRows,
    local,
    servings,
    sandboxes,
    environments,
    index,
    sizes,
    pools,
    quotas,
    signals,
    optuna,
    schedules,
    runs,
  ] = await Promise.all([
    import('./store/sql/blobs.ts'),
    import('./compute/local/local-engine.ts'),
    import('./serving/local/local-serving.ts'),
    import('./host/sandbox.ts'),
    import('./environments/environments.ts'),
    import('./environments/package-index.ts'),
    import('./domain/computes/find-vm-size.ts'),
    import('./domain/computes/restore-pools.ts'),
    import('./domain/computes/quotas.ts'),
    import('./domain/runs/run-signals.ts'),
    import('./environments/optuna-sampler.ts'),
    import('./domain/schedules/scheduler.ts'),
    loadRuns(),
  ])
  return {
    ...blobRows,
    enginesOf,
    ...pools,
    ...quotas,
    ...signals,
    ...schedules,
    /** The engines that run jobs and deployments on this machine, and what follows the runs that it is given. */
    open(options: {
      readonly directory: string
      readonly config: Config
      readonly blobs: Blobs
      readonly bundle: string
      readonly coresAdmitted: (key: string) => number
      readonly preemptsAfterMs: () => number | undefined
      readonly log: Logger
      readonly now: () => Date
    }) {
      const { directory, config } = options
      const sandbox = sandboxes.findSandbox({ directory })
      const packages = index.userPackageIndex(config.environment)
      const built = environments.pythonEnvironments({
        directory: join(directory, 'environments'),
        tools: join(directory, 'tools'),
        allowSubstitute: config.settings.allowSubstitute,
        index: packages,
        confine: sandbox.wrap,
        blobs: options.blobs,
      })
      const machine = {
        ...options,
        sandbox,
        environments: built,
        sizeOf: (name: string) => {
          const size = sizes.findVmSize(name)
          if (!size) return undefined
          const disk = size.diskMB > 0 && { diskBytes: size.diskMB * 1024 ** 2 }
          return { cpus: size.vCPUs, memoryBytes: size.memoryGB * 1024 ** 3, ...disk }
        },
        readable: [options.bundle, ...packages.files],
        variables: packages.pip,
      }
      const engine = local.localEngine({ ...machine, keepFreeBytes: config.settings.keepFreeBytes })
      const serving = servings.localServing(machine)
      const followRuns = (deps: Deps, address: ReconcilerDeps['address']): RunReconciler =>
        runs.runReconciler({
          ...deps,
          address,
          controllers: [
            runs.sweepController({ ...deps, bayesian: optuna.optunaSampler(built) }),
            runs.pipelineController(deps),
          ],
          handOver: (run) => runs.handOver(deps, run),
        })
      return { engine, serving, followRuns }
    },
  }
}

async function loadRuns() {
  const [reconciler, sweeps, pipelines, jobs] = await Promise.all([
    import('./domain/runs/run-reconciler.ts'),
    import('./domain/sweeps/sweep-controller.ts'),
    import('./domain/pipelines/pipeline-controller.ts'),
    import('./domain/jobs/hand-over.ts'),
  ])
  return { ...reconciler, ...sweeps, ...pipelines, ...jobs }
}

function enginesOf(all: readonly ComputeEngine[]): Engines {
  return {
    all: () => all,
    named(computeType) {
      const engine = all.find(({ computeTypes }) => computeTypes.includes(computeType))
      if (engine) return engine
      const known = all.flatMap(({ computeTypes }) => computeTypes).join(', ')
      throw fault('EngineUnavailable', { kind: computeType, reason: `those it has run ${known}` })
    },
  }
}
