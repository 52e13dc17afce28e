import { mkdtempSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import type { Blobs } from '../../blobs/blobs.ts'
import { openBlobs } from '../../blobs/open-blobs.ts'
import { pythonEnvironments } from '../../environments/environments.ts'
import { userPackageIndex } from '../../environments/package-index.ts'
import { findSandbox } from '../../host/sandbox.ts'
import type { RunStatus } from '../../store/runs.ts'
import { openSealing } from '../../store/sealing-key.ts'
import { sqlBlobStore } from '../../store/sql/blobs.ts'
import { openStore } from '../../store/sqlite/open-store.ts'
import type { BlobLocation, ComputeEngine, JobSpec, Observation, PoolSpec } from '../engine.ts'
import { type LocalEngineOptions, localEngine } from './local-engine.ts'

/** A data directory with real blobs, in which engines can be started, stopped and started again. */
export interface Bench {
  readonly directory: string
  readonly blobs: Blobs
  engine(options?: Partial<LocalEngineOptions>): Promise<ComputeEngine>
  textAt(path: string): Promise<string>
  close(): Promise<void>
}

/** Building even a bare environment takes seconds, so the engines of a test file share theirs. */
const environmentsFolder = mkdtempSync(join(tmpdir(), 'lazuli-environments-'))
process.once('exit', () => rmSync(environmentsFolder, { recursive: true, force: true }))

export const container: BlobLocation = { account: 'acct', container: 'azureml', path: '' }
export const at = (path: string): BlobLocation => ({ ...container, path })

export async function openBench(options: { readonly plain?: boolean } = {}): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'lazuli-engine-'))
  const store = await openStore({ directory })
  const log = pino({ level: 'silent' })
  const now = () => new Date()
  const sealing = await openSealing(directory)
  const service = await openBlobs({ directory, rows: sqlBlobStore(store.database), store, sealing, now, log })
  await service.blobs.ensureContainer(container.account, container.container)
  const sandbox = findSandbox({ disabled: options.plain ?? false, directory })
  const environments = pythonEnvironments({
    directory: environmentsFolder,
    tools: join(environmentsFolder, 'tools'),
    allowSubstitute: false,
    index: userPackageIndex(process.env),
    confine: sandbox.wrap,
    blobs: service.blobs,
  })
  const engines: ComputeEngine[] = []
  return {
    directory,
    blobs: service.blobs,
    async engine(more = {}) {
      const engine = localEngine({
        directory,
        blobs: service.blobs,
        environments,
        sandbox,
        sizeOf: () => undefined,
        keepFreeBytes: 0,
        log,
        now,
        graceSeconds: 2,
        pollMs: 200,
        ...more,
      })
      engines.push(engine)
      await engine.start()
      return engine
    },
    textAt: async (path) => text(await service.blobs.read(at(path))),
    async close() {
      for (const engine of engines) await engine.stop()
      await service.close()
      await store.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

export const pool = (more: Partial<PoolSpec> = {}): PoolSpec => ({
  computeId: '/c/cpu',
  vmSize: 'Standard_DS3_v2',
  minNodes: 0,
  maxNodes: 4,
  idleSecondsBeforeScaleDown: 120,
  stopped: false,
  ...more,
})

export const job = (run: string, command: string, more: Partial<JobSpec> = {}): JobSpec => ({
  id: `/w/ws/${run}`,
  workspace: '/w/ws',
  run,
  computeId: '/c/cpu',
  vmSize: 'Standard_DS3_v2',
  command,
  environment: { id: 'bare', image: 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest', variables: {} },
  variables: {},
  inputs: [],
  outputs: [],
  artifacts: at(`ExperimentRun/dcid.${run}`),
  instanceCount: 1,
  ...more,
})

/** Waits until a job is in one of the states, by the engine's own word; fails with what it is after the limit. */
export async function reaches(engine: ComputeEngine, id: string, ...wanted: RunStatus[]): Promise<Observation> {
  const limit = Date.now() + 120_000
  for (;;) {
    const seen = await engine.observe(id)
    if (seen && wanted.includes(seen.status)) return seen
    if (Date.now() > limit) throw new Error(`${id} is ${JSON.stringify(seen)}, not ${wanted.join(' or ')}`)
    await until(20)
  }
}

/** Waits for a condition that has no event to wait for. */
export async function eventually<Value>(what: () => Promise<Value | undefined> | Value | undefined): Promise<Value> {
  const limit = Date.now() + 120_000
  for (;;) {
    const value = await what()
    if (value !== undefined) return value
    if (Date.now() > limit) throw new Error(`never: ${what}`)
    await until(20)
  }
}

export const ended: readonly RunStatus[] = ['Completed', 'Failed', 'Canceled']

const until = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))
