import type { DeploymentMetrics } from '../engine.ts'

const bounds = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, Number.POSITIVE_INFINITY]

/** What a deployment counts. */
export class Counts {
  requests = 0
  collectedLines = 0
  readonly #outcomes = new Map<string, number>()
  readonly #latency = bounds.map(() => 0)
  #sumMs = 0

  answered(status: number, ms: number): void {
    const outcome = String(status)
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1)
    let index = 0
    while (ms > (bounds[index] ?? 0)) index += 1
    this.#latency[index] = (this.#latency[index] ?? 0) + 1
    this.#sumMs += ms
  }

  refused(word: string): void {
    this.#outcomes.set(word, (this.#outcomes.get(word) ?? 0) + 1)
  }

  get seen(): Pick<DeploymentMetrics, 'requests' | 'outcomes' | 'latency' | 'collectedLines'> {
    return {
      requests: this.requests,
      outcomes: Object.fromEntries(this.#outcomes),
      latency: { bounds, counts: [...this.#latency], sumMs: this.#sumMs },
      collectedLines: this.collectedLines,
    }
  }
}
