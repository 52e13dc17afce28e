import type { Run } from '../../store/runs.ts'
import type { Deps } from '../deps.ts'
import { cancelOpen, isOpen, newChild } from '../runs/child-runs.ts'
import {
  controlled,
  endControlled,
  openRun,
  type RunController,
  type RunEnd,
  withState,
} from '../runs/run-controller.ts'
import { moved } from '../runs/run-states.ts'
import type { BayesianSampler } from './bayesian.ts'
import { evaluate, type TrialMetrics } from './early-termination.ts'
import { gridSample, randomSample, type Sampler, sobolSample } from './sampling.ts'
import type { Sample } from './search-space.ts'
import { type SweepPlan, type SweepState, trialJob } from './sweep-plan.ts'
import { type TrialPoints, trialPoints } from './trial-points.ts'
import { type TrialRuns, trialRuns } from './trial-runs.ts'

export type SweepDeps = Pick<Deps, 'store' | 'runSignals' | 'now' | 'log'> & { readonly bayesian: BayesianSampler }

/** A trial with what it logged of the primary metric, in order. */
interface Trial {
  readonly run: Run
  readonly points: readonly number[]
}

/** Begins a sweep's trials, stops the ones that its policy gives up, and names the best at its end. */
export function sweepController(deps: SweepDeps): RunController {
  const within = { ...deps, points: trialPoints(deps.store.metrics), runs: trialRuns(deps.store) }
  return {
    kind: 'sweep',
    async advance(run) {
      const kept = controlled<SweepPlan, SweepState>(run)
      if (!kept) return
      const trials = await trialsOf(within, run, kept)
      if (run.status === 'CancelRequested') return stop(within, run, trials, { status: 'Canceled' })
      const { plan } = kept
      const judged = judge(plan, kept.state, trials)
      const late = overdue(within, run, plan)
      const state: SweepState = { ...judged.state, ...(late && { stopping: late }) }
      await terminate(within, run, { trials, reasons: judged.reasons, state })
      if (state.stopping) return stop(within, run, trials, outcome(plan, state, trials))
      await begin(within, run, { plan, state, trials })
    },
  }
}

interface Within extends SweepDeps {
  readonly points: TrialPoints
  readonly runs: TrialRuns
}

async function trialsOf(
  { runs, points }: Within,
  run: Run,
  { plan, state }: { readonly plan: SweepPlan; readonly state: SweepState },
): Promise<readonly Trial[]> {
  const trials: Trial[] = []
  for (const child of await runs.of(run, state.begun)) {
    trials.push({ run: child, points: await points.of(run, child, plan.metric) })
  }
  return trials
}

/** Asks the early termination policy. */
function judge(plan: SweepPlan, state: SweepState, trials: readonly Trial[]) {
  if (!plan.termination) return { state, reasons: new Map<string, string>() }
  const sign = plan.goal === 'maximize' ? 1 : -1
  const metrics: TrialMetrics[] = trials.map(({ run, points }) => ({
    run: run.id,
    open: run.status === 'Running',
    points: points.map((point) => sign * point),
    evaluated: state.evaluated[run.id] ?? 0,
  }))
  const verdicts = evaluate(plan.termination, metrics)
  return {
    reasons: verdicts.stop,
    state: {
      ...state,
      evaluated: { ...state.evaluated, ...Object.fromEntries(verdicts.evaluated) },
      terminated: { ...state.terminated, ...Object.fromEntries(verdicts.stop) },
    },
  }
}

/** Writes down what the policy decided, then stops the trials: a trial that is stopped always says why. */
async function terminate(
  deps: SweepDeps,
  sweep: Run,
  decided: {
    readonly trials: readonly Trial[]
    readonly reasons: ReadonlyMap<string, string>
    readonly state: SweepState
  },
): Promise<void> {
  const { trials, reasons, state } = decided
  const before = controlled<SweepPlan, SweepState>(sweep)?.state
  if (JSON.stringify(before) === JSON.stringify(state)) return
  await deps.store.write(async (within) => {
    const known = await openRun(within, sweep)
    if (!known) return
    await within.runs.put(withState(known, state))
    for (const [id, reason] of reasons) {
      const trial = await within.runs.get(sweep.workspace, id)
      if (!trial || !isOpen(trial)) continue
      const message = `Stopped by the sweep's early termination policy: ${reason}.`
      await within.runs.put({ ...trial, warnings: [...trial.warnings, { message, source: 'sweep' }] })
    }
  })
  await cancelOpen(
    deps,
    trials.flatMap(({ run }) => (reasons.has(run.id) ? [run] : [])),
  )
}

async function finish(deps: Within, run: Run, end: RunEnd): Promise<void> {
  await endControlled(deps, run, end)
  deps.points.forget(run)
  deps.runs.forget(run)
}

/** Stops what still runs; once nothing does, ends the sweep. */
async function stop(deps: Within, run: Run, trials: readonly Trial[], end: RunEnd): Promise<void> {
  const open = trials.filter((trial) => isOpen(trial.run))
  if (open.length === 0) return finish(deps, run, end)
  await cancelOpen(
    deps,
    open.map((trial) => trial.run),
  )
}

