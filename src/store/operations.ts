import type { JsonObject } from '../json.ts'

/** What the events of one request in the activity log have in common. */
export interface ActivitySource {
  /** The right that it needs: `Microsoft.Storage/storageAccounts/write`. */
  readonly action: string
  readonly resourceId: string
  readonly method: string
  readonly correlationId: string
  readonly operationId: string
  readonly caller: string
  readonly claims: JsonObject
  readonly clientRequestId?: string
  readonly clientAddress?: string
}

/** A long-running operation: what its poller is told, and what a restarted server goes on with. */
export interface StoredOperation {
  readonly id: string
  readonly resourceId: string
  readonly verb: 'put' | 'patch' | 'delete' | 'action'
  /** The action's name for `verb: 'action'`. */
  readonly action?: string
  readonly status: 'InProgress' | 'Succeeded' | 'Failed' | 'Canceled'
  readonly error?: JsonObject
  /** What an action answers with when it is done. */
  readonly result?: JsonObject
  readonly apiVersion: string
  readonly caller: string
  readonly startedAt: string
  readonly endedAt?: string
  /** What the request asked beside the wish: query parameters of a delete, the body of an action. */
  readonly input?: JsonObject
  /** Set where its end is to be told in the activity log. */
  readonly activity?: ActivitySource
  /** Set by the simulation: it goes on no sooner, and then perhaps fails. */
  readonly simulated?: {
    readonly until: string
    readonly failure?: { readonly code: string; readonly message: string }
  }
}

export interface Operations {
  get(id: string): Promise<StoredOperation | undefined>
  put(operation: StoredOperation): Promise<void>
  /** All that a restarted server has to go on with, oldest first. */
  unfinished(): Promise<readonly StoredOperation[]>
  /** Forgets finished ones that ended before the time. */
  forgetBefore(time: string): Promise<void>
}
