import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pino } from 'pino'
import type { BlobInfo, Blobs } from '../../src/blobs/blobs.ts'
import type { ComputeEngine, JobSpec, Observation } from '../../src/compute/engine.ts'
import { jobRuns } from '../../src/domain/runs/job-runs.ts'
import { type ReconcilerDeps, runReconciler } from '../../src/domain/runs/run-reconciler.ts'
import { runSignals } from '../../src/domain/runs/run-signals.ts'
import { submitJob } from '../../src/domain/runs/submit-job.ts'
import { fault } from '../../src/faults.ts'
import type { JsonObject } from '../../src/json.ts'
import type { StoredResource } from '../../src/store/resources.ts'
import type { Run } from '../../src/store/runs.ts'
import { openStore } from '../../src/store/sqlite/open-store.ts'

export const WORKSPACE_ID = '/subscriptions/s/resourceGroups/G/providers/Microsoft.MachineLearningServices/workspaces/W'
export const WORKSPACE = WORKSPACE_ID.toLowerCase()
const ML = 'Microsoft.MachineLearningServices/workspaces'
const at = '2026-01-01T00:00:00.000Z'
const system = {
  createdBy: 'ada',
  createdByType: 'User',
  createdAt: at,
  lastModifiedBy: 'ada',
  lastModifiedByType: 'User',
  lastModifiedAt: at,
}

export const resource = (id: string, type: string, body: JsonObject): StoredResource => ({
  id,
  type,
  name: id.slice(id.lastIndexOf('/') + 1),
  body,
  state: {},
  secrets: {},
  provisioningState: 'Succeeded',
  etag: 'e',
  system,
})

const nothing = async () => undefined

/** An engine that does what a test says: the machine outside is what it stands for. */
export class ScriptedEngine implements ComputeEngine {
  readonly kind = 'scripted'
  readonly computeTypes = ['AmlCompute']
  readonly supports = { gpu: false, multiNode: false }
  readonly isolation = 'none'
  readonly submitted: JobSpec[] = []
  readonly cancelled: string[] = []
  readonly #seen = new Map<string, Observation>()
  #tell: (id: string) => void = () => undefined

