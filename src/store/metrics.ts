import type { Page } from './store.ts'

/** One point of a series. `value` may be NaN or infinite; `at` is epoch milliseconds. */
export interface MetricPoint {
  readonly key: string
  readonly value: number
  readonly step: number
  readonly at: number
}

/** The place of a point in its series' order, from which a history goes on (`after`). */
export const placeOf = ({ step, at, value }: MetricPoint): string => `${step} ${at} ${value}`

/** A series without its points: the latest one, how many there are, and the extremes of those that are not NaN. */
export interface MetricSummary extends MetricPoint {
  readonly points: number
  readonly low?: number
  readonly high?: number
}

/** Points that belong to a write of the store: all of it is there, or nothing. */
export interface PendingPoints {
  /**
   * Has points added to a run once the write that this is part of is on disk; who waits for the write waits for them too. A
   * server that ends in between adds them with its next start.
   *
   * @throws RunNotFound
   */
  add(workspace: string, run: string, points: readonly MetricPoint[]): Promise<void>
}

/**
 * Metrics of runs. What `add` is given is no part of a write of the store: points are on disk when it resolves, whatever
 * else is written at the time. A run that is removed takes them along.
 */
export interface Metrics {
  /**
   * Appends points; one that stands there already to the letter is not added again (a client's retry).
   *
   * @throws RunNotFound
   */
  add(workspace: string, run: string, points: readonly MetricPoint[]): Promise<void>
  /** Removes all points of a run, which stays. */
  remove(workspace: string, run: string): Promise<void>
  /** The latest point of each key: the one with the greatest step, then time, then value. */
  latest(workspace: string, run: string): Promise<readonly MetricPoint[]>
  summaries(workspace: string, run: string): Promise<readonly MetricSummary[]>
  /** A key's points in order of step and time. */
  history(
    workspace: string,
    run: string,
    key: string,
    options?: { readonly after?: string; readonly limit?: number },
  ): Promise<Page<MetricPoint>>
  /** At most `most` points that draw the same line, extremes and both ends among them; `from` and `to` are steps. */
  sample(
    workspace: string,
    run: string,
    key: string,
    range: { readonly most: number; readonly from?: number; readonly to?: number },
  ): Promise<readonly MetricPoint[]>
}
