/** When a sweep's trials are looked at, and which of them are stopped. Intervals are points of the primary metric. */
export type EarlyTermination = {
  readonly evaluationInterval: number
  readonly delayEvaluation: number
} & (
  | { readonly kind: 'bandit'; readonly slackFactor?: number; readonly slackAmount?: number }
  | { readonly kind: 'medianstopping' }
  | { readonly kind: 'truncationselection'; readonly percentage: number; readonly excludeFinished: boolean }
)

/** A trial's points of the primary metric, in order, higher being better: a goal to minimise comes negated. */
export interface TrialMetrics {
  readonly run: string
  readonly open: boolean
  readonly points: readonly number[]
  /** The intervals up to which it has been looked at. */
  readonly evaluated: number
}

export interface Verdicts {
  /** The trials to stop, each with the reason. */
  readonly stop: ReadonlyMap<string, string>
  /** Up to which interval each open trial has been looked at now. */
  readonly evaluated: ReadonlyMap<string, number>
}

/**
 * Looks at each open trial that has reached a further interval.
 *
 * Source: Azure's "Hyperparameter tuning a model", section on early termination.
 */
export function evaluate(policy: EarlyTermination, trials: readonly TrialMetrics[]): Verdicts {
  const stop = new Map<string, string>()
  const evaluated = new Map<string, number>()
  for (const trial of trials) {
    if (!trial.open) continue
    const interval = lastInterval(policy, trial.points.length)
    if (interval === undefined || interval <= trial.evaluated) continue
    evaluated.set(trial.run, interval)
    const reason = verdict(policy, trial, trials, interval)
    if (reason) stop.set(trial.run, reason)
  }
  return { stop, evaluated }
}

/** The last interval at which a trial with so many points is due; undefined before the first. */
function lastInterval({ evaluationInterval, delayEvaluation }: EarlyTermination, points: number): number | undefined {
  const interval = points - (points % evaluationInterval)
  return interval >= evaluationInterval && interval >= delayEvaluation ? interval : undefined
}

function verdict(
  policy: EarlyTermination,
  trial: TrialMetrics,
  all: readonly TrialMetrics[],
  interval: number,
): string | undefined {
  const own = best(trial.points.slice(0, interval))
  const others = all.filter(({ run, points }) => run !== trial.run && points.length > 0)
  if (policy.kind === 'bandit') {
    const leader = Math.max(own, ...others.map(({ points }) => best(points)))
    const allowed = slack(policy, leader)
    return own < allowed ? `bandit: ${show(own)} is worse than the allowed ${show(allowed)}` : undefined
  }
  if (policy.kind === 'medianstopping') {
    const averages = others.map(({ points }) => mean(points.slice(0, interval)))
    if (averages.length === 0) return undefined
    const middle = median([...averages, mean(trial.points.slice(0, interval))])
    return own < middle ? `median stopping: ${show(own)} is worse than the median ${show(middle)}` : undefined
  }
  const peers = policy.excludeFinished ? others.filter(({ open }) => open) : others
  const ranked = [own, ...peers.map(({ points }) => best(points.slice(0, interval)))].sort((a, b) => a - b)
  const cut = Math.floor((ranked.length * policy.percentage) / 100)
  return ranked.indexOf(own) < cut
    ? `truncation selection: among the lowest ${policy.percentage} % of ${ranked.length} trials`
    : undefined
}

/** The least value that is still allowed beside the leader's. A factor of a negative leader widens downwards too. */
function slack(policy: { slackFactor?: number; slackAmount?: number }, leader: number): number {
  if (policy.slackAmount !== undefined) return leader - policy.slackAmount
  const factor = policy.slackFactor ?? 0
  return leader >= 0 ? leader / (1 + factor) : leader * (1 + factor)
}

const best = (points: readonly number[]): number => points.reduce((top, each) => Math.max(top, each), -Infinity)
const mean = (points: readonly number[]): number => points.reduce((sum, each) => sum + each, 0) / points.length
const show = (value: number): string => Number(Math.abs(value).toPrecision(6)).toString()

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}