/** Begins as many trials as there is room for; ends the sweep where none runs and none is to come. */
async function begin(
  deps: Within,
  run: Run,
  { plan, state, trials }: { readonly plan: SweepPlan; readonly state: SweepState; readonly trials: readonly Trial[] },
): Promise<void> {
  const open = trials.filter((trial) => isOpen(trial.run)).length
  const room = state.exhausted ? 0 : Math.min(plan.maxConcurrent - open, plan.maxTrials - state.begun)
  const samples = room > 0 ? await nextSamples(deps, { plan, state, trials, room }) : []
  const exhausted = state.exhausted || samples.length < room
  if (samples.length === 0) {
    if (open === 0) await finish(deps, run, outcome(plan, state, trials))
    return
  }
  const at = deps.now().toISOString()
  const begun = await deps.store.write(async (within) => {
    const known = await openRun(within, run)
    // Asked to stop since: no trial may come after that.
    if (!known || known.status === 'CancelRequested') return []
    const children: Run[] = []
    for (const [offset, sample] of samples.entries()) {
      const trial = state.begun + offset
      const child = await newChild(within, known, { id: `${run.id}_${trial}`, job: trialJob(plan, sample, trial) }, at)
      const params = Object.fromEntries(Object.entries(sample).map(([name, value]) => [name, String(value)]))
      children.push({ ...child, params: { ...child.params, ...params } })
    }
    for (const child of children) await within.runs.put(child)
    const next: SweepState = { ...state, begun: state.begun + samples.length, ...(exhausted && { exhausted }) }
    await within.runs.put(moved(withState(known, next), 'Running', at))
    return children
  })
  for (const child of begun) deps.runSignals.announce(run.workspace, child.id)
}

const samplers: Readonly<Record<Exclude<SweepPlan['sampling']['kind'], 'bayesian'>, Sampler>> = {
  random: randomSample,
  sobol: sobolSample,
  grid: gridSample,
}

async function nextSamples(
  deps: SweepDeps,
  asked: {
    readonly plan: SweepPlan
    readonly state: SweepState
    readonly trials: readonly Trial[]
    readonly room: number
  },
): Promise<readonly Sample[]> {
  const { plan, state, trials, room } = asked
  const { kind, seed } = plan.sampling
  if (kind === 'bayesian') {
    const history = trials.map(({ run, points }) => {
      const value = bestOf(plan, points)
      return {
        sample: sampleOf(run),
        open: isOpen(run),
        ...(value !== undefined && { value }),
      }
    })
    return await deps.bayesian({ space: plan.space, goal: plan.goal, seed, history, count: room })
  }
  const samples: Sample[] = []
  while (samples.length < room) {
    const sample = samplers[kind](plan.space, state.begun + samples.length, seed)
    if (!sample) break
    samples.push(sample)
  }
  return samples
}

const sampleOf = (run: Run): Sample => JSON.parse(run.tags.hyperparameters ?? '{}')

/** How a sweep ends whose trials have all ended. */
function outcome(plan: SweepPlan, state: SweepState, trials: readonly Trial[]): RunEnd {
  const completed = trials.filter(({ run }) => run.status === 'Completed')
  const failed = trials.filter(({ run }) => run.status === 'Failed')
  if (completed.length === 0 && failed.length > 0) {
    const [first] = failed
    const message = `None of the ${trials.length} trials completed. The first that failed, '${first?.run.id}': ${first?.run.error?.message ?? ''}`
    return { status: 'Failed', error: { code: first?.run.error?.code ?? 'UserError', message } }
  }
  const warnings = [
    ...(state.stopping ? [state.stopping] : []),
    ...(failed.length > 0 ? [`${failed.length} of ${trials.length} trials failed.`] : []),
  ]
  if (completed.length === 0 && state.stopping) return { status: 'Canceled', warnings }
  const best = bestTrial(plan, completed)
  if (!best) {
    return {
      status: 'Completed',
      warnings: [...warnings, `No trial logged the primary metric '${plan.metric}', so there is no best child run.`],
    }
  }
  return {
    status: 'Completed',
    warnings,
    outputs: best.trial.run.outputs,
    properties: {
      best_child_run_id: best.trial.run.id,
      best_data_container_id: `dcid.${best.trial.run.id}`,
      best_metric_status: 'Succeeded',
      score: String(best.value),
    },
  }
}

function bestTrial(plan: SweepPlan, trials: readonly Trial[]): { trial: Trial; value: number } | undefined {
  const better = (a: number, b: number): boolean => (plan.goal === 'maximize' ? a > b : a < b)
  let best: { trial: Trial; value: number } | undefined
  for (const trial of trials) {
    const value = bestOf(plan, trial.points)
    if (value !== undefined && (!best || better(value, best.value))) best = { trial, value }
  }
  return best
}

/** The best of what a trial logged, as Azure judges it. */
const bestOf = ({ goal }: SweepPlan, points: readonly number[]): number | undefined =>
  points.length === 0 ? undefined : points.reduce((a, b) => (goal === 'maximize' ? Math.max(a, b) : Math.min(a, b)))

function overdue(deps: SweepDeps, run: Run, { timeoutSeconds }: SweepPlan): string | undefined {
  if (timeoutSeconds === undefined || run.startedAt === undefined) return undefined
  const over = deps.now().getTime() - Date.parse(run.startedAt) > timeoutSeconds * 1000
  return over ? `The sweep's timeout of ${timeoutSeconds} s passed: what still ran was stopped.` : undefined
}
