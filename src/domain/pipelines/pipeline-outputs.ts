import { objectAt } from '../../json.ts'
import type { Run } from '../../store/runs.ts'
import { pipelineOutputNamed } from './bindings.ts'
import type { PipelinePlan, PipelineState, Steps } from './pipeline-plan.ts'
import { valueText } from './plan-pipeline.ts'

/** A pipeline's outputs: those of the steps that fill them. */
export function pipelineOutputs({
  plan,
  state,
  steps,
}: {
  readonly plan: PipelinePlan
  readonly state: PipelineState
  readonly steps: Steps
}): Run['outputs'] {
  const outputs: Record<string, Run['outputs'][string]> = {}
  for (const [name, { node, loop }] of Object.entries(plan.nodes)) {
    for (const [own, sent] of Object.entries(objectAt(node.outputs))) {
      const filled = pipelineOutputNamed(valueText(sent) ?? '')
      // What a loop runs is told of by the loop.
      const run = steps.get(state.nodes[loop ?? name]?.runs.at(-1) ?? '')
      const output = run?.outputs[own]
      if (filled !== undefined && output) outputs[filled] = output
    }
  }
  return outputs
}
