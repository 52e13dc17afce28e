import { fault } from '../../faults.ts'
import { isObject, type Json, type JsonObject, objectAt, plainText, textAt } from '../../json.ts'
import { resolveCode } from '../assets/resolve-code.ts'
import { resolveEnvironment } from '../assets/resolve-environment.ts'
import type { Reads } from '../datastores/resolve-uri.ts'
import { resolveCompute } from '../jobs/resolve-compute.ts'
import { bindingOf, bindingsIn, nodeNamed, pipelineOutputNamed } from './bindings.ts'
import {
  type Component,
  checkLiteral,
  findComponent,
  inlineComponent,
  isPrimitive,
  portsOf,
  referenceAt,
} from './component.ts'
import { withOuterSteps } from './outer-steps.ts'
import { checkParallelStep } from './parallel-step.ts'
import type { NodeKind, PipelinePlan, PipelineSettings, PlannedNode } from './pipeline-plan.ts'

/** Pipelines in pipelines; Azure's own limit is not published. */
const DEEPEST = 16
const MOST_NODES = 1000

const KINDS: ReadonlySet<string> = new Set<NodeKind>([
  'command',
  'sweep',
  'parallel',
  'pipeline',
  'if_else',
  'do_while',
  'parallel_for',
])

export interface PipelineRequest {
  /** The workspace's id in its own spelling. */
  readonly workspace: string
  /** The pipeline job's properties. */
  readonly job: JsonObject
}

/**
 * Reads a pipeline's nodes, finds what they run, and looks at all that can be known before they run: computes,
 * environments, code, the ports and their bindings, cycles; those of pipelines inside it too.
 *
 * @throws JobInvalid, JobTypeUnsupported, and what a reference is refused with
 */
export async function planPipeline(from: Reads, request: PipelineRequest, depth = 0): Promise<PipelinePlan> {
  const { workspace, job } = request
  if (depth > DEEPEST) throw invalid(`Pipelines may stand in each other ${DEEPEST} deep at most.`)
  const sent = Object.entries(objectAt(job.jobs))
  if (sent.length === 0) throw invalid("A pipeline needs 'jobs', with one node at least.")
  if (sent.length > MOST_NODES)
    throw invalid(`A pipeline may have ${MOST_NODES} nodes at most; this one has ${sent.length}.`)
  const settings = readSettings(job.settings)
  const read = new Map<string, PlannedNode>()
  for (const [name, node] of sent) read.set(name, await readNode(from, workspace, { name, node, settings, job, depth }))
  const gated = withControlFlow(read)
  const tied = Object.fromEntries(
    [...gated].map(([name, node]) => [name, { ...node, after: afterOf(name, node, gated) }]),
  )
  const nodes = withOuterSteps(tied, settings, depth)
  const outputs = objectAt(job.outputs)
  for (const [name, { node, component, after }] of Object.entries(nodes)) {
    for (const other of after)
      if (!nodes[other]) throw invalid(`Step '${name}' names the step '${other}', which the pipeline does not have.`)
    if (component) checkPorts({ name, node, component, job, nodes })
    for (const output of Object.values(objectAt(node.outputs))) {
      const bound = pipelineOutputNamed(valueText(output) ?? '')
      if (bound !== undefined && !(bound in outputs)) {
        throw invalid(`Step '${name}' fills the pipeline's output '${bound}', which it does not have.`)
      }
    }
  }
  demandNoCycle(nodes)
  return { nodes, settings }
}

