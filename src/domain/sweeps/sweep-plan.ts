import type { Json, JsonObject } from '../../json.ts'
import type { EarlyTermination } from './early-termination.ts'
import type { Dimension, Sample } from './search-space.ts'

export type Sampling =
  | { readonly kind: 'random' | 'sobol' | 'bayesian'; readonly seed: number }
  | { readonly kind: 'grid'; readonly seed: number }

/** What a sweep was found to mean when it was handed over. */
export interface SweepPlan {
  readonly space: readonly Dimension[]
  readonly sampling: Sampling
  readonly goal: 'maximize' | 'minimize'
  readonly metric: string
  readonly maxTrials: number
  readonly maxConcurrent: number
  readonly timeoutSeconds?: number
  readonly termination?: EarlyTermination
  /** A command job with `${{search_space.x}}` still in it. */
  readonly trial: JsonObject
}

/** How far a sweep is. Its trials' states stand in their runs. */
export interface SweepState {
  /** How many trials have been begun. */
  readonly begun: number
  /** The sampler has no further sample. */
  readonly exhausted?: boolean
  /** Why no further trial is begun and those that run are stopped. */
  readonly stopping?: string
  /** Up to which interval the early termination policy has looked at each trial. */
  readonly evaluated: Readonly<Record<string, number>>
  /** The trials that the policy stopped, with the reason. */
  readonly terminated: Readonly<Record<string, string>>
}

/** A trial's job: the sweep's trial with the blanks of its sample filled. */
export function trialJob(plan: SweepPlan, sample: Sample, trial: number): JsonObject {
  const texts = Object.fromEntries(Object.entries(sample).map(([name, value]) => [name, textOf(value)]))
  const fill = (text: string): string =>
    text.replace(/\$\{\{\s*search_space\.([\w.-]+)\s*\}\}/g, (whole, name: string) => texts[name] ?? whole)
  const { command, inputs, environmentVariables, ...rest } = plan.trial as JsonObject & {
    command: string
    inputs?: JsonObject
    environmentVariables?: JsonObject
  }
  const literals = Object.fromEntries(
    Object.entries(texts).map(([name, value]) => [name, { jobInputType: 'literal', value }]),
  )
  return {
    ...rest,
    jobType: 'Command',
    displayName: `trial_${trial}`,
    command: fill(command),
    environmentVariables: Object.fromEntries(
      Object.entries(environmentVariables ?? {}).map(([name, value]) => [
        name,
        typeof value === 'string' ? fill(value) : value,
      ]),
    ),
    inputs: { ...inputs, ...literals },
    tags: { hyperparameters: JSON.stringify(sample) },
  }
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))
