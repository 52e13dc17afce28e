import { foldId, sameId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Deps } from '../deps.ts'
import { cancelRun } from '../runs/cancel-run.ts'
import { readCompute } from './compute.ts'

/**
 * Takes a compute away; answers whether it is gone. Its unfinished jobs are cancelled first, since no engine would ever
 * run them, and its pool stays until they have ended: taken away under a job, it would end that as failed.
 */
export async function removeCompute(
  deps: Pick<Deps, 'engines' | 'store' | 'runSignals' | 'now'>,
  compute: StoredResource,
): Promise<boolean> {
  const unfinished = await deps.store.runs.unfinished()
  const own = unfinished.filter((run) => run.computeId !== undefined && sameId(run.computeId, compute.id))
  for (const run of own) if (run.status !== 'CancelRequested') await cancelRun(deps, run.workspace, run.id)
  if (own.length > 0) return false
  // Of one whose key is away it can't be told whose pool it is: none of the others has one of this id.
  const engines = compute.closed ? deps.engines.all() : [deps.engines.named(readCompute(compute.body).kind)]
  for (const engine of engines) {
    await engine.removePool(foldId(compute.id))
    if ((await engine.observePool(foldId(compute.id))) !== undefined) return false
  }
  return true
}
