import type { JsonObject } from '../json.ts'
import type { Metrics } from './metrics.ts'
import type { StoredResource } from './resources.ts'
import type { Page } from './store.ts'

/** Azure's words for where a run stands. */
export type RunStatus =
  | 'NotStarted'
  | 'Queued'
  | 'Preparing'
  | 'Provisioning'
  | 'Starting'
  | 'Running'
  | 'Finalizing'
  | 'CancelRequested'
  | 'Completed'
  | 'Failed'
  | 'Canceled'

export type { MetricPoint } from './metrics.ts'

export const finalStatuses: ReadonlySet<RunStatus> = new Set(['Completed', 'Failed', 'Canceled'])

/** A run: the one truth behind ARM jobs, run history and MLflow. Times are ISO 8601 in UTC. */
export interface Run {
  /** The job's name, and MLflow's run id. Unique in its workspace. */
  readonly id: string
  /** The workspace's folded id. */
  readonly workspace: string
  readonly experimentId: string
  readonly experimentName: string
  /**
   * `command` and the like for jobs; `interactive` for a run that a client tracks from elsewhere; `logged-model` for one of
   * MLflow 3's models, which is named, tagged, measured and filled with files as a run is.
   */
  readonly kind: string
  readonly displayName: string
  readonly description?: string
  readonly status: RunStatus
  readonly createdAt: string
  readonly startedAt?: string
  readonly endedAt?: string
  readonly createdBy: { readonly objectId: string; readonly name: string }
  readonly parentId?: string
  readonly rootId: string
  readonly number: number
  readonly tags: Readonly<Record<string, string>>
  readonly properties: Readonly<Record<string, string>>
  readonly params: Readonly<Record<string, string>>
  /** Archived in ARM's words. */
  readonly hidden: boolean
  /** Deleted in MLflow's words; can be restored. */
  readonly deletedAt?: string
  /** The ARM job's properties as sent, in the newest shape; absent for interactive runs. */
  readonly job?: JsonObject
  /** The job as a resource: what of it stands beside its properties. Absent for interactive runs. */
  readonly resource?: Pick<StoredResource, 'id' | 'state' | 'secrets' | 'provisioningState' | 'system'>
  readonly computeId?: string
  /** MLflow 3's logged models that the run read and made. */
  readonly models?: readonly { readonly id: string; readonly role: 'input' | 'output'; readonly step: number }[]
  /** What a logged model measured last, by metric, run and dataset, in MLflow's words. */
  readonly measures?: readonly JsonObject[]
  /** The datasets that MLflow logged as the run's inputs, in its words. */
  readonly datasets?: readonly JsonObject[]
  /** Where named outputs lie, once known: asset id, type and uri by name. */
  readonly outputs: Readonly<Record<string, { readonly assetId?: string; readonly type: string; readonly uri: string }>>
  readonly error?: { readonly code: string; readonly message: string; readonly details?: JsonObject }
  readonly warnings: readonly { readonly message: string; readonly source?: string }[]
  /** What run history's clients report of a run and nothing here reads: what it is, its services, datasets by id. */
  readonly reported?: JsonObject
  /** The states gone through, with the time each began. */
  readonly spans: readonly { readonly status: RunStatus; readonly at: string }[]
  /** What the engine made of the job and needs again after a restart. */
  readonly engine?: JsonObject
  /** What a pipeline's step follows from, for those after it that would do the same. */
  readonly content?: RunContent
  readonly etag: string
}

export interface RunContent {
  /** The step that it is of: what a further run of it is compared with. */
  readonly family: string
  /** The same for all runs that do the same to the same. */
  readonly key: string
  /** By name, such as `code` and `input 'lr'`: a digest, or the value itself. */
  readonly parts: Readonly<Record<string, string>>
}

export interface Experiment {
  readonly id: string
  readonly workspace: string
  readonly name: string
  readonly description?: string
  readonly createdAt: string
  readonly updatedAt: string
  readonly tags: Readonly<Record<string, string>>
  readonly deletedAt?: string
}

export interface FindRuns {
  readonly experimentIds?: readonly string[]
  readonly statuses?: readonly RunStatus[]
  readonly parentId?: string
  readonly rootId?: string
  readonly computeId?: string
  readonly kinds?: readonly string[]
  readonly contentKey?: string
  readonly contentFamily?: string
  /** Without the runs that another run has. */
  readonly roots?: boolean
  /** undefined: both. */
  readonly hidden?: boolean
  readonly deleted?: boolean
  readonly tag?: { readonly key: string; readonly value?: string }
  readonly after?: string
  readonly limit?: number
  /** Default: newest first. */
  readonly oldestFirst?: boolean
}

/** Runs and experiments of workspaces. `workspace` is always the folded id. */
export interface Runs {
  get(workspace: string, id: string): Promise<Run | undefined>
  /** Inserts or replaces. */
  put(run: Run): Promise<void>
  remove(workspace: string, id: string): Promise<void>
  find(workspace: string, query: FindRuns): Promise<Page<Run>>
  /** How many of an experiment's runs, without deleted ones, are in each state. */
  countByStatus(workspace: string, experimentId: string): Promise<ReadonlyMap<RunStatus, number>>
  /** Jobs of every workspace that are not in a final state: what a restarted server goes on with, oldest first. */
  unfinished(): Promise<readonly Run[]>
  /** Ids of a workspace's jobs that are not in a final state, whatever becomes of its key. */
  unfinishedIn(workspace: string): Promise<readonly string[]>
  /** Forgets everything of a workspace. */
  removeWorkspace(workspace: string): Promise<void>

  experiment(workspace: string, id: string): Promise<Experiment | undefined>
  experimentByName(workspace: string, name: string): Promise<Experiment | undefined>
  putExperiment(experiment: Experiment): Promise<void>
  removeExperiment(workspace: string, id: string): Promise<void>
  experiments(
    workspace: string,
    options?: { readonly after?: string; readonly limit?: number },
  ): Promise<Page<Experiment>>
  /** The next run number of an experiment, from 1. */
  nextNumber(workspace: string, experimentId: string): Promise<number>

  /** As `Metrics` answers it. */
  latestMetrics: Metrics['latest']
  metricHistory: Metrics['history']
}
