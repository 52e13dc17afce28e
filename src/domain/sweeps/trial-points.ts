import { type MetricPoint, type Metrics, placeOf } from '../../store/metrics.ts'
import type { Run } from '../../store/runs.ts'
import { isOpen } from '../runs/child-runs.ts'

/** What is known of a trial's series: its finite values in order, how many points there are, and the last of them. */
interface Known {
  readonly values: readonly number[]
  readonly count: number
  readonly last?: MetricPoint
  /** Read after the trial's end: nothing comes any more. */
  readonly whole: boolean
}

/** What trials have logged of their sweep's metric. */
export interface TrialPoints {
  /** The finite values in order of step and time. */
  of(sweep: Run, trial: Run, metric: string): Promise<readonly number[]>
  /** The sweep has ended. */
  forget(sweep: Run): void
}

/**
 * Reads trials' metrics and keeps what it has read: a sweep is looked at whenever one of its trials logs something, and
 * such a look costs what came since the last, not the history of all trials. It is a copy: a restarted server reads anew.
 */
export function trialPoints(metrics: Pick<Metrics, 'summaries' | 'history'>): TrialPoints {
  const sweeps = new Map<string, Map<string, Known>>()
  return {
    async of(sweep, trial, metric) {
      const key = `${sweep.workspace}/${sweep.id}`
      const trials = sweeps.get(key) ?? new Map<string, Known>()
      sweeps.set(key, trials)
      const known = trials.get(trial.id) ?? { values: [], count: 0, whole: false }
      if (known.whole) return known.values
      // Told before it is read: a trial that ends meanwhile is read once more.
      const now = { ...(await further(metrics, trial, metric, known)), whole: !isOpen(trial) }
      trials.set(trial.id, now)
      return now.values
    },
    forget({ workspace, id }) {
      sweeps.delete(`${workspace}/${id}`)
    },
  }
}

async function further(
  metrics: Pick<Metrics, 'summaries' | 'history'>,
  { workspace, id }: Run,
  metric: string,
  known: Known,
): Promise<Known> {
  const series = (await metrics.summaries(workspace, id)).find(({ key }) => key === metric)
  if (!series || series.points === known.count) return known
  const { items } = await metrics.history(workspace, id, metric, known.last ? { after: placeOf(known.last) } : {})
  const next = joined(known, items)
  if (next.count >= series.points) return next
  // Points came late, before the last that was known: the order is another one.
  return joined({ values: [], count: 0, whole: false }, (await metrics.history(workspace, id, metric)).items)
}

const joined = (known: Known, items: readonly MetricPoint[]): Known => {
  const last = items.at(-1) ?? known.last
  return {
    values: [...known.values, ...items.map(({ value }) => value).filter(Number.isFinite)],
    count: known.count + items.length,
    ...(last && { last }),
    whole: false,
  }
}
