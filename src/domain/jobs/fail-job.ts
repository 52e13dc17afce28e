import type { Fault } from '../../faults.ts'
import type { Deps } from '../deps.ts'
import { moved } from '../runs/run-states.ts'

/** Ends a job's run that could not be handed over, and says why. `workspace` is the folded id. */
export async function failJob(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  { workspace, run: id, problem }: { readonly workspace: string; readonly run: string; readonly problem: Fault },
): Promise<void> {
  await store.write(async (within) => {
    const run = await within.runs.get(workspace, id)
    if (!run) return
    const failed = moved(run, 'Failed', now().toISOString())
    if (failed !== run) await within.runs.put({ ...failed, error: { code: problem.code, message: problem.message } })
  })
}
