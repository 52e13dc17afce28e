import type { Repositories } from '../../store/store.ts'
import type { Comparison } from '../search/filter.ts'
import { searchTraces } from './search-traces.ts'

export interface Correlation {
  /** Between -1 (never together) and 1 (always together); NaN where one of them fits nothing. */
  readonly npmi: number
  readonly npmiSmoothed: number
  readonly first: number
  readonly second: number
  readonly both: number
  readonly all: number
}

/** How often traces that fit one filter fit another one, too, by normalised pointwise mutual information. */
export async function correlateFilters(
  from: Repositories,
  workspace: string,
  asked: {
    readonly experimentIds: readonly string[]
    readonly base: readonly Comparison[]
    readonly first: readonly Comparison[]
    readonly second: readonly Comparison[]
  },
): Promise<Correlation> {
  const { experimentIds } = asked
  const count = async (...filters: readonly (readonly Comparison[])[]): Promise<number> => {
    const filter = [...asked.base, ...filters.flat()]
    const limit = Number.MAX_SAFE_INTEGER
    return (await searchTraces(from, workspace, { experimentIds, filter, order: [], limit })).items.length
  }
  const counts = {
    first: await count(asked.first),
    second: await count(asked.second),
    both: await count(asked.first, asked.second),
    all: await count(),
  }
  const defined = counts.first > 0 && counts.second > 0
  // Never together is -1 by its own rule: its logarithm has no value.
  const plain = counts.both === 0 ? -1 : npmi(counts, 0)
  return { ...counts, npmi: defined ? plain : Number.NaN, npmiSmoothed: defined ? npmi(counts, 0.5) : Number.NaN }
}

function npmi({ first, second, both, all }: Omit<Correlation, 'npmi' | 'npmiSmoothed'>, smoothing: number): number {
  const alone = [first - both, second - both, all - first - second + both]
  if (alone.every((count) => count === 0)) return 1
  const [one = 0, other = 0, neither = 0] = alone.map((count) => count + smoothing)
  const joint = both + smoothing
  const total = joint + one + other + neither
  const information = Math.log(joint) + Math.log(total) - Math.log(joint + one) - Math.log(joint + other)
  return Math.max(-1, Math.min(1, information / (Math.log(total) - Math.log(joint))))
}
