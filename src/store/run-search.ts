import type { FindRuns, Run } from './runs.ts'
import type { Page } from './store.ts'

/**
 * What runs are searched and ordered by through an index: their params and tags, the latest values of their metrics, and
 * a few of their own values. A tag may stand for a value where it is not set (`orElse`).
 */
export type RunTerm =
  | { readonly of: 'metric'; readonly key: string }
  | { readonly of: 'param'; readonly key: string }
  | { readonly of: 'tag'; readonly key: string; readonly orElse?: RunValue }
  | { readonly of: 'value'; readonly key: RunValue }
  | { readonly of: 'column'; readonly key: 'id' | 'experiment_id' | 'status' }

/** `start` and `end` are epoch milliseconds; a run that was not started has begun when it was made. */
export type RunValue = 'name' | 'user' | 'start' | 'end' | 'parent'

export type RunComparator =
  | ('=' | '!=' | '>' | '>=' | '<' | '<=')
  | ('LIKE' | 'ILIKE' | 'IN' | 'NOT IN' | 'IS NULL' | 'IS NOT NULL')

export interface RunCondition {
  readonly term: RunTerm
  readonly comparator: RunComparator
  /** A list for IN and NOT IN. */
  readonly value: string | number | readonly string[]
}

export interface RunOrder {
  readonly term: RunTerm
  readonly descending: boolean
}

export interface RunSearch {
  readonly find: Omit<FindRuns, 'after' | 'limit' | 'oldestFirst'>
  readonly where: readonly RunCondition[]
  /** What has no such value, or NaN, comes last; behind the order the last started first, then by id. */
  readonly order: readonly RunOrder[]
  readonly limit: number
  /** A `next` of an earlier page of the same search: runs that came since are not in the later pages. */
  readonly after?: string
}

export interface RunSearches {
  /** False where what runs are searched by is sealed: then they have to be read. */
  canSearch(workspace: string): boolean
  search(workspace: string, search: RunSearch): Promise<Page<Run>>
}
