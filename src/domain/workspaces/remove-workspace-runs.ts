import type { Deps } from '../deps.ts'
import { handedJob } from '../runs/read-job.ts'

/** Ends what still runs in a workspace that goes, and forgets its runs. `workspace` is the folded id. */
export async function removeWorkspaceRuns(deps: Pick<Deps, 'store' | 'engines'>, workspace: string): Promise<void> {
  for (const run of await deps.store.runs.unfinished()) {
    const job = run.workspace === workspace ? handedJob(run) : undefined
    if (job) await deps.engines.named(job.computeType).cancel(job.spec.id)
  }
  await deps.store.write((within) => within.runs.removeWorkspace(workspace))
}
