import { mkdtempSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pino } from 'pino'
import type { Blobs } from '../../blobs/blobs.ts'
import { openBlobs } from '../../blobs/open-blobs.ts'
import type { BlobLocation } from '../../compute/engine.ts'
import { pythonEnvironments } from '../../environments/environments.ts'
import { userPackageIndex } from '../../environments/package-index.ts'
import { findSandbox } from '../../host/sandbox.ts'
import { openSealing } from '../../store/sealing-key.ts'
import { sqlBlobStore } from '../../store/sql/blobs.ts'
import { openStore } from '../../store/sqlite/open-store.ts'
import type { DeploymentSpec, DeploymentView, ScoreRequest, ScoreResult, ServingEngine } from '../engine.ts'
import { type LocalServingOptions, localServing } from './local-serving.ts'

/** A data directory with real blobs, in which engines can be started, stopped and started again. */
export interface Bench {
  readonly directory: string
  readonly blobs: Blobs
  engine(options?: Partial<LocalServingOptions>): Promise<ServingEngine>
  /** Stores a script and answers its deployment. */
  script(name: string, source: string | Files, more?: Partial<DeploymentSpec>): Promise<DeploymentSpec>
  store(path: string, files: Files): Promise<BlobLocation>
  textAt(path: string): Promise<string>
  close(): Promise<void>
}

type Files = Readonly<Record<string, string | Uint8Array>>

/**
 * Building even a bare environment takes seconds, so the engines of a test file share theirs. Whoever works on these
 * tests keeps them between runs by naming a folder.
 */
const kept = process.env.LAZULI_TEST_ENVIRONMENTS
const environmentsFolder = kept || mkdtempSync(join(tmpdir(), 'lazuli-environments-'))
if (!kept) process.once('exit', () => rmSync(environmentsFolder, { recursive: true, force: true }))

export const at = (path: string): BlobLocation => ({ account: 'acct', container: 'azureml', path })

/** A bare Python; tests of packages name a conda file. */
const bare = { id: 'bare', image: 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest', variables: {} }
export const conda = (...pip: readonly string[]) => ({
  id: 'packages',
  condaFile: JSON.stringify({ name: 'test', dependencies: ['python=3.11', 'pip', { pip }] }),
  variables: {},
})

export const probe = {
  initialDelayMs: 10_000,
  periodMs: 10_000,
  timeoutMs: 2000,
  successThreshold: 1,
  failureThreshold: 30,
}

export async function openBench(
  options: { readonly plain?: boolean; readonly environments?: string } = {},
): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'lazuli-serving-'))
  const store = await openStore({ directory })
  const log = pino({ level: 'silent' })
  const now = () => new Date()
  const sealing = await openSealing(directory)
  const service = await openBlobs({ directory, rows: sqlBlobStore(store.database), store, sealing, now, log })
  await service.blobs.ensureContainer('acct', 'azureml')
  const sandbox = findSandbox({ disabled: options.plain ?? false, directory })
  const folder = options.environments ?? environmentsFolder
  const environments = pythonEnvironments({
    directory: folder,
    tools: join(folder, 'tools'),
    allowSubstitute: false,
    index: userPackageIndex(process.env),
    confine: sandbox.wrap,
    blobs: service.blobs,
  })
  const engines: ServingEngine[] = []
  const bench: Bench = {
    directory,
    blobs: service.blobs,
    async engine(more = {}) {
      const engine = localServing({
        directory,
        blobs: service.blobs,
        environments,
        sandbox,
        sizeOf: () => undefined,
        log,
        now,
        pollMs: 50,
        orphanSeconds: 5,
        ...more,
      })
      engines.push(engine)
      await engine.start()
      return engine
    },
    async store(path, files) {
      for (const [name, content] of Object.entries(files)) await service.blobs.write(at(`${path}/${name}`), content)
      return at(path)
    },
    async script(name, source, more = {}) {
      const code = await bench.store(`code/${name}`, typeof source === 'string' ? { 'score.py': source } : source)
      return deployment(name, { flavour: { kind: 'script', code, entryScript: 'score.py' }, ...more })
    },
    textAt: async (path) => text(await service.blobs.read(at(path))),
    async close() {
      for (const engine of engines) await engine.stop()
      await environments.stop()
      await service.close()
      await store.close()
      await rm(directory, { recursive: true, force: true, maxRetries: 3 })
    },
  }
  return bench
}

export const deployment = (
  name: string,
  more: Partial<DeploymentSpec> & Pick<DeploymentSpec, 'flavour'>,
): DeploymentSpec => ({
  id: `ep/${name}`,
  endpoint: 'ep',
  deployment: name,
  environment: bare,
  variables: {},
  vmSize: 'Standard_DS3_v2',
  instances: 1,
  requests: { timeoutMs: 5000, maxConcurrentPerInstance: 16, maxQueueWaitMs: 500 },
  liveness: probe,
  readiness: probe,
  ...more,
})

/** What a request to `/score` with a body answers, its body as text. */
export async function ask(
  engine: ServingEngine,
  spec: Pick<DeploymentSpec, 'id'>,
  body: string | Uint8Array,
  more: Partial<ScoreRequest> = {},
): Promise<Asked> {
  return asked(
    await engine.score(spec.id, {
      method: 'POST',
      target: '/score',
      rawHeaders: ['Content-Type', 'application/json'],
      body: [typeof body === 'string' ? Buffer.from(body) : body],
      requestId: 'r-1',
      ...more,
    }),
  )
}

export type Asked =
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly text: string }
  | { readonly refused: string; readonly message: string }

async function asked(result: ScoreResult): Promise<Asked> {
  if ('refused' in result) return result
  const headers: Record<string, string> = {}
  for (let index = 0; index < result.rawHeaders.length; index += 2) {
    const name = (result.rawHeaders[index] ?? '').toLowerCase()
    const value = result.rawHeaders[index + 1] ?? ''
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  const body = result.body instanceof Readable ? await text(result.body) : Buffer.from(result.body).toString('utf8')
  return { status: result.status, headers, text: body }
}

/** The answer of a model, or the test fails with why there is none. */
export async function answer(...given: Parameters<typeof ask>) {
  const result = await ask(...given)
  if ('refused' in result) throw new Error(`${result.refused}: ${result.message}`)
  return result
}

/** Waits until a deployment is as wished, by the engine's own word; fails with what it is after the limit. */
export async function reaches(
  engine: ServingEngine,
  { id }: Pick<DeploymentSpec, 'id'>,
  ...wanted: readonly DeploymentView['state'][]
): Promise<DeploymentView> {
  const limit = Date.now() + 120_000
  for (;;) {
    const view = await engine.observe(id)
    if (view && wanted.includes(view.state)) return view
    if (Date.now() > limit || (view?.state === 'Failed' && !wanted.includes('Failed')))
      throw new Error(
        `${id} is ${JSON.stringify(view)}, not ${wanted.join(' or ')}\n${await engine.logs(id, 'inference-server', 50)}`,
      )
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Applies a deployment and waits until it answers. */
export async function deployed(engine: ServingEngine, spec: DeploymentSpec): Promise<DeploymentSpec> {
  await engine.apply(spec)
  await reaches(engine, spec, 'Ready')
  return spec
}

/** Waits for a condition that has no event to wait for. */
export async function eventually<Value>(
  what: () => Promise<Value | undefined> | Value | undefined,
  limitMs = 120_000,
): Promise<Value> {
  const limit = Date.now() + limitMs
  for (;;) {
    const value = await what()
    if (value !== undefined) return value
    if (Date.now() > limit) throw new Error(`never: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
