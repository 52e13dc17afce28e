import { fault } from '../../faults.ts'
import type { Run } from '../../store/runs.ts'
import type { Repositories } from '../../store/store.ts'

/** How a path names a run's experiment: by id, by name, or not at all. */
export interface RunPath {
  readonly runId: string
  readonly experimentId?: string
  readonly experimentName?: string
}

/**
 * The run at a path. Clients put an experiment's id where its name belongs and the other way round, so either is taken.
 *
 * @throws RunNotFound, also where the run belongs to another experiment
 */
export async function findRun(from: Repositories, workspace: string, path: RunPath): Promise<Run> {
  const run = await from.runs.get(workspace, path.runId)
  const experiment = path.experimentId ?? path.experimentName
  const elsewhere =
    run && experiment !== undefined && experiment !== run.experimentId && experiment !== run.experimentName
  if (!run || elsewhere) throw fault('RunNotFound', { run: path.runId })
  return run
}

/**
 * A run that may be written to.
 *
 * @throws RunNotFound, RunIsDeleted
 */
export async function writableRun(from: Repositories, workspace: string, id: string): Promise<Run> {
  const run = await findRun(from, workspace, { runId: id })
  if (run.deletedAt !== undefined) throw fault('RunIsDeleted', { run: id })
  return run
}