  /** What the engine sees of a job from now on. */
  show(id: string, seen: Observation): void {
    this.#seen.set(id, seen)
    this.#tell(id)
  }
  /** Forgets a job, as an engine would that lost its files. */
  lose(id: string): void {
    this.#seen.delete(id)
  }
  async submit(job: JobSpec): Promise<void> {
    if (this.#seen.has(job.id)) return
    this.submitted.push(job)
    this.#seen.set(job.id, { status: 'Queued', since: at })
  }
  async observe(id: string): Promise<Observation | undefined> {
    return this.#seen.get(id)
  }
  async cancel(id: string): Promise<void> {
    this.cancelled.push(id)
    const seen = this.#seen.get(id)
    if (seen) this.show(id, { ...seen, status: 'Canceled', since: at })
  }
  onChange(listener: (id: string) => void): void {
    this.#tell = listener
  }
  applyPool = nothing
  observePool = nothing
  removePool = nothing
  start = nothing
  stop = nothing
}

/** Files by path: the object store outside, as far as a run's end reads it. */
function files(): { readonly blobs: Blobs; readonly put: (path: string, text: string) => void } {
  const stored = new Map<string, string>()
  const refuse = () => Promise.reject(new Error('not part of this test'))
  const infoOf = (name: string, text: string): BlobInfo => ({
    name,
    size: Buffer.byteLength(text),
    contentType: 'text/plain',
    etag: 'e',
    createdAt: at,
    modifiedAt: at,
    metadata: {},
  })
  const blobs = {
    info: async ({ path }) => {
      const text = stored.get(path)
      return text === undefined ? undefined : infoOf(path, text)
    },
    read: async ({ path }, range) => {
      const bytes = Buffer.from(stored.get(path) ?? '')
      return Readable.from([bytes.subarray(range?.start ?? 0, range?.end ?? bytes.length)])
    },
    isPublic: refuse,
    ensureContainer: refuse,
    containerInfo: refuse,
    removeContainer: refuse,
    removeAccount: refuse,
    write: refuse,
    append: refuse,
    commit: refuse,
    dropBlocks: refuse,
    remove: refuse,
    list: refuse,
    materialise: refuse,
    collect: refuse,
    makeFolder: refuse,
    sas: refuse,
  } satisfies Blobs
  return { blobs, put: (path, text) => void stored.set(path, text) }
}

/** A real store with one workspace, and the reconciler over a scripted engine. */
export async function runWorld() {
  const directory = mkdtempSync(join(tmpdir(), 'lazuli-runs-'))
  const store = await openStore({ directory })
  const engine = new ScriptedEngine()
  const signals = runSignals()
  const { blobs, put } = files()
  await store.write(async (within) => {
    await within.resources.put(resource(WORKSPACE_ID, ML, { location: 'eastus' }))
    const artifacts = { datastoreType: 'AzureBlob', accountName: 'acc', containerName: 'azureml' }
    await within.resources.put(
      resource(`${WORKSPACE_ID}/datastores/workspaceartifactstore`, `${ML}/datastores`, { properties: artifacts }),
    )
  })
  const deps: ReconcilerDeps = {
    store,
    blobs,
    engines: {
      named: (kind) => {
        if (kind === 'AmlCompute') return engine
        throw fault('EngineUnavailable', { kind, reason: 'this test has none' })
      },
      all: () => [engine],
    },
    tokens: {
      issueRunToken: async ({ id }) => `token of ${id}`,
      issueFor: () => Promise.reject(fault('RunIdentityMissing', { reason: 'this test has none' })),
      issueRunSecret: async ({ id }) => `secret of ${id}`,
      readRunSecret: async () => undefined,
      issueEndpointToken: async ({ endpoint }) => ({ token: `token of ${endpoint}`, expiresOn: 0 }),
      readEndpointToken: async () => undefined,
    },
    runSignals: signals,
    log: pino({ level: 'silent' }),
    now: () => new Date(at),
    controllers: [],
    handOver: async () => undefined,
    address: () => ({ origin: testOrigin, proxy: 'http://127.0.0.1:1', caBundle: '/ca.pem' }),
  }
  const reconcilers = [runReconciler(deps)]
  return {
    store,
    engine,
    deps,
    put,
    start: () => reconcilers.at(-1)?.start(),
    /** Another server on the same store. */
    async restart() {
      await reconcilers.at(-1)?.stop()
      reconcilers.push(runReconciler(deps))
      await reconcilers.at(-1)?.start()
    },
    async submit(name: string, submission: Partial<Parameters<typeof submitJob>[1]> = {}, job: JsonObject = {}) {
      const id = `${WORKSPACE_ID}/jobs/${name}`
      const properties = { jobType: 'Command', experimentName: 'exp', command: 'true', ...job }
      await store.write((within) => jobRuns.put(within, resource(id, `${ML}/jobs`, { properties })))
      return await submitJob(deps, {
        workspace: WORKSPACE_ID,
        run: name,
        computeType: 'AmlCompute',
        spec: {
          computeId: `${WORKSPACE_ID}/computes/cpu`,
          vmSize: 'Standard_DS3_v2',
          command: 'true',
          environment: { id: 'e', variables: {} },
          variables: { FOO: 'bar' },
          inputs: [],
          outputs: [],
          instanceCount: 1,
        },
        outputs: {},
        ...submission,
      })
    },
    run: (name: string) => store.runs.get(WORKSPACE, name),
    async until(name: string, is: (run: Run) => boolean): Promise<Run> {
      for (let attempt = 0; attempt < 500; attempt++) {
        const run = await store.runs.get(WORKSPACE, name)
        if (run && is(run)) return run
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      throw new Error(`Run ${name} did not get there: ${JSON.stringify(await store.runs.get(WORKSPACE, name))}`)
    },
    async stop() {
      await reconcilers.at(-1)?.stop()
      await store.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

const own = 'https://own.test'
export const testOrigin = {
  arm: () => own,
  login: () => own,
  regional: (region: string) => `https://${region}.api.test`,
  discovery: () => own,
  blob: (account: string) => `https://${account}.blob.test`,
  storage: () => own,
  vault: () => own,
  containerRegistry: () => own,
  scoring: () => own,
  graph: () => own,
  studio: () => own,
}
