import { randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import { textAt } from '../../json.ts'
import type { TrackedDocument } from '../../store/documents.ts'
import type { Repositories } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { activeExperiment } from '../experiments/active-experiment.ts'

const SCORER = 'scorer'

/** A version of a scorer that is registered in an experiment. */
export interface Scorer {
  readonly experimentId: string
  readonly name: string
  readonly version: number
  readonly id: string
  readonly serialized: string
  /** Epoch milliseconds. */
  readonly createdAt: number
}

const scorerOf = ({ owner, name, at, body }: TrackedDocument): Scorer => ({
  experimentId: owner,
  name,
  version: Number(body.version),
  id: textAt(body.id) ?? '',
  serialized: textAt(body.serialized) ?? '',
  createdAt: at,
})

/**
 * Registers a scorer: the next version of those of its name.
 *
 * @throws ExperimentNotFound, ExperimentIsDeleted, ParameterInvalid for what is no JSON
 */
export async function registerScorer(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  workspace: string,
  { experiment, name, serialized }: { readonly experiment: string; readonly name: string; readonly serialized: string },
): Promise<Scorer> {
  try {
    JSON.parse(serialized)
  } catch (cause) {
    throw fault(
      'ParameterInvalid',
      { reason: "Invalid value for parameter 'serialized_scorer': it is no JSON." },
      { cause },
    )
  }
  const at = now()
  return await store.write(async (within) => {
    const { id: owner } = await activeExperiment(within, workspace, { named: experiment, now: at.toISOString() })
    const known = await scorersOf(within, workspace, { experimentId: owner, name })
    const id = known[0]?.id ?? randomUUID()
    const version = Math.max(0, ...known.map((one) => one.version)) + 1
    const document: TrackedDocument = {
      ...{ workspace, kind: SCORER, id: `${id}/${version}`, owner, name, at: at.getTime() },
      body: { id, version, serialized },
    }
    await within.documents.put(document)
    return scorerOf(document)
  })
}

/** The versions of an experiment's scorers, of one name if it is given, the oldest first. */
export async function scorersOf(
  from: Repositories,
  workspace: string,
  { experimentId, name }: { readonly experimentId: string; readonly name?: string },
): Promise<readonly Scorer[]> {
  const owners = [experimentId]
  const { items } = await from.documents.find(workspace, SCORER, { owners, ...(name !== undefined && { name }) })
  return items.map(scorerOf).toSorted((a, b) => a.version - b.version)
}

export interface ScorerName {
  readonly experimentId: string
  readonly name: string
  /** The newest, or all of them, where none is said. */
  readonly version?: number | undefined
}

/** @throws ScorerNotFound */
export async function findScorers(
  from: Repositories,
  workspace: string,
  { experimentId, name, version }: ScorerName,
): Promise<readonly Scorer[]> {
  const all = await scorersOf(from, workspace, { experimentId, name })
  const found = version === undefined ? all : all.filter((one) => one.version === version)
  if (found.length === 0) {
    const which = version === undefined ? name : `${name} with version ${version}`
    throw fault('ScorerNotFound', { scorer: which, experiment: experimentId })
  }
  return found
}

/** @throws ScorerNotFound */
export async function removeScorers(
  { store }: Pick<Deps, 'store'>,
  workspace: string,
  scorer: ScorerName,
): Promise<void> {
  await store.write(async (within) => {
    const found = await findScorers(within, workspace, scorer)
    await within.documents.remove(
      workspace,
      SCORER,
      found.map(({ id, version }) => `${id}/${version}`),
    )
  })
}
