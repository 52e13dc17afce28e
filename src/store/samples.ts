/** What was measured of a resource at one moment, by metric. */
export interface Sample {
  /** ISO 8601 in UTC. */
  readonly at: string
  readonly values: Readonly<Record<string, number>>
}

/** Measurements of resources that are only known at the moment (nodes that are up). */
export interface Samples {
  add(resourceId: string, sample: Sample): Promise<void>
  /** From a time on and before another, in order. */
  find(resourceId: string, from: string, to: string): Promise<readonly Sample[]>
  forgetBefore(time: string): Promise<void>
}
