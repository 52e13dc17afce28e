import type { JsonObject } from '../json.ts'
import type { Page } from './store.ts'

/** One event of the activity log: what somebody asked of a subscription's resources, or how that ended. */
export interface StoredActivity {
  readonly id: string
  /** ISO 8601 in UTC. */
  readonly at: string
  /** The id of what it was asked of. */
  readonly resourceId: string
  readonly correlationId: string
  readonly caller: string
  readonly status: string
  /** The event as it is shown. */
  readonly event: JsonObject
}

export interface ActivityQuery {
  readonly subscriptionId: string
  /** ISO 8601; both included. */
  readonly from: string
  readonly to: string
  readonly resourceGroup?: string
  /** A resource with all that is below it. */
  readonly resourceId?: string
  readonly correlationId?: string
  readonly caller?: string
  readonly status?: string
  /** Continues an earlier page. */
  readonly after?: string
  readonly limit: number
}

/** The activity log. Events are written in the transaction of what they tell of. */
export interface Activities {
  add(activity: StoredActivity): Promise<void>
  /** Newest first. */
  find(query: ActivityQuery): Promise<Page<StoredActivity>>
  /** Of all subscriptions, oldest first, those after a place; the place of each stands beside it. */
  since(place: number, limit: number): Promise<readonly { readonly place: number; readonly activity: StoredActivity }[]>
  /** The place of the newest event. */
  last(): Promise<number>
  forgetBefore(time: string): Promise<void>
}
