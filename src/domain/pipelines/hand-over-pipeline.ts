import { objectAt } from '../../json.ts'
import type { Deps } from '../deps.ts'
import { resolveInputs } from '../jobs/resolve-inputs.ts'
import type { JobRequest } from '../jobs/resolve-job.ts'
import { handToController } from '../runs/run-controller.ts'
import { completePipeline } from './complete-pipeline.ts'
import type { PipelineState } from './pipeline-plan.ts'
import { planPipeline } from './plan-pipeline.ts'

/**
 * Looks at a whole pipeline before anything of it is written.
 *
 * @throws JobInvalid, JobTypeUnsupported, and what a reference is refused with
 */
export async function checkPipeline(deps: Deps, { workspace, properties: sent }: JobRequest): Promise<void> {
  const properties = await completePipeline(deps.store, workspace, sent)
  await resolveInputs(deps.store, workspace, objectAt(properties.inputs))
  await planPipeline(deps.store, { workspace, job: properties })
}

export async function handOverPipeline(deps: Deps, { workspace, name, properties }: JobRequest): Promise<void> {
  const plan = await planPipeline(deps.store, { workspace, job: properties })
  const state: PipelineState = { nodes: {} }
  await handToController(deps, { workspace, run: name, plan, state })
}
