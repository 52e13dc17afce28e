/** What a deployment was asked through its endpoint's host, since the server started. */
export interface Tally {
  requests: number
  /** By the status that callers saw. */
  readonly byStatus: Map<number, number>
  /** How many took at most as long as the bound of the same place. */
  readonly latency: number[]
  sumMs: number
  bytesOut: number
}

export interface Counted {
  readonly status: number
  readonly bytes: number
  readonly ms: number
}

export interface RequestTally {
  count(deployment: string, counted: Counted): void
  /** By the deployment's folded id. */
  read(deployment: string): Tally | undefined
  all(): ReadonlyMap<string, Tally>
  forget(deployment: string): void
}

/** Upper bounds of latencies in milliseconds; what took longer is counted under the last, which has none. */
export const latencyBounds: readonly number[] = [
  1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000,
  180_000,
]

export function requestTally(): RequestTally {
  const tallies = new Map<string, Tally>()
  const fresh = (): Tally => ({
    requests: 0,
    byStatus: new Map(),
    latency: new Array<number>(latencyBounds.length + 1).fill(0),
    sumMs: 0,
    bytesOut: 0,
  })
  return {
    count(deployment, { status, bytes, ms }) {
      let tally = tallies.get(deployment)
      if (!tally) {
        tally = fresh()
        tallies.set(deployment, tally)
      }
      tally.requests++
      tally.byStatus.set(status, (tally.byStatus.get(status) ?? 0) + 1)
      tally.sumMs += ms
      tally.bytesOut += bytes
      let at = 0
      while (at < latencyBounds.length && ms > (latencyBounds[at] ?? 0)) at++
      tally.latency[at] = (tally.latency[at] ?? 0) + 1
    },
    read: (deployment) => tallies.get(deployment),
    all: () => tallies,
    forget: (deployment) => void tallies.delete(deployment),
  }
}

/** The latency that a share of the requests took at most, between the bounds of its place; undefined where there are none. */
export function percentile(latency: readonly number[], share: number): number | undefined {
  const total = latency.reduce((sum, count) => sum + count, 0)
  if (total === 0) return undefined
  let left = total * share
  for (const [at, count] of latency.entries()) {
    if (left <= count && count > 0) {
      const from = at === 0 ? 0 : (latencyBounds[at - 1] ?? 0)
      const to = latencyBounds[at] ?? from
      return from + ((to - from) * left) / count
    }
    left -= count
  }
  return latencyBounds.at(-1)
}
