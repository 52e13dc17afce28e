import { fault } from '../../faults.ts'
import type { Experiment } from '../../store/runs.ts'
import type { Deps } from '../deps.ts'
import { newExperiment } from './ensure-experiment.ts'
import { findExperiment } from './find-experiment.ts'

type Needs = Pick<Deps, 'store' | 'now'>

export interface ExperimentChange {
  readonly name?: string
  readonly description?: string
  /** Added to those there are. */
  readonly tags?: Readonly<Record<string, string>>
  readonly removeTags?: readonly string[]
  /** The name has been checked by other rules than Azure's. */
  readonly anyName?: boolean
  /** Archived in run history's words, deleted in MLflow's: hidden, and to be restored. */
  readonly archived?: boolean
}

export interface NewExperiment {
  readonly name: string
  readonly tags?: Readonly<Record<string, string>>
  /** The name has been checked by other rules than Azure's. */
  readonly anyName?: boolean
}

/**
 * Makes an experiment.
 *
 * @throws ExperimentExists, ExperimentNameInvalid
 */
export async function createExperiment(
  { store, now }: Needs,
  workspace: string,
  { name, tags = {}, anyName }: NewExperiment,
): Promise<Experiment> {
  const made = { ...newExperiment(workspace, name, { now: now().toISOString(), anyName }), tags }
  await store.write(async (within) => {
    if (await within.runs.experimentByName(workspace, name)) throw fault('ExperimentExists', { experiment: name })
    await within.runs.putExperiment(made)
  })
  return made
}

/**
 * Changes an experiment, by id or name. A new name is shown by its runs too.
 *
 * @throws ExperimentNotFound, ExperimentExists, ExperimentNameInvalid
 */
export async function changeExperiment(
  { store, now }: Needs,
  workspace: string,
  request: ExperimentChange & { readonly experiment: string },
): Promise<Experiment> {
  const at = now().toISOString()
  return await store.write(async (within) => {
    const known = await findExperiment(within, workspace, request.experiment)
    const name = request.name ?? known.name
    if (name !== known.name) {
      newExperiment(workspace, name, { now: at, anyName: request.anyName })
      if (await within.runs.experimentByName(workspace, name)) throw fault('ExperimentExists', { experiment: name })
      for (const run of (await within.runs.find(workspace, { experimentIds: [known.id] })).items) {
        await within.runs.put({ ...run, experimentName: name })
      }
    }
    const tags = { ...known.tags, ...request.tags }
    for (const tag of request.removeTags ?? []) delete tags[tag]
    const { deletedAt, ...live } = known
    const archived = request.archived ?? deletedAt !== undefined
    const changed: Experiment = {
      ...live,
      name,
      tags,
      updatedAt: at,
      ...(request.description !== undefined && { description: request.description }),
      ...(archived && { deletedAt: deletedAt ?? at }),
    }
    await within.runs.putExperiment(changed)
    return changed
  })
}

/**
 * Forgets an experiment for good. Azure deletes only those without runs.
 *
 * @throws ExperimentNotFound, ExperimentHasRuns
 */
export async function deleteExperiment({ store }: Needs, workspace: string, experiment: string): Promise<void> {
  await store.write(async (within) => {
    const { id } = await findExperiment(within, workspace, experiment)
    const { items } = await within.runs.find(workspace, { experimentIds: [id], limit: 1 })
    if (items.length > 0) throw fault('ExperimentHasRuns', { experiment })
    await within.runs.removeExperiment(workspace, id)
  })
}
