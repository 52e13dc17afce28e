import { randomUUID } from 'node:crypto'
import { type Fault, isFault } from '../../faults.ts'
import { type JsonObject, objectAt, plainCopy } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { Run } from '../../store/runs.ts'
import type { Repositories } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { engineJobs } from '../jobs/engine-jobs.ts'
import { newChild } from '../runs/child-runs.ts'
import { registerOutputs } from '../runs/register-outputs.ts'
import { ended } from '../runs/run-controller.ts'
import { moved } from '../runs/run-states.ts'
import type { JobSubmission } from '../runs/submit-job.ts'
import { type Binding, filled } from './bindings.ts'
import type { Component } from './component.ts'
import { eachText } from './parallel-step.ts'
import type { PipelinePlan, PlannedNode } from './pipeline-plan.ts'
import { computeOf } from './plan-pipeline.ts'
import { findReuse, type Reuse } from './reuse.ts'
import { bound, boundText, type Sources, stepInputs, textOf } from './step-inputs.ts'
import { stepJob } from './step-job.ts'

/** A step that is about to be begun: its run's id, and what becomes of it when it is written. */
export interface NewStep {
  readonly id: string
  readonly node: string
  readonly job: JsonObject
  readonly properties: Readonly<Record<string, string>>
  readonly reuse?: Reuse
  /** What the step would have been handed over as; for one that is reused. */
  readonly submission?: JobSubmission
  /** Why it can't run: its run is there, and has failed. */
  readonly problem?: Fault
}

export interface StepRequest {
  /** The pipeline's run. */
  readonly pipeline: Run
  readonly plan: PipelinePlan
  readonly name: string
  readonly planned: PlannedNode & { readonly component: Component }
  readonly sources: Sources
  /** Inputs that a loop gives instead of those that the node says. */
  readonly looped?: JsonObject
}

/** Resolves a step and looks whether an earlier run has done the same. What is wrong with it becomes its run's error. */
export async function prepareStep(
  deps: Pick<Deps, 'store' | 'blobs' | 'engines'>,
  request: StepRequest,
): Promise<NewStep> {
  const { pipeline, planned, name, plan, sources } = request
  const id = randomUUID()
  const properties: Record<string, string> = {
    'azureml.runsource': 'azureml.StepRun',
    'azureml.nodeid': name,
    'azureml.moduleName': String(planned.component.spec.name ?? name),
    ...(planned.component.id && { 'azureml.moduleid': planned.component.id }),
    'azureml.pipelinerunid': pipeline.id,
    'azureml.rootpipelinerunid': pipeline.rootId,
  }
  const bare = { id, node: name, job: { jobType: planned.kind, displayName: name }, properties }
  try {
    const job = await jobOf(request)
    const step = { ...bare, job }
    const kind = engineJobs.get(planned.kind)
    if (!kind) return step
    const submission = await kind.resolve(deps, { workspace: sources.workspace, name: id, properties: job })
    const reuse = await findReuse(deps, {
      workspace: foldId(sources.workspace),
      step: name,
      component: planned.component,
      spec: submission.spec,
      outputs: objectAt(job.outputs),
      forceRerun: plan.settings.forceRerun,
    })
    return { ...step, reuse, submission }
  } catch (error) {
    if (!isFault(error)) throw error
    return { ...bare, problem: error }
  }
}

async function jobOf({ pipeline, plan, name, planned, sources, looped }: StepRequest): Promise<JsonObject> {
  const { node, component } = planned
  const given = { ...objectAt(node.inputs), ...looped }
  const inputs = await stepInputs(sources, name, { component, given })
  const named = computeOf(node, component, plan.settings, objectAt(pipeline.job))
  const computeId = named === undefined ? undefined : await boundText(sources, named)
  const job = stepJob({
    name,
    planned,
    settings: plan.settings,
    computeId,
    inputs,
    pipelineOutputs: objectAt(objectAt(pipeline.job).outputs),
  })
  if (planned.kind !== 'parallel') return job
  // Its settings may be inputs of the pipeline.
  const value = async (each: Binding) => textOf(sources, await bound(sources, each))
  return { ...(await eachText(job, (text) => filled(text, value))), inputs, outputs: job.outputs }
}

/** Writes a step's run, within the write in which the pipeline notes that it has it. */
export async function writeStep(within: Repositories, pipeline: Run, step: NewStep, at: string): Promise<Run> {
  const { job, properties, reuse, problem } = step
  const child = await newChild(within, pipeline, { id: step.id, job }, at)
  const run: Run = {
    ...child,
    properties: { ...child.properties, ...properties, ...(reuse && { 'lazuli.reuse': reuse.why }) },
    ...(reuse && { content: reuse.content }),
  }
  const written = problem
    ? ended(run, { status: 'Failed', error: { code: problem.code, message: problem.message } }, at)
    : reuse?.from
      ? await reused(within, run, { step, from: reuse.from, at })
      : run
  await within.runs.put(written)
  return written
}

/** A run that did not have to run: its outputs are those of the run that did, and become assets as its own would. */
async function reused(
  within: Repositories,
  run: Run,
  { step, from, at }: { readonly step: NewStep; readonly from: Run; readonly at: string },
): Promise<Run> {
  const declared = Object.entries(step.submission?.outputs ?? {}).map(([name, output]) => [
    name,
    { ...output, uri: from.outputs[name]?.uri ?? output.uri },
  ])
  const outputs = Object.fromEntries(declared)
  // What `submitJob` would have written: a reused run is read like one that ran.
  const engine = plainCopy({ computeType: step.submission?.computeType, spec: step.submission?.spec, outputs })
  const kept: Run = {
    ...moved(run, 'Completed', at),
    startedAt: at,
    engine,
    outputs,
    properties: {
      ...run.properties,
      'azureml.isreused': 'true',
      'azureml.reusedrunid': from.id,
      'azureml.reusedpipelinerunid': from.parentId ?? '',
      ...(from.properties['azureml.pipeline.control'] !== undefined && {
        'azureml.pipeline.control': from.properties['azureml.pipeline.control'],
      }),
    },
  }
  return await registerOutputs(within, kept, at)
}
