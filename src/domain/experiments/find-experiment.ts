import { fault } from '../../faults.ts'
import type { Experiment } from '../../store/runs.ts'
import type { Repositories } from '../../store/store.ts'

/** MLflow's id for the experiment of runs that name none; Azure calls that one `Default`. */
const MLFLOW_DEFAULT = '0'
export const DEFAULT_EXPERIMENT = 'Default'

/**
 * The experiment with that id or, since clients mix them up, that name.
 *
 * @throws ExperimentNotFound
 */
export async function findExperiment(from: Repositories, workspace: string, idOrName: string): Promise<Experiment> {
  const name = idOrName === MLFLOW_DEFAULT ? DEFAULT_EXPERIMENT : idOrName
  const known = (await from.runs.experiment(workspace, idOrName)) ?? (await from.runs.experimentByName(workspace, name))
  if (!known) throw fault('ExperimentNotFound', { experiment: idOrName })
  return known
}

/** The ids of experiments, with that of the default one where MLflow's id for it is among them. */
export async function experimentIdsOf(
  from: Repositories,
  workspace: string,
  ids: readonly string[],
): Promise<readonly string[]> {
  if (!ids.includes(MLFLOW_DEFAULT)) return ids
  const made = await from.runs.experimentByName(workspace, DEFAULT_EXPERIMENT)
  return ids.map((id) => (id === MLFLOW_DEFAULT && made ? made.id : id))
}

/** True for the id under which MLflow asks for the default experiment, which is made when a run first needs it. */
export const isDefaultExperiment = (id: string): boolean => id === MLFLOW_DEFAULT
