import { fault } from '../../faults.ts'
import type { Deps } from '../deps.ts'
import { findExperiment } from '../experiments/find-experiment.ts'
import { SPAN, TRACE } from './trace.ts'

export interface DeleteTraces {
  readonly experiment: string
  /** Those that began until then, epoch milliseconds… */
  readonly until?: number
  /** … and of them as many, the oldest first. */
  readonly most?: number
  /** Or these. */
  readonly ids?: readonly string[]
}

/** How many go in one write: others wait for it. */
const BATCH = 100

/**
 * Deletes traces with their spans for good, and answers how many.
 *
 * @throws ExperimentNotFound, ParameterInvalid where neither a time nor ids are given, or both
 */
export async function deleteTraces(
  { store }: Pick<Deps, 'store'>,
  workspace: string,
  { experiment, until, most, ids = [] }: DeleteTraces,
): Promise<number> {
  if ((until === undefined) === (ids.length === 0) || (most !== undefined && (until === undefined || most < 1))) {
    throw fault('ParameterInvalid', {
      reason:
        'Either `max_timestamp_millis`, with `max_traces` if wanted, or `request_ids` must be specified, and not both.',
    })
  }
  const { id: owner } = await findExperiment(store, workspace, experiment)
  let deleted = 0
  for (
    let left = Math.min(most ?? Number.POSITIVE_INFINITY, until === undefined ? ids.length : Number.POSITIVE_INFINITY);
    left > 0;
  ) {
    const limit = Math.min(left, BATCH)
    const gone = await store.write(async (within) => {
      const chosen =
        until === undefined
          ? (
              await Promise.all(
                ids
                  .slice(ids.length - left, ids.length - left + limit)
                  .map((id) => within.documents.get(workspace, TRACE, id)),
              )
            ).filter((one) => one?.owner === owner)
          : (await within.documents.find(workspace, TRACE, { owners: [owner], to: until, limit })).items
      const found = chosen.flatMap((one) => (one ? [one.id] : []))
      for (const id of found) await within.documents.removeOwned(workspace, SPAN, id)
      await within.documents.remove(workspace, TRACE, found)
      return found.length
    })
    deleted += gone
    left -= limit
    if (until !== undefined && gone < limit) break
  }
  return deleted
}
