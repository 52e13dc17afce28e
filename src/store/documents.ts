import type { JsonObject } from '../json.ts'
import type { Page } from './store.ts'

/** What of MLflow's is kept as it is sent and found by a few things: traces, spans, webhooks, datasets, scorers. */
export interface TrackedDocument {
  /** The workspace's folded id. */
  readonly workspace: string
  readonly kind: string
  /** Unique among those of its kind in its workspace. */
  readonly id: string
  /** What it belongs to: a trace's experiment, a span's trace; '' for nothing. */
  readonly owner: string
  /** '' for what has none. */
  readonly name: string
  /** Epoch milliseconds: what it is ordered by, within one kind. */
  readonly at: number
  readonly body: JsonObject
}

/** A document that was found, with the key that continues the search behind it. */
export interface FoundDocument extends TrackedDocument {
  readonly place: string
}

export interface FindDocuments {
  readonly owners?: readonly string[]
  readonly name?: string
  /** Both inclusive. */
  readonly from?: number
  readonly to?: number
  readonly newestFirst?: boolean
  readonly after?: string
  readonly limit?: number
}

/** Documents by kind, in order of their times. */
export interface Documents {
  get(workspace: string, kind: string, id: string): Promise<TrackedDocument | undefined>
  /** Inserts or replaces by workspace, kind and id. */
  put(document: TrackedDocument): Promise<void>
  find(workspace: string, kind: string, query?: FindDocuments): Promise<Page<FoundDocument>>
  remove(workspace: string, kind: string, ids: readonly string[]): Promise<void>
  removeOwned(workspace: string, kind: string, owner: string): Promise<void>
  /** Those of every workspace whose time has come, the longest due first; those that can't be read now are left out. */
  due(kind: string, until: number, limit: number): Promise<readonly TrackedDocument[]>
  /** The earliest time of a kind. */
  next(kind: string): Promise<number | undefined>
  /** Forgets everything of a workspace. */
  removeWorkspace(workspace: string): Promise<void>
}
