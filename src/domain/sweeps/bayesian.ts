import type { Dimension, Sample } from './search-space.ts'

/** A trial so far: its sample, and the best that it logged of the primary metric. */
export interface PastTrial {
  readonly sample: Sample
  readonly open: boolean
  readonly value?: number
}

export interface BayesianRequest {
  readonly space: readonly Dimension[]
  readonly goal: 'maximize' | 'minimize'
  readonly seed: number
  readonly history: readonly PastTrial[]
  /** How many samples to answer. */
  readonly count: number
}

/** Chooses the next samples from what earlier trials have shown. @throws SamplerUnavailable where it can't run here */
export type BayesianSampler = (request: BayesianRequest) => Promise<readonly Sample[]>
