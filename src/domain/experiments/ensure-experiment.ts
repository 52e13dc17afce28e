import { randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import type { Experiment } from '../../store/runs.ts'
import type { Repositories } from '../../store/store.ts'

const NAME = /^[\p{L}\p{N}][\p{L}\p{N} _.()[\]-]{0,254}$/u

/** The experiment of that name, made if there is none. To be called inside a write. */
export async function ensureExperiment(
  within: Repositories,
  workspace: string,
  { name, now }: { readonly name: string; readonly now: string },
): Promise<Experiment> {
  const known = await within.runs.experimentByName(workspace, name)
  if (known) return known
  const made = newExperiment(workspace, name, { now })
  await within.runs.putExperiment(made)
  return made
}

/** @throws ExperimentNameInvalid for a name that Azure does not take; MLflow takes any (`checkExperimentName`) */
export function newExperiment(
  workspace: string,
  name: string,
  { now, anyName = false }: { readonly now: string; readonly anyName?: boolean | undefined },
): Experiment {
  if (!anyName && !NAME.test(name)) throw fault('ExperimentNameInvalid', { name })
  return { id: randomUUID(), workspace, name, createdAt: now, updatedAt: now, tags: {} }
}
