import { type JsonObject, objectAt } from '../../json.ts'
import type { Run } from '../../store/runs.ts'
import { isOpen } from '../runs/child-runs.ts'
import { type NewStep, prepareStep } from './begin-step.ts'
import { portNamed } from './bindings.ts'
import type { Component } from './component.ts'
import { gatherOutputs } from './gather-outputs.ts'
import type { PipelineDeps } from './pipeline-controller.ts'
import type { NodeState, PipelineState, PlannedNode, Steps } from './pipeline-plan.ts'
import { bodyOf, valueText } from './plan-pipeline.ts'
import { type Progress, sourcesOf } from './progress.ts'
import { boundText, outputOfRun, type Sources, textOf, type Value } from './step-inputs.ts'

interface Move {
  readonly node: NodeState
  readonly begun: readonly NewStep[]
}

type Runnable = PlannedNode & { readonly component: Component }

/** Brings one node further; undefined where it can't get further now. */
export async function furtherNode(deps: PipelineDeps, progress: Progress, name: string): Promise<Move | undefined> {
  const { plan, state } = progress
  const planned = plan.nodes[name]
  if (!planned || planned.loop !== undefined) return undefined
  const node = state.nodes[name]
  if (node) return node.status === 'Running' ? await goOn(deps, progress, { name, planned, node }) : undefined
  const before = planned.after.map((each) => state.nodes[each])
  if (before.some((each) => !each || each.status === 'Running')) return undefined
  const reason = skipped(planned, state)
  if (reason) return { node: { status: 'Skipped', runs: [], why: reason }, begun: [] }
  if (planned.kind === 'if_else') return branch(sourcesOf(deps, progress), planned)
  if (planned.kind === 'do_while') return round(deps, progress, { name, planned, runs: [], looped: {} })
  if (planned.kind === 'parallel_for') {
    const move = await goOn(deps, progress, { name, planned, node: { status: 'Running', runs: [], next: 0 } })
    return move ?? { node: { status: 'Completed', runs: [] }, begun: [] }
  }
  const step = await newStep(deps, progress, name)
  return { node: { status: 'Running', runs: [step.id] }, begun: [step] }
}

/** A step as it would be begun now; `looped` are the inputs that a loop gives it. */
function newStep(deps: PipelineDeps, progress: Progress, name: string, looped?: JsonObject): Promise<NewStep> {
  const { run: pipeline, plan } = progress
  // Only what has a component is begun: plans are made so.
  const planned = plan.nodes[name] as Runnable
  return prepareStep(deps, {
    pipeline,
    plan,
    name,
    planned,
    sources: sourcesOf(deps, progress),
    ...(looped && { looped }),
  })
}

/** Why a node whose turn it is does not run. */
function skipped(planned: PlannedNode, { nodes }: PipelineState): string | undefined {
  const lost = planned.after.find((name) => nodes[name]?.status !== 'Completed')
  if (lost !== undefined) return `Step '${lost}' is ${nodes[lost]?.status ?? 'missing'}.`
  const { gate } = planned
  if (gate && nodes[gate.node]?.branch !== gate.branch) return `'${gate.node}' took the other branch.`
  return undefined
}

/** What a node that has begun does next: a step ends, a loop may begin another round. */
async function goOn(
  deps: PipelineDeps,
  progress: Progress,
  at: { readonly name: string; readonly planned: PlannedNode; readonly node: NodeState },
): Promise<Move | undefined> {
  const { name, planned, node } = at
  if (planned.kind === 'parallel_for') return await items(deps, progress, at)
  const last = progress.steps.get(node.runs.at(-1) ?? '')
  // One that was begun in this very look is not among the steps yet.
  if (!last || isOpen(last)) return undefined
  if (planned.kind !== 'do_while') return { node: { ...node, status: 'Completed' }, begun: [] }
  const condition = outputOfRun(last, portNamed(String(planned.node.condition ?? '')))
  const again = isTrue(await textOf(sourcesOf(deps, progress), condition))
  const most = Number(objectAt(planned.node.limits).max_iteration_count)
  if (!again) return { node: { ...node, status: 'Completed' }, begun: [] }
  if (node.runs.length >= most) {
    const why = `'${name}' ended after ${most} rounds, its greatest number, with its condition still true.`
    return { node: { ...node, status: 'Completed', why }, begun: [] }
  }
  return round(deps, progress, { name, planned, runs: node.runs, looped: mapped(planned.node, last) })
}

