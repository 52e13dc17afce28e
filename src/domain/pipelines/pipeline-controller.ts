import { finalStatuses, type Run } from '../../store/runs.ts'
import type { Deps } from '../deps.ts'
import { cancelOpen, childrenOf, isOpen } from '../runs/child-runs.ts'
import {
  controlled,
  endControlled,
  openRun,
  type RunController,
  type RunEnd,
  withState,
} from '../runs/run-controller.ts'
import { moved } from '../runs/run-states.ts'
import { type NewStep, writeStep } from './begin-step.ts'
import { executionLog } from './execution-log.ts'
import { furtherNode } from './further-node.ts'
import { pipelineOutputs } from './pipeline-outputs.ts'
import type { NodeState, PipelinePlan, PipelineState, Steps } from './pipeline-plan.ts'
import type { Progress } from './progress.ts'

export type PipelineDeps = Pick<Deps, 'store' | 'blobs' | 'engines' | 'runSignals' | 'now' | 'log'>

/** Runs a pipeline's steps in their order, each as a run of its own. */
export function pipelineController(deps: PipelineDeps): RunController {
  return {
    kind: 'pipeline',
    async advance(run) {
      const kept = controlled<PipelinePlan, PipelineState>(run)
      if (!kept) return
      const { plan } = kept
      const steps: Steps = new Map((await childrenOf(deps.store, run)).map((step) => [step.id, step]))
      if (run.status === 'CancelRequested') return stop(deps, run, steps, { status: 'Canceled' })
      const progress = await further(deps, { run, plan, state: settled(kept.state, steps), steps })
      const stops = !plan.settings.continueOnStepFailure && Object.values(progress.state.nodes).some(isLost)
      if (stops) {
        await keep(deps, run, { ...progress, begun: [] })
        return stop(deps, run, steps, failure(progress.state, steps))
      }
      await keep(deps, run, progress)
      if (progress.begun.length > 0 || !allSettled(plan, progress.state)) return
      await end(deps, run, { plan, state: progress.state, steps })
    },
  }
}

const isLost = ({ status }: NodeState): boolean => status === 'Failed' || status === 'Canceled'
const allSettled = (plan: PipelinePlan, { nodes }: PipelineState): boolean =>
  Object.entries(plan.nodes).every(
    ([name, { loop }]) => loop !== undefined || (nodes[name] && nodes[name].status !== 'Running'),
  )

/** The state with the ends of those steps that have ended; a loop's end is its own to tell. */
function settled(state: PipelineState, steps: Steps): PipelineState {
  const nodes = Object.entries(state.nodes).map(([name, node]) => {
    const runs = node.runs.map((id) => steps.get(id))
    const lost = runs.find((run) => run?.status === 'Failed') ?? runs.find((run) => run?.status === 'Canceled')
    if (node.status !== 'Running' || runs.some((run) => run && isOpen(run))) return [name, node] as const
    if (lost) return [name, { ...node, status: lost.status as 'Failed' | 'Canceled' }] as const
    return [name, node] as const
  })
  return { nodes: Object.fromEntries(nodes) }
}

/** Brings every node as far as it gets, until none gets further: what is skipped or reused lets others go on at once. */
async function further(deps: PipelineDeps, begin: Omit<Progress, 'begun'>): Promise<Progress> {
  let progress: Progress = { ...begin, begun: [] }
  const { plan } = begin
  const stopped = (): boolean =>
    !plan.settings.continueOnStepFailure && Object.values(progress.state.nodes).some(isLost)
  for (let moves = true; moves && !stopped(); ) {
    moves = false
    for (const name of Object.keys(plan.nodes)) {
      if (stopped()) break
      const step = await furtherNode(deps, progress, name)
      if (!step) continue
      moves = true
      progress = {
        ...progress,
        state: { nodes: { ...progress.state.nodes, [name]: step.node } },
        begun: [...progress.begun, ...step.begun],
      }
    }
  }
  return progress
}

/** Writes how far the pipeline is and the runs that it has begun, together. */
async function keep(deps: PipelineDeps, run: Run, { state, begun }: Pick<Progress, 'state' | 'begun'>): Promise<void> {
  const before = controlled<PipelinePlan, PipelineState>(run)?.state
  if (begun.length === 0 && JSON.stringify(before) === JSON.stringify(state)) return
  const at = deps.now().toISOString()
  const written = await deps.store.write(async (within) => {
    const known = await openRun(within, run)
    // Asked to stop since: no step may come after that.
    if (!known || known.status === 'CancelRequested') return []
    const runs: Run[] = []
    for (const step of begun) runs.push(await writeStep(within, known, step, at))
    await within.runs.put(moved(withState(known, state), 'Running', at))
    return runs
  })
  if (written.length > 0) await executionLog(deps, run, submitted(begun), at)
  for (const step of written) deps.runSignals.announce(run.workspace, step.id)
  if (written.some(({ status }) => finalStatuses.has(status))) deps.runSignals.announce(run.workspace, run.id)
}

function submitted(begun: readonly NewStep[]): string {
  const first = begun.slice(0, 5).map(({ node, id }) => `${node}:${id}`)
  return `Submitting ${begun.length} runs, first five are: ${first.join(',')}`
}

/** Stops what still runs; once nothing does, ends the pipeline. */
async function stop(deps: PipelineDeps, run: Run, steps: Steps, as: RunEnd): Promise<void> {
  const open = [...steps.values()].filter(isOpen)
  if (open.length === 0) {
    await executionLog(deps, run, `Finishing experiment: ${as.error?.message ?? as.status}`, deps.now().toISOString())
    return endControlled(deps, run, as)
  }
  await cancelOpen(deps, open)
}

async function end(
  deps: PipelineDeps,
  run: Run,
  at: { readonly plan: PipelinePlan; readonly state: PipelineState; readonly steps: Steps },
): Promise<void> {
  const failed = Object.values(at.state.nodes).some(isLost)
  const outputs = pipelineOutputs(at)
  const warnings = Object.values(at.state.nodes).flatMap(({ status, why }) =>
    status === 'Completed' && why ? [why] : [],
  )
  const as: RunEnd = failed ? { ...failure(at.state, at.steps), outputs } : { status: 'Completed', outputs, warnings }
  const message = failed ? as.error?.message : 'no runs left and nothing to schedule'
  await executionLog(deps, run, `Finishing experiment: ${message}`, deps.now().toISOString())
  await endControlled(deps, run, as)
}

/** Why a pipeline fails: which of its steps did, and what the first of them says. */
function failure({ nodes }: PipelineState, steps: Steps): RunEnd {
  const failed = Object.entries(nodes).filter(([, { status }]) => status === 'Failed')
  // Those that were canceled since are none of the reason.
  const lost = failed.length > 0 ? failed : Object.entries(nodes).filter(([, node]) => isLost(node))
  const names = lost.map(([name]) => name)
  const [first] = lost
  const runs = first?.[1].runs.map((id) => steps.get(id)) ?? []
  const run = runs.find((each) => each?.status === 'Failed') ?? runs.at(-1)
  const reason = run?.error?.message ?? first?.[1].why ?? `it is ${run?.status ?? 'Failed'}`
  const message = `Pipeline has some failed steps (${names.join(', ')}). See child run or execution logs for more details. ${first?.[0]}: ${reason}`
  return { status: 'Failed', error: { code: run?.error?.code ?? 'UserError', message } }
}
