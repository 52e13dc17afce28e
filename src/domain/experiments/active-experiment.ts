import { fault } from '../../faults.ts'
import type { Experiment } from '../../store/runs.ts'
import type { Repositories } from '../../store/store.ts'
import { ensureExperiment } from './ensure-experiment.ts'
import { DEFAULT_EXPERIMENT, findExperiment, isDefaultExperiment } from './find-experiment.ts'

/**
 * The experiment that something new goes into; the default one where none is named, made when it is first needed. To be
 * called inside a write.
 *
 * @throws ExperimentNotFound, ExperimentIsDeleted
 */
export async function activeExperiment(
  within: Repositories,
  workspace: string,
  { named, now }: { readonly named: string | undefined; readonly now: string },
): Promise<Experiment> {
  const experiment =
    named === undefined || isDefaultExperiment(named)
      ? await ensureExperiment(within, workspace, { name: DEFAULT_EXPERIMENT, now })
      : await findExperiment(within, workspace, named)
  if (experiment.deletedAt !== undefined) throw fault('ExperimentIsDeleted', { experiment: experiment.name })
  return experiment
}
