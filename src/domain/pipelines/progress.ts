import { objectAt } from '../../json.ts'
import type { Run } from '../../store/runs.ts'
import { workspaceIdOf } from '../runs/child-runs.ts'
import type { NewStep } from './begin-step.ts'
import type { PipelineDeps } from './pipeline-controller.ts'
import type { PipelinePlan, PipelineState, Steps } from './pipeline-plan.ts'
import { literal, outputOfRun, type Sources } from './step-inputs.ts'

/** How far a pipeline is, with the steps that are about to be begun. */
export interface Progress {
  readonly run: Run
  readonly plan: PipelinePlan
  readonly state: PipelineState
  readonly steps: Steps
  readonly begun: readonly NewStep[]
}

/** What the bindings of a pipeline's nodes lead to, as far as it is. */
export function sourcesOf(deps: PipelineDeps, { run, plan, state, steps }: Progress): Sources {
  return {
    store: deps.store,
    blobs: deps.blobs,
    workspace: workspaceIdOf(run),
    inputs: objectAt(run.job?.inputs),
    async outputOf(name, output) {
      const node = state.nodes[plan.nodes[name]?.loop ?? name]
      const gathered = node?.gathered?.[output]
      if (gathered) {
        return gathered.value === undefined
          ? { jobInputType: gathered.type, uri: gathered.uri }
          : literal(gathered.value)
      }
      return outputOfRun(steps.get(node?.runs.at(-1) ?? ''), output)
    },
  }
}
