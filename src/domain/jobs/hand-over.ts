import { isFault } from '../../faults.ts'
import { objectAt } from '../../json.ts'
import type { Run } from '../../store/runs.ts'
import type { Deps } from '../deps.ts'
import { failJob } from './fail-job.ts'
import { jobKind } from './job-kinds.ts'

/**
 * Resolves a job's run and gives it to what runs it. What the job names may have gone away since its PUT, or never have
 * been there for a step of a pipeline: then the run is there, and ends truthfully.
 */
export async function handOver(deps: Deps, run: Run): Promise<void> {
  try {
    const workspace = (await deps.store.resources.get(run.workspace))?.id ?? run.workspace
    const job = objectAt(run.job)
    await jobKind(run.kind).handOver(deps, { workspace, name: run.id, properties: job })
  } catch (error) {
    if (!isFault(error)) throw error
    await failJob(deps, { workspace: run.workspace, run: run.id, problem: error })
  }
}