function readSettings(sent: Json | undefined): PipelineSettings {
  const settings = objectAt(sent)
  const flag = (...names: string[]): boolean =>
    names.some((name) => settings[name] === true || String(settings[name]).toLowerCase() === 'true')
  const text = (...names: string[]): string | undefined =>
    names.map((name) => textAt(settings[name])).find((each) => each)
  const onInit = text('on_init', 'onInit')
  const onFinalize = text('on_finalize', 'onFinalize')
  const defaultCompute = text('default_compute', 'defaultCompute')
  const defaultDatastore = text('default_datastore', 'defaultDatastore')
  return {
    continueOnStepFailure: flag('continue_on_step_failure', 'continueOnStepFailure', 'continue_run_on_step_failure'),
    forceRerun: flag('force_rerun', 'forceRerun'),
    ...(onInit && { onInit }),
    ...(onFinalize && { onFinalize }),
    ...(defaultCompute && { defaultCompute }),
    ...(defaultDatastore && {
      defaultDatastore: defaultDatastore.replace(/^azureml:/i, '').replace(/^.*\/datastores\//i, ''),
    }),
  }
}

interface SentNode {
  readonly name: string
  readonly node: Json | undefined
  readonly settings: PipelineSettings
  readonly job: JsonObject
  readonly depth: number
}

async function readNode(
  from: Reads,
  workspace: string,
  { name, node, settings, job, depth }: SentNode,
): Promise<PlannedNode> {
  if (!/^[A-Za-z_][\w-]{0,254}$/.test(name)) throw invalid(`'${name}' is no name for a step.`)
  if (!isObject(node)) throw invalid(`Step '${name}' is no object.`)
  const component = await componentOf(from, workspace, node)
  const kind = (textAt(node.type) ?? textAt(component?.spec.type) ?? 'command').toLowerCase()
  if (!KINDS.has(kind)) throw fault('JobTypeUnsupported', { kind }, { target: `properties.jobs.${name}` })
  const planned = { kind: kind as NodeKind, node, after: [], ...(component && { component }) }
  if (kind === 'if_else' || kind === 'do_while' || kind === 'parallel_for') return planned
  if (!component) throw invalid(`Step '${name}' names no component ('componentId').`)
  if (kind === 'pipeline') {
    const inner = nestedJob(component, {
      settings,
      inputs: stubInputs(component, node),
      outputs: stubOutputs(component),
    })
    await planPipeline(from, { workspace, job: inner }, depth + 1)
    return planned
  }
  const compute = computeOf(node, component, settings, job)
  // One that an earlier step decides can't be looked at now.
  if (compute === undefined || bindingsIn(compute).length === 0)
    await resolveCompute(from.resources, workspace, compute)
  const { spec } = component
  const program = kind === 'parallel' ? { ...objectAt(spec.task), ...objectAt(node.task) } : spec
  const environment = referenceAt(node, 'environment') ?? referenceAt(program, 'environment')
  if (!environment) throw invalid(`The component of step '${name}' has no environment.`)
  await resolveEnvironment(from, workspace, environment)
  const code = referenceAt(program, 'code')
  if (code) await resolveCode(from, workspace, code)
  if (kind === 'parallel') checkParallelStep(node, component)
  return planned
}

async function componentOf(from: Reads, workspace: string, node: JsonObject): Promise<Component | undefined> {
  const trial = objectAt(node.trial)
  const inline = inlineComponent(trial) ?? inlineComponent(objectAt(node.component))
  if (inline) return inline
  const reference =
    referenceAt(node, 'componentId') ?? referenceAt(trial, 'componentId') ?? referenceAt(node, 'component')
  return reference === undefined ? undefined : await findComponent(from, workspace, reference)
}

/**
 * The compute of a step: its own, or that of the pipeline; a text that may be an input of the pipeline.
 */
export function computeOf(
  node: JsonObject,
  component: Component,
  settings: PipelineSettings,
  job: JsonObject,
): string | undefined {
  const named = textAt(node.computeId) ?? textAt(node.compute) ?? textAt(component.spec.compute)
  const compute = named || settings.defaultCompute || textAt(job.computeId)
  const binding = compute === undefined ? undefined : bindingOf(compute)
  if (binding?.to !== 'input') return compute
  return textAt(objectAt(objectAt(job.inputs)[binding.name]).value) ?? compute
}

/** A pipeline's component as the job that its run is. */
export function nestedJob(
  { id, spec }: Component,
  given: { readonly settings: PipelineSettings; readonly inputs: JsonObject; readonly outputs: JsonObject },
): JsonObject {
  const { settings } = given
  return {
    jobType: 'Pipeline',
    ...(id && { componentId: id }),
    jobs: spec.jobs,
    inputs: given.inputs,
    outputs: given.outputs,
    settings: {
      ...objectAt(spec.settings),
      ...(settings.defaultCompute && { default_compute: settings.defaultCompute }),
      ...(settings.defaultDatastore && { default_datastore: settings.defaultDatastore }),
      continue_on_step_failure: settings.continueOnStepFailure,
      force_rerun: settings.forceRerun,
    },
  }
}

/** What stands for the inputs of a pipeline inside a pipeline while nobody knows them yet. */
function stubInputs(component: Component, node: JsonObject): JsonObject {
  const given = objectAt(node.inputs)
  return Object.fromEntries(
    portsOf(component, 'inputs')
      .filter(({ name, optional, spec }) => name in given || spec.default !== undefined || !optional)
      .map((port) => {
        const value = valueText(given[port.name]) ?? (port.spec.default === undefined ? '' : String(port.spec.default))
        return [port.name, { jobInputType: isPrimitive(port) ? 'literal' : port.type, value, stub: true }]
      }),
  )
}

const stubOutputs = (component: Component): JsonObject =>
  Object.fromEntries(portsOf(component, 'outputs').map(({ name }) => [name, {}]))

/** The text of a value of a node, whichever way it is written. */
export function valueText(sent: Json | undefined): string | undefined {
  if (sent === null || sent === undefined) return undefined
  if (!isObject(sent)) return String(sent)
  const value = sent.value ?? sent.uri ?? sent.path
  return value === null || value === undefined ? undefined : plainText(value)
}

/** Marks the branches of if-else nodes and the bodies of loops. */
function withControlFlow(nodes: ReadonlyMap<string, PlannedNode>): Map<string, PlannedNode> {
  const result = new Map(nodes)
  const mark = (name: string, target: string, more: Pick<PlannedNode, 'gate' | 'loop'>) => {
    const known = result.get(target)
    if (!known) throw invalid(`Step '${name}' controls the step '${target}', which the pipeline does not have.`)
    if (known.gate || known.loop) throw invalid(`Step '${target}' is controlled by two steps.`)
    result.set(target, { ...known, ...more })
  }
  for (const [name, { kind, node }] of nodes) {
    if (kind === 'if_else') {
      if (node.condition === undefined || node.condition === null) throw invalid(`Step '${name}' needs a 'condition'.`)
      for (const [branch, block] of [
        [true, node.true_block],
        [false, node.false_block],
      ] as const) {
        for (const each of Array.isArray(block) ? block : block ? [block] : []) {
          mark(name, nodeNamed(String(each)) ?? String(each), { gate: { node: name, branch } })
        }
      }
    }
    if (kind === 'do_while' || kind === 'parallel_for') {
      const body = bodyOf(node)
      if (nodes.get(body)?.component === undefined)
        throw invalid(`The body of step '${name}' is no step with a component.`)
      mark(name, body, { loop: name })
    }
    if (kind === 'do_while') {
      const most = Number(objectAt(node.limits).max_iteration_count)
      if (!Number.isInteger(most) || most < 1 || most > MOST_NODES) {
        throw invalid(`Step '${name}' needs a 'limits.max_iteration_count' from 1 to ${MOST_NODES}.`)
      }
    }
  }
  return result
}

/** The name of the step that a loop runs. */
export const bodyOf = (loop: JsonObject): string => nodeNamed(String(loop.body)) ?? String(loop.body)

/** The nodes that a node waits for: those whose outputs it reads, and the one that decides whether it runs. */
function afterOf(name: string, planned: PlannedNode, nodes: ReadonlyMap<string, PlannedNode>): readonly string[] {
  const { node, kind, gate } = planned
  const texts: string[] = []
  const gather = (value: Json | undefined) => {
    if (typeof value === 'string') texts.push(value)
    else if (Array.isArray(value)) for (const each of value as readonly Json[]) gather(each)
    else if (isObject(value)) for (const each of Object.values(value)) gather(each)
  }
  gather(node.inputs)
  gather(node.computeId)
  gather(node.environment_variables)
  if (kind === 'if_else') gather(node.condition)
  if (kind === 'parallel_for') gather(node.items)
  const body = kind === 'do_while' || kind === 'parallel_for' ? nodes.get(bodyOf(node)) : undefined
  if (body) gather(body.node.inputs)
  const named = texts.flatMap((text) =>
    bindingsIn(text).flatMap((binding) => (binding.to === 'output' ? [binding.node] : [])),
  )
  // What a loop runs has its outputs once the loop has ended.
  const after = named.map((each) => nodes.get(each)?.loop ?? each).filter((each) => !(body && each === name))
  return [...new Set([...after, ...(gate ? [gate.node] : [])])]
}

interface Ports {
  readonly name: string
  readonly node: JsonObject
  readonly component: Component
  readonly job: JsonObject
  readonly nodes: Readonly<Record<string, PlannedNode>>
}

function checkPorts({ name, node, component, job, nodes }: Ports): void {
  const given = objectAt(node.inputs)
  const inputs = portsOf(component, 'inputs')
  const swept = objectAt(node.search_space)
  const loop = nodes[name]?.loop
  const looped = loop === undefined ? new Set<string>() : loopInputs(nodes[loop]?.node ?? {})
  for (const port of inputs) {
    const text = valueText(given[port.name])
    if (text === undefined) {
      const free = port.optional || port.spec.default !== undefined || port.name in swept || looped.has(port.name)
      if (!free) throw invalid(`Step '${name}' does not give the input '${port.name}', which its component needs.`)
      continue
    }
    const bindings = bindingsIn(text)
    for (const binding of bindings) {
      if (
        binding.to === 'input' &&
        !(binding.name in objectAt(job.inputs)) &&
        !port.optional &&
        port.spec.default === undefined
      ) {
        throw invalid(
          `The input '${port.name}' of step '${name}' is bound to the pipeline's input '${binding.name}', which was not given.`,
        )
      }
      if (binding.to === 'output') demandOutput(name, binding, nodes)
    }
    if (bindings.length === 0 && isPrimitive(port)) checkLiteral(name, port, text)
  }
  const known = new Set(inputs.map((port) => port.name))
  const strange = Object.keys(given).find((each) => !known.has(each))
  if (strange !== undefined)
    throw invalid(`Step '${name}' gives the input '${strange}', which its component does not have.`)
  const outputs = new Set(portsOf(component, 'outputs').map((port) => port.name))
  const extra = Object.keys(objectAt(node.outputs)).find((each) => !outputs.has(each))
  if (extra !== undefined)
    throw invalid(`Step '${name}' gives the output '${extra}', which its component does not have.`)
}

/** The inputs of a loop's body that the loop gives. */
function loopInputs(loop: JsonObject): ReadonlySet<string> {
  const mapped = Object.values(objectAt(loop.mapping)).flatMap((to) =>
    Array.isArray(to) ? to.map(String) : [String(to)],
  )
  const items = typeof loop.items === 'string' ? tryJson(loop.items) : loop.items
  const each = Array.isArray(items) ? items : Object.values(objectAt(items))
  return new Set([...mapped, ...each.flatMap((item) => Object.keys(objectAt(item)))])
}

function tryJson(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function demandOutput(name: string, to: { readonly node: string; readonly name: string }, nodes: Ports['nodes']): void {
  const source = nodes[to.node]
  const component = source?.component ?? (source && nodes[bodyOf(source.node)]?.component)
  if (component && !portsOf(component, 'outputs').some((port) => port.name === to.name)) {
    throw invalid(`Step '${name}' reads the output '${to.name}' of step '${to.node}', which that does not have.`)
  }
}

function demandNoCycle(nodes: Readonly<Record<string, PlannedNode>>): void {
  const left = new Set(Object.keys(nodes))
  for (let found = true; found; ) {
    found = false
    for (const name of left) {
      if (nodes[name]?.after.some((other) => left.has(other))) continue
      left.delete(name)
      found = true
    }
  }
  if (left.size > 0) throw invalid(`The steps ${[...left].join(', ')} wait for each other.`)
}

const invalid = (reason: string) => fault('JobInvalid', { reason })