/** A round of a do-while: its body once more. */
async function round(
  deps: PipelineDeps,
  progress: Progress,
  at: {
    readonly name: string
    readonly planned: PlannedNode
    readonly runs: readonly string[]
    readonly looped: JsonObject
  },
): Promise<Move> {
  const step = await newStep(deps, progress, bodyOf(at.planned.node), at.looped)
  return { node: { status: 'Running', runs: [...at.runs, step.id] }, begun: [step] }
}

/** The inputs of a do-while's next round that come from the outputs of its last. */
function mapped(loop: JsonObject, last: Run): JsonObject {
  const inputs: Record<string, Value> = {}
  for (const [output, to] of Object.entries(objectAt(loop.mapping))) {
    const value = outputOfRun(last, portNamed(output))
    for (const input of Array.isArray(to) ? to : [to]) if (value) inputs[portNamed(String(input))] = asSent(value)
  }
  return inputs
}

/** Begins a parallel-for's next items, as many as may run at once. */
async function items(
  deps: PipelineDeps,
  progress: Progress,
  { name, planned, node }: { readonly name: string; readonly planned: PlannedNode; readonly node: NodeState },
): Promise<Move | undefined> {
  const all = await itemsOf(sourcesOf(deps, progress), planned.node)
  const pending = new Set(progress.begun.map(({ id }) => id))
  const open = node.runs.filter((id) => pending.has(id) || isOpenStep(progress.steps, id)).length
  const most = Number(planned.node.max_concurrency) || all.length
  const next = node.next ?? 0
  const body = bodyOf(planned.node)
  const begun: NewStep[] = []
  while (next + begun.length < all.length && open + begun.length < most) {
    const looped = Object.fromEntries(
      Object.entries(all[next + begun.length] ?? {}).map(([input, value]) => [input, asItem(value)]),
    )
    begun.push(await newStep(deps, progress, body, looped))
  }
  if (begun.length > 0) {
    const runs = [...node.runs, ...begun.map(({ id }) => id)]
    return { node: { ...node, status: 'Running', runs, next: next + begun.length }, begun }
  }
  if (open > 0) return undefined
  const gathered = await gatherOutputs(deps, progress, { name, runs: node.runs })
  return { node: { ...node, status: 'Completed', gathered }, begun: [] }
}

const isOpenStep = (steps: Steps, id: string): boolean => {
  const step = steps.get(id)
  return step === undefined || isOpen(step)
}

async function itemsOf(sources: Sources, node: JsonObject): Promise<readonly JsonObject[]> {
  const text = typeof node.items === 'string' ? node.items : JSON.stringify(node.items ?? [])
  const read: unknown = JSON.parse(await boundText(sources, text))
  return (Array.isArray(read) ? read : Object.values(objectAt(read))).map(objectAt)
}

/** An item's value as a node's input: data keeps its form, anything else is a literal. */
const asItem = (value: JsonObject[string]): Value =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Value)
    : { value: typeof value === 'string' ? value : JSON.stringify(value) }

const asSent = (value: Value): Value =>
  value.jobInputType === 'literal' ? { value: value.value } : { uri: value.uri, job_input_type: value.jobInputType }

async function branch(sources: Sources, planned: PlannedNode): Promise<Move> {
  const taken = isTrue(await boundText(sources, valueText(planned.node.condition) ?? ''))
  return { node: { status: 'Completed', runs: [], branch: taken }, begun: [] }
}

const isTrue = (text: string): boolean => /^(true|1)$/i.test(text.trim())
