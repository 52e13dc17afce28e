import { fault } from '../../faults.ts'
import type { PipelineSettings, PlannedNode } from './pipeline-plan.ts'

type Nodes = Readonly<Record<string, PlannedNode>>

/**
 * Puts `settings.on_init` before all other steps. `settings.on_finalize` comes after them, whatever became of them: the
 * controller begins it. Neither may have to do with the others' data, nor stand in a pipeline inside a pipeline.
 *
 * @throws JobInvalid
 */
export function withOuterSteps(nodes: Nodes, { onInit, onFinalize }: PipelineSettings, depth: number): Nodes {
  const outer = Object.entries({ on_init: onInit, on_finalize: onFinalize }).flatMap(([setting, name]) =>
    name === undefined ? [] : [{ setting, name }],
  )
  if (outer.length === 0) return nodes
  for (const { setting, name } of outer) demandAlone(nodes, setting, name)
  if (depth > 0) throw invalid(`A pipeline inside a pipeline can't have 'settings.${outer[0]?.setting}'.`)
  if (onInit === onFinalize) throw invalid("'settings.on_init' and 'settings.on_finalize' name the same step.")
  const isOuter = (name: string): boolean => name === onInit || name === onFinalize
  if (Object.keys(nodes).every(isOuter)) throw invalid('A pipeline needs a step beside its first and its last.')
  if (onInit === undefined) return nodes
  return Object.fromEntries(
    Object.entries(nodes).map(([name, node]) => [
      name,
      isOuter(name) ? node : { ...node, after: [...node.after, onInit] },
    ]),
  )
}

function demandAlone(nodes: Nodes, setting: string, name: string): void {
  const planned = nodes[name]
  if (!planned) throw invalid(`'settings.${setting}' names the step '${name}', which the pipeline does not have.`)
  if (!planned.component || planned.gate || planned.loop)
    throw invalid(`'settings.${setting}' names the step '${name}', which belongs to control flow.`)
  const tied = planned.after[0] ?? Object.entries(nodes).find(([, { after }]) => after.includes(name))?.[0]
  if (tied) throw invalid(`Step '${name}' of 'settings.${setting}' can't be connected to another: it is to '${tied}'.`)
}

const invalid = (reason: string) => fault('JobInvalid', { reason }, { target: 'properties.settings' })
