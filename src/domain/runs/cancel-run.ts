import { fault } from '../../faults.ts'
import { textAt } from '../../json.ts'
import { finalStatuses, type Run } from '../../store/runs.ts'
import type { Deps } from '../deps.ts'
import { moved } from './run-states.ts'

/**
 * Asks a run to stop and returns it as it then stands.
 *
 * A finished run is left alone and is not an error: `az ml job cancel` counts on that. An interactive run has no
 * process here: it is canceled at once, as its client's `set_terminated` would. The jobs that name it as their parent stop
 * with it; a pipeline and a sweep stop their own.
 *
 * @throws RunNotFound
 */
export async function cancelRun(
  deps: Pick<Deps, 'store' | 'runSignals' | 'now'>,
  workspace: string,
  id: string,
): Promise<Run> {
  const at = deps.now().toISOString()
  const { run, before } = await deps.store.write(async (within) => {
    const known = await within.runs.get(workspace, id)
    if (!known) throw fault('RunNotFound', { run: id })
    const next = finalStatuses.has(known.status) ? known : moved(known, known.job ? 'CancelRequested' : 'Canceled', at)
    if (next !== known) await within.runs.put(next)
    return { run: next, before: known }
  })
  if (run.status === 'CancelRequested') deps.runSignals.announce(workspace, run.id)
  if (!finalStatuses.has(before.status)) await cancelAdopted(deps, run)
  return run
}

async function cancelAdopted(deps: Pick<Deps, 'store' | 'runSignals' | 'now'>, run: Run): Promise<void> {
  const { items } = await deps.store.runs.find(run.workspace, { parentId: run.id })
  for (const child of items) {
    if (textAt(child.job?.parentJobName) && !finalStatuses.has(child.status) && child.status !== 'CancelRequested') {
      await cancelRun(deps, run.workspace, child.id)
    }
  }
}
