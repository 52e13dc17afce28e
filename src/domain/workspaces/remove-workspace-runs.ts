import type { Deps } from '../deps.ts'
import { engineJobId } from '../runs/submit-job.ts'

/** Ends what still runs in a workspace that goes, and forgets its runs and what MLflow keeps beside them. `workspace` is the folded id. */
export async function removeWorkspaceRuns(deps: Pick<Deps, 'store' | 'engines'>, workspace: string): Promise<void> {
  // By their ids alone: a workspace whose key is away tells no more of them. An engine that does not know one does nothing.
  for (const run of await deps.store.runs.unfinishedIn(workspace)) {
    for (const engine of deps.engines.all()) await engine.cancel(engineJobId(workspace, run))
  }
  await deps.store.write(async (within) => {
    await within.runs.removeWorkspace(workspace)
    await within.documents.removeWorkspace(workspace)
  })
}
