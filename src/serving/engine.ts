import type { Readable } from 'node:stream'
import type { BlobLocation, EnvironmentSpec } from '../compute/engine.ts'

/** What answers the requests of a deployment. */
export type Flavour =
  /** The user's own script by Azure's contract: `init()`, `run()`. */
  | { readonly kind: 'script'; readonly code: BlobLocation; readonly entryScript: string }
  /** An MLflow model without code, in the environment that it names itself unless the deployment names one. */
  | { readonly kind: 'mlflow' }
  /** An ONNX model without code. */
  | { readonly kind: 'onnx' }

/** A model as a deployment finds it: below `AZUREML_MODEL_DIR`, as Azure lays it. */
export interface DeployedModel {
  readonly name: string
  readonly version: string
  /** A file or a folder. */
  readonly location: BlobLocation
  /** The place of the model below the folder of its name and version, where it is registered; a blob's name if left out. */
  readonly mountPath?: string
}

/** How often something is asked, and when its silence counts. Durations are in milliseconds. */
export interface Probe {
  readonly initialDelayMs: number
  readonly periodMs: number
  readonly timeoutMs: number
  readonly successThreshold: number
  readonly failureThreshold: number
}

/** What is kept of what a model is asked and answers. */
export interface DataCollection {
  readonly name: string
  /** The folder below which a path by date and hour holds the lines. */
  readonly target: BlobLocation
  /** 0 to 1. */
  readonly samplingRate: number
}

export interface DataCollector {
  readonly collections: readonly DataCollection[]
  readonly rollingRate: 'Year' | 'Month' | 'Day' | 'Hour' | 'Minute'
  /** Headers of requests that are kept beside the lines. */
  readonly captureHeaders: readonly string[]
}

/** A deployment as an engine needs it: everything resolved, nothing to look up. */
export interface DeploymentSpec {
  /** Unique in the install; an endpoint's and a deployment's names. */
  readonly id: string
  readonly endpoint: string
  readonly deployment: string
  readonly flavour: Flavour
  readonly model?: DeployedModel
  /** Required for a script; an MLflow model brings its own. */
  readonly environment?: EnvironmentSpec
  /** The user's variables and what the endpoint adds (identity). */
  readonly variables: Readonly<Record<string, string>>
  readonly vmSize: string
  /** Each is one or more processes (`WORKER_COUNT`) within one vmSize's limits. */
  readonly instances: number
  readonly requests: {
    readonly timeoutMs: number
    readonly maxConcurrentPerInstance: number
    readonly maxQueueWaitMs: number
  }
  readonly liveness: Probe
  readonly readiness: Probe
  /** Ends all instances after so long without a request; the next one starts them. Left out, they stay. */
  readonly idleMsBeforeZero?: number
  readonly collector?: DataCollector
}

/** Why a deployment did not come up, the surest word first. */
export interface DeploymentFailure {
  /** `Environment`, `Model`, `Code`: what could not be put in place. The others: what the script came to. */
  readonly reason:
    | 'Environment'
    | 'Model'
    | 'Code'
    | 'EntryScript'
    | 'Import'
    | 'Init'
    | 'Probe'
    | 'Crash'
    | 'OutOfMemory'
    | 'Unsupported'
    | 'System'
  /** For the deployment's owner, with the log's last lines where they tell more. */
  readonly message: string
}

/** What an engine sees of a deployment. */
export interface DeploymentView {
  /**
   * `Starting`: nothing of what was applied last answers yet (an earlier version may). `Ready`: it does. `Zero`: it
   * does after a start, with the next request. `Failed`: it will not; what answered before still does.
   */
  readonly state: 'Starting' | 'Ready' | 'Zero' | 'Failed'
  /** ISO 8601; when the state was entered. */
  readonly since: string
  readonly failure?: DeploymentFailure
  /** Instances that answer, of whatever version. */
  readonly readyInstances: number
  readonly instances: number
  /** Starts of processes that had ended unasked. */
  readonly restarts: number
  readonly warnings: readonly string[]
}

