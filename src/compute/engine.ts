import type { JsonObject } from '../json.ts'
import type { RunStatus } from '../store/runs.ts'

/** Something that an engine puts in place before a process starts, and the variable or blank that names it. */
export interface JobInput {
  readonly name: string
  readonly type: 'literal' | 'uri_file' | 'uri_folder' | 'mltable' | 'custom_model' | 'mlflow_model' | 'triton_model'
  readonly mode: 'ro_mount' | 'rw_mount' | 'download' | 'direct' | 'eval_mount' | 'eval_download'
  /** The literal's value, or the data's location. */
  readonly value: string
  /** Stored bytes by blob, for everything but literals and foreign URIs. */
  readonly source?: BlobLocation & {
    /** Only for what anybody may read: its account is no business of the workspace. */
    readonly anonymous?: true
  }
}

export interface JobOutput {
  readonly name: string
  readonly type: 'uri_file' | 'uri_folder' | 'mltable' | 'custom_model' | 'mlflow_model' | 'triton_model'
  readonly mode: 'rw_mount' | 'upload' | 'direct'
  readonly target: BlobLocation
  /** The place by its URI, which stands for an output that the job writes itself (`direct`). */
  readonly uri?: string
}

/** How the processes of a job are spread over its nodes, each with a command of its own. */
export type JobDistribution =
  | { readonly kind: 'PyTorch' | 'Mpi'; readonly processesPerNode: number }
  | { readonly kind: 'TensorFlow'; readonly workers: number; readonly parameterServers: number }
  | {
      readonly kind: 'Ray'
      readonly port?: number
      readonly includeDashboard: boolean
      readonly dashboardPort?: number
      /** What is added to `ray start` on the first node, and on the others. */
      readonly headArguments: string
      readonly workerArguments: string
    }

/** A blob, or a folder of blobs by prefix. */
export interface BlobLocation {
  readonly account: string
  readonly container: string
  readonly path: string
}

/** A program of Lazuli's own below `python/`, and what it is to do, without secrets. */
export interface DriverSpec {
  readonly name: 'parallel'
  readonly settings: JsonObject
}

/** A job as an engine needs it: everything resolved, nothing to look up. */
export interface JobSpec {
  /** Workspace key and run id: unique in the install. */
  readonly id: string
  readonly workspace: string
  readonly run: string
  readonly computeId: string
  readonly vmSize: string
  /** The command with its blanks still in it: `${{inputs.x}}`, `${{outputs.y}}`. */
  readonly command: string
  /**
   * What the command starts instead of a program of the job's own. The job finds its folder by the variable
   * LAZULI_DRIVER and its settings as JSON in LAZULI_DRIVER_SETTINGS.
   */
  readonly driver?: DriverSpec
  readonly code?: BlobLocation
  readonly environment: EnvironmentSpec
  readonly variables: Readonly<Record<string, string>>
  readonly inputs: readonly JobInput[]
  readonly outputs: readonly JobOutput[]
  /** Where `outputs/`, `logs/`, `user_logs/` and `system_logs/` of the run go. */
  readonly artifacts: BlobLocation
  readonly timeoutSeconds?: number
  readonly instanceCount: number
  readonly distribution?: JobDistribution
  /** Among jobs that wait for the same compute the higher comes first; left out, as 22: Standard, medium. */
  readonly priority?: number
  /** The pool of a job that names no compute; the engine makes it with the first job that brings it. */
  readonly pool?: PoolSpec
}

/** The log of a job's first process, below its artifacts: what clients stream. */
export const firstLogOf = ({ instanceCount, distribution }: Pick<JobSpec, 'instanceCount' | 'distribution'>): string =>
  instanceCount === 1 && !distribution ? 'user_logs/std_log.txt' : 'user_logs/std_log_process_00.txt'

/** What an environment version says, as far as building one needs it. */
export interface EnvironmentSpec {
  readonly id: string
  readonly image?: string
  /** The conda file's text. */
  readonly condaFile?: string
  readonly buildContext?: BlobLocation
  readonly dockerfilePath?: string
  readonly variables: Readonly<Record<string, string>>
}

/** What an engine sees of a job. `Completed`, `Failed` and `Canceled` come only after logs and outputs are stored. */
export interface Observation {
  readonly status: RunStatus
  /** ISO 8601; when the state was entered. */
  readonly since: string
  /** All states gone through so far with the time each began, oldest first: so that none is missed between two looks. */
  readonly spans?: readonly { readonly status: RunStatus; readonly at: string }[]
  readonly exitCode?: number
  readonly error?: { readonly code: string; readonly message: string }
  readonly warnings?: readonly string[]
  /** Node that runs it. */
  readonly node?: string
}

/** A node of a compute as `listNodes` shows it. */
export interface NodeView {
  readonly nodeId: string
  readonly state: 'idle' | 'running' | 'preparing' | 'unusable' | 'leaving' | 'preempted'
  readonly run?: string
  /** ISO 8601; since when it has nothing to do. */
  readonly idleSince?: string
  readonly cpus: number
  readonly memoryBytes: number
}

/** What a compute's declaration asks of an engine. */
export interface PoolSpec {
  readonly computeId: string
  readonly vmSize: string
  readonly minNodes: number
  readonly maxNodes: number
  readonly idleSecondsBeforeScaleDown: number
  /** What its nodes count against: pools of one key share what it admits. Left out, nothing limits them. */
  readonly quota?: { readonly key: string; readonly coresPerNode: number }
  /** Nodes that may be taken away from their jobs. */
  readonly lowPriority?: true
  /** A stopped instance keeps its jobs queued. */
  readonly stopped: boolean
}

export interface PoolView {
  readonly allocationState: 'Steady' | 'Resizing'
  readonly nodes: readonly NodeView[]
  readonly targetNodes: number
  readonly queuedJobs: number
  /** Set where a further node is wanted and its quota does not admit one. */
  readonly quotaReached?: true
}

/**
 * Where jobs really run. The reconciler asks and the engine acts; an engine never touches the store.
 * Every call returns soon and may be repeated: submitting a known job and cancelling a finished one do nothing.
 */
export interface ComputeEngine {
  readonly kind: string
  /** The compute types it makes true: `AmlCompute`, `ComputeInstance`. */
  readonly computeTypes: readonly string[]
  /** Ask these, never `kind === …`. */
  readonly supports: { readonly gpu: boolean; readonly multiNode: boolean }
  /** The isolation in force for jobs, in words for `status` and system_logs. */
  readonly isolation: string

  /** Makes the pool as wished, or changes it. */
  applyPool(pool: PoolSpec): Promise<void>
  observePool(computeId: string): Promise<PoolView | undefined>
  removePool(computeId: string): Promise<void>

  submit(job: JobSpec): Promise<void>
  observe(id: string): Promise<Observation | undefined>
  cancel(id: string): Promise<void>
  /** Called when a job's observation has changed; the listener asks `observe`. */
  onChange(listener: (id: string) => void): void

  /** Finds again what an earlier server started, then begins. May be called once. */
  start(): Promise<void>
  /** Stops watching; jobs go on. May be called twice. */
  stop(): Promise<void>
}
