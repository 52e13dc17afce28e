import type { JsonObject } from '../json.ts'
import type { Page } from './store.ts'

/** What is kept of a run beside it, one after the other: rows of its typed metrics, its events, its own spans. */
export interface RunRecord {
  readonly kind: 'metric' | 'event' | 'span'
  /** What the rows of one metric share. */
  readonly name: string
  /** The client's, so that what it sends again is not kept twice. */
  readonly id: string
  readonly body: JsonObject
}

/** `workspace` is always the folded id. Records go with their run. */
export interface RunRecords {
  /** Adds those whose id is not there. @throws RunNotFound */
  add(workspace: string, run: string, records: readonly RunRecord[]): Promise<void>
  /** In the order in which they came; of one name, or of all. */
  find(
    workspace: string,
    run: string,
    query: {
      readonly kind: RunRecord['kind']
      readonly name?: string
      readonly after?: string
      readonly limit?: number
    },
  ): Promise<Page<RunRecord>>
  /** The first record of each name, in the order of names. */
  first(workspace: string, run: string, kind: RunRecord['kind']): Promise<readonly RunRecord[]>
  /** The run and the name of a row of a metric, by its id. */
  named(workspace: string, id: string): Promise<{ readonly run: string; readonly name: string } | undefined>
  remove(workspace: string, run: string, kind: RunRecord['kind']): Promise<void>
}
