import type { JobSpec } from '../../compute/engine.ts'
import { fault } from '../../faults.ts'
import { plainCopy } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { Run } from '../../store/runs.ts'
import { artifactStore } from '../artifacts/artifact-store.ts'
import type { Deps } from '../deps.ts'

/** A job whose references are resolved: what an engine needs, less what the run itself knows. */
export interface JobSubmission {
  /** The workspace's id, in any spelling. */
  readonly workspace: string
  /** The job's name; its run has been written by the backing of `workspaces/jobs`. */
  readonly run: string
  /** Names the engine: `AmlCompute`, `ComputeInstance`. */
  readonly computeType: string
  /** `variables` are those of the job and its environment; the run's own are added when it goes to the engine. */
  readonly spec: Omit<JobSpec, 'id' | 'workspace' | 'run' | 'artifacts'>
  /**
   * Named outputs by name: where each will lie, as `azureml://subscriptions/…/datastores/{name}/paths/…`, and the asset
   * that it becomes if the job names one.
   */
  readonly outputs: Readonly<
    Record<
      string,
      { readonly type: string; readonly uri: string; readonly assetName?: string; readonly assetVersion?: string }
    >
  >
}

/**
 * Hands a job's run to the reconciler, which takes it to its engine. A run that was handed over before is left as it
 * is: a PUT's `apply` may be repeated after a crash.
 *
 * @throws RunNotFound, RunDefinitionMissing, ArtifactStoreMissing, EngineUnavailable
 */
export async function submitJob(
  deps: Pick<Deps, 'store' | 'engines' | 'runSignals'>,
  submission: JobSubmission,
): Promise<Run> {
  const workspace = foldId(submission.workspace)
  deps.engines.named(submission.computeType)
  const written = await deps.store.write(async (within) => {
    const run = await within.runs.get(workspace, submission.run)
    if (!run) throw fault('RunNotFound', { run: submission.run })
    if (!run.job) throw fault('RunDefinitionMissing', { run: submission.run })
    if (run.engine) return run
    const store = await artifactStore(within, workspace)
    const spec: JobSpec = {
      ...submission.spec,
      id: engineJobId(workspace, run.id),
      workspace,
      run: run.id,
      artifacts: { ...store, path: `ExperimentRun/dcid.${run.id}/` },
    }
    const handed: Run = {
      ...run,
      // The pool of serverless jobs is no compute that anybody could look up.
      computeId: spec.pool ? `${workspace}/computes/serverless` : spec.computeId,
      engine: plainCopy({ computeType: submission.computeType, spec, outputs: submission.outputs }),
      outputs: Object.fromEntries(
        Object.entries(submission.outputs).map(([name, { type, uri }]) => [name, { type, uri }]),
      ),
    }
    await within.runs.put(handed)
    return handed
  })
  deps.runSignals.announce(workspace, written.id)
  return written
}

/** A job's id in engines: its ARM id, folded. */
export const engineJobId = (workspace: string, run: string): string => `${workspace}/jobs/${run.toLowerCase()}`

/** The run that an engine's job id names. */
export function runOfEngineJob(id: string): { readonly workspace: string; readonly run: string } | undefined {
  const at = id.lastIndexOf('/jobs/')
  return at < 0 ? undefined : { workspace: id.slice(0, at), run: id.slice(at + '/jobs/'.length) }
}
