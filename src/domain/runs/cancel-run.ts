import { fault } from '../../faults.ts'
import { finalStatuses, type Run } from '../../store/runs.ts'
import type { Deps } from '../deps.ts'
import { moved } from './run-states.ts'

/**
 * Asks a run to stop and returns it as it then stands.
 *
 * A finished run is left alone and is not an error: `az ml job cancel` counts on that. An interactive run has no
 * process here: it is canceled at once, as its client's `set_terminated` would.
 *
 * @throws RunNotFound
 */
export async function cancelRun(
  deps: Pick<Deps, 'store' | 'runSignals' | 'now'>,
  workspace: string,
  id: string,
): Promise<Run> {
  const at = deps.now().toISOString()
  const run = await deps.store.write(async (within) => {
    const known = await within.runs.get(workspace, id)
    if (!known) throw fault('RunNotFound', { run: id })
    if (finalStatuses.has(known.status)) return known
    const next = moved(known, known.job ? 'CancelRequested' : 'Canceled', at)
    if (next !== known) await within.runs.put(next)
    return next
  })
  if (run.status === 'CancelRequested') deps.runSignals.announce(workspace, run.id)
  return run
}