/** A request to a model. Its body is whole: limits of size hold before it is handed over. */
export interface ScoreRequest {
  readonly method: string
  /** Path and query as the model sees them: `/score`, `/swagger.json?version=3`. */
  readonly target: string
  /** Names and values in turns, as `rawHeaders` has them, without what concerns the connection and the endpoint's key. */
  readonly rawHeaders: readonly string[]
  readonly body: readonly Uint8Array[]
  /** Stands in logs and collected data, and goes to the script as `x-request-id`. */
  readonly requestId: string
  /** The caller went away: what waits is dropped, a streamed answer is ended. */
  readonly signal?: AbortSignal
}

/** What the model said. Whole where it was said whole; a stream where the script streams. */
export interface ModelAnswer {
  readonly status: number
  /** Names and values in turns; with `content-type`, without what concerns the connection. */
  readonly rawHeaders: readonly string[]
  readonly body: Uint8Array | Readable
}

/**
 * Why no model answered.
 *
 * `unavailable`: no such deployment, or none of its instances came up. `overloaded`: more requests at once than the
 * deployment admits, or too long in its queue. `timeout`: the script took longer than the deployment allows. `crashed`:
 * the process ended while it worked on this very request. `aborted`: the caller went away first.
 */
export interface NoAnswer {
  readonly refused: 'unavailable' | 'overloaded' | 'timeout' | 'crashed' | 'aborted'
  readonly message: string
}

export type ScoreResult = ModelAnswer | NoAnswer

/** Azure's containers of a deployment that have a log. */
export type LogContainer = 'inference-server' | 'storage-initializer' | 'model-data-collector'

/** Counted since the engine started. Milliseconds and bytes. */
export interface DeploymentMetrics {
  readonly requests: number
  /** Answers by the status that the model gave; refusals by their word. */
  readonly outcomes: Readonly<Record<string, number>>
  /** Of requests that a model answered, from arrival to answer: how many took at most so long. The last bound is infinite. */
  readonly latency: {
    readonly bounds: readonly number[]
    readonly counts: readonly number[]
    readonly sumMs: number
  }
  readonly inFlight: number
  readonly queued: number
  /** Of all its processes now. */
  readonly memoryBytes: number
  /** Of all its processes since they started; a rate is the difference of two looks. */
  readonly cpuSeconds: number
  /** What its instances may use together. */
  readonly granted: { readonly cpus: number; readonly memoryBytes: number }
  readonly collectedLines: number
}

/**
 * Where models answer. Whoever applies asks `observe`, and the engine acts; an engine never touches the store or HTTP.
 * Every call but `score` returns soon and may be repeated: applying what stands and removing what is gone do nothing.
 */
export interface ServingEngine {
  readonly kind: string
  /** Ask these, never `kind === …`. */
  readonly supports: { readonly gpu: boolean; readonly containers: boolean; readonly triton: boolean }
  /** The isolation in force for scripts, in words. */
  readonly isolation: string

  /**
   * Makes the deployment as wished, or changes it: instances are added or ended one by one, anything else starts new
   * ones, and the old ones answer until these are ready and then what they have begun. A failed spec is tried again.
   */
  apply(spec: DeploymentSpec): Promise<void>
  observe(id: string): Promise<DeploymentView | undefined>
  /** Ends it after what it has begun is answered. */
  remove(id: string): Promise<void>
  /** Called when a deployment's view has changed; the listener asks `observe`. */
  onChange(listener: (id: string) => void): void

  /** Never rejects for what a model or its deployment does. */
  score(id: string, request: ScoreRequest): Promise<ScoreResult>
  /** The last lines of a container's log over all instances, oldest first. */
  logs(id: string, container: LogContainer, tail: number): Promise<string>
  metrics(id: string): Promise<DeploymentMetrics | undefined>

  /** Finds again what an earlier server started, then begins. May be called once. */
  start(): Promise<void>
  /** Looks away; processes go on and are found again. May be called twice. */
  stop(): Promise<void>
}
