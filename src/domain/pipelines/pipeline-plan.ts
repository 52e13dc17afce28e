import type { JsonObject } from '../../json.ts'
import type { Run, RunStatus } from '../../store/runs.ts'
import type { Component } from './component.ts'

/** A node as it was found to be when the pipeline was handed over. */
export interface PlannedNode {
  readonly kind: NodeKind
  /** The node as it was sent. */
  readonly node: JsonObject
  /** What it runs; none for control flow. */
  readonly component?: Component
  /** The nodes that must have ended before it can begin. */
  readonly after: readonly string[]
  /** It runs only if this if-else node takes this branch. */
  readonly gate?: { readonly node: string; readonly branch: boolean }
  /** It is run by this loop, as often as that says. */
  readonly loop?: string
}

export type NodeKind = 'command' | 'sweep' | 'parallel' | 'pipeline' | 'if_else' | 'do_while' | 'parallel_for'

export interface PipelinePlan {
  readonly nodes: Readonly<Record<string, PlannedNode>>
  readonly settings: PipelineSettings
}

export interface PipelineSettings {
  /** Other steps go on where one has failed; default false, as in Azure. */
  readonly continueOnStepFailure: boolean
  /** No step's outputs are taken from an earlier run. */
  readonly forceRerun: boolean
  readonly defaultCompute?: string
  readonly defaultDatastore?: string
  /** The step that comes before all others, and the one that comes after them whatever became of them. */
  readonly onInit?: string
  readonly onFinalize?: string
}

/** How far a node is; one that is not in the state waits. */
export interface NodeState {
  readonly status: 'Running' | 'Skipped' | Extract<RunStatus, 'Completed' | 'Failed' | 'Canceled'>
  /** Its runs, in the order in which they were begun; a loop has several. */
  readonly runs: readonly string[]
  /** Why it was skipped or has failed without a run. */
  readonly why?: string
  /** The branch that an if-else node took. */
  readonly branch?: boolean
  /** A parallel-for's items that are still to be begun, from this one. */
  readonly next?: number
  /** A parallel-for's outputs, gathered. */
  readonly gathered?: Readonly<
    Record<string, { readonly type: string; readonly uri?: string; readonly value?: string }>
  >
}

export interface PipelineState {
  readonly nodes: Readonly<Record<string, NodeState>>
}

/** The runs of a pipeline by id. */
export type Steps = ReadonlyMap<string, Run>
