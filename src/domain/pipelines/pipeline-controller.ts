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
      const at = { run, plan, state: settled(kept.state, steps), steps }
      if (run.status === 'CancelRequested') return stop(deps, at, { status: 'Canceled' })
      const progress = await further(deps, at)
      const lost = ordinary(progress).some(([, node]) => isLost(node))
      if (lost && !plan.settings.continueOnStepFailure) {
        await keep(deps, run, { ...progress, begun: [] })
        return stop(deps, progress, failure(progress))
      }
      await keep(deps, run, progress)
      if (progress.begun.length > 0 || !allSettled(plan, progress.state)) return
      await end(deps, progress)
    },
  }
}

/** A pipeline as a look finds it. */
type Look = Omit<Progress, 'begun'>

const isLost = ({ status }: NodeState): boolean => status === 'Failed' || status === 'Canceled'
/** The nodes that were begun, without the last one, which comes after the pipeline's own outcome. */
const ordinary = ({ plan, state }: Pick<Look, 'plan' | 'state'>): readonly (readonly [string, NodeState])[] =>
  Object.entries(state.nodes).filter(([name]) => name !== plan.settings.onFinalize)
const allSettled = (plan: PipelinePlan, { nodes }: PipelineState): boolean =>
  Object.entries(plan.nodes).every(
    ([name, { loop }]) =>
      loop !== undefined || name === plan.settings.onFinalize || (nodes[name] && nodes[name].status !== 'Running'),
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
async function further(deps: PipelineDeps, begin: Look): Promise<Progress> {
  let progress: Progress = { ...begin, begun: [] }
  const { plan } = begin
  const stopped = (): boolean =>
    !plan.settings.continueOnStepFailure && ordinary(progress).some(([, node]) => isLost(node))
  for (let moves = true; moves && !stopped(); ) {
    moves = false
    for (const name of Object.keys(plan.nodes)) {
      if (stopped()) break
      if (name === plan.settings.onFinalize) continue
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

/** Writes how far the pipeline is and the runs that it has begun, together; `isLast` where the last step is begun. */
async function keep(
  deps: PipelineDeps,
  run: Run,
  { state, begun, isLast = false }: Pick<Progress, 'state' | 'begun'> & { readonly isLast?: boolean },
): Promise<void> {
  const before = controlled<PipelinePlan, PipelineState>(run)?.state
  if (begun.length === 0 && JSON.stringify(before) === JSON.stringify(state)) return
  const at = deps.now().toISOString()
  const written = await deps.store.write(async (within) => {
    const known = await openRun(within, run)
    // Asked to stop since: no step may come after that, but the last.
    if (!known || (known.status === 'CancelRequested' && !isLast)) return []
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

/** Stops what still runs, but for the last step; once nothing does, ends the pipeline. */
async function stop(deps: PipelineDeps, at: Look, as: RunEnd): Promise<void> {
  const last = at.state.nodes[at.plan.settings.onFinalize ?? '']?.runs ?? []
  const open = [...at.steps.values()].filter((step) => isOpen(step) && !last.includes(step.id))
  if (open.length === 0) return conclude(deps, at, as)
  await cancelOpen(deps, open)
}

async function end(deps: PipelineDeps, at: Look): Promise<void> {
  const nodes = ordinary(at)
  const outputs = pipelineOutputs(at)
  const warnings = nodes.flatMap(([, { status, why }]) => (status === 'Completed' && why ? [why] : []))
  const failed = nodes.some(([, node]) => isLost(node))
  await conclude(deps, at, failed ? { ...failure(at), outputs } : { status: 'Completed', outputs, warnings })
}

/** Runs the pipeline's last step, if it has one, and then ends it as was decided. */
async function conclude(deps: PipelineDeps, at: Look, as: RunEnd): Promise<void> {
  const { run, plan, state, steps } = at
  const name = plan.settings.onFinalize
  const known = name === undefined ? undefined : state.nodes[name]
  if (name !== undefined && !known) {
    const move = await furtherNode(deps, { ...at, begun: [] }, name)
    if (!move) return
    const nodes = { ...state.nodes, [name]: move.node }
    return keep(deps, run, { state: { nodes }, begun: move.begun, isLast: true })
  }
  const last = steps.get(known?.runs.at(-1) ?? '')
  if (known && (!last || isOpen(last))) return
  const conclusion = last ? withLast(as, name ?? '', last) : as
  const message =
    conclusion.error?.message ?? (as.status === 'Completed' ? 'no runs left and nothing to schedule' : as.status)
  await executionLog(deps, run, `Finishing experiment: ${message}`, deps.now().toISOString())
  await endControlled(deps, run, conclusion)
}

/** A pipeline's end after its last step, whose failure is the pipeline's unless that has failed before. */
function withLast(as: RunEnd, name: string, last: Run): RunEnd {
  if (last.status === 'Completed') return as
  const reason = `${name}: ${last.error?.message ?? `it is ${last.status}`}`
  if (as.status !== 'Completed')
    return { ...as, warnings: [...(as.warnings ?? []), `The last step did not complete. ${reason}`] }
  const message = `Pipeline has some failed steps (${name}). See child run or execution logs for more details. ${reason}`
  return { ...as, status: 'Failed', error: { code: last.error?.code ?? 'UserError', message } }
}

/** Why a pipeline fails: which of its steps did, and what the first of them says. */
function failure(at: Look): RunEnd {
  const { steps } = at
  const nodes = ordinary(at)
  const failed = nodes.filter(([, { status }]) => status === 'Failed')
  // Those that were canceled since are none of the reason.
  const lost = failed.length > 0 ? failed : nodes.filter(([, node]) => isLost(node))
  const names = lost.map(([name]) => name)
  const [first] = lost
  const runs = first?.[1].runs.map((id) => steps.get(id)) ?? []
  const run = runs.find((each) => each?.status === 'Failed') ?? runs.at(-1)
  const reason = run?.error?.message ?? first?.[1].why ?? `it is ${run?.status ?? 'Failed'}`
  const message = `Pipeline has some failed steps (${names.join(', ')}). See child run or execution logs for more details. ${first?.[0]}: ${reason}`
  return { status: 'Failed', error: { code: run?.error?.code ?? 'UserError', message } }
}
