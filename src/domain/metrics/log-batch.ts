import { fault } from '../../faults.ts'
import type { MetricPoint } from '../../store/metrics.ts'
import type { Run } from '../../store/runs.ts'
import type { Deps } from '../deps.ts'
import { type Measured, measureModels } from '../models/measures.ts'
import { writableRun } from '../runs/find-run.ts'
import { type Batch, checkBatch, checkWhole, limitsFor } from './limits.ts'

/** What is logged at once; what is measured of logged models goes to them too. */
export interface Logged extends Batch {
  readonly run: string
  readonly measured?: Measured
}

/**
 * Logs metrics, params and tags to a run, all or none. A param that stands there with the same value is a retry; with
 * another value it is refused, as MLflow's params never change.
 *
 * @throws ParameterInvalid, ParamConflict, RunNotFound, RunIsDeleted, LoggedModelNotFound
 */
export async function logBatch(
  { store, runSignals, settings }: Pick<Deps, 'store' | 'runSignals' | 'settings'>,
  workspace: string,
  { run: id, measured = new Map(), ...batch }: Logged,
): Promise<void> {
  const limits = limitsFor(settings)
  checkBatch(batch, limits)
  if (batch.params.length + batch.tags.length + measured.size === 0) {
    await addPoints({ store, runSignals }, await writableRun(store, workspace, id), batch.metrics)
    return
  }
  const logged = await store.write(async (within) => {
    const run = await writableRun(within, workspace, id)
    const changed = withTags(withParams(run, batch.params), batch.tags)
    if (changed !== run) checkWhole(changed, limits)
    if (changed !== run) await within.runs.put(changed)
    await measureModels(within, workspace, measured)
    await within.pendingPoints.add(workspace, run.id, batch.metrics)
    return run
  })
  announce(runSignals, logged, batch.metrics)
}

/** Adds points to a run, and has who follows it look. */
async function addPoints(
  { store, runSignals }: Pick<Deps, 'store' | 'runSignals'>,
  run: Run,
  points: readonly MetricPoint[],
): Promise<void> {
  await store.metrics.add(run.workspace, run.id, points)
  announce(runSignals, run, points)
}

/** Has who follows a run look at its new points: a sweep acts on what its trials log. */
export function announce(runSignals: Deps['runSignals'], run: Run, points: readonly MetricPoint[]): void {
  if (run.job && run.parentId !== undefined && points.length > 0) runSignals.announce(run.workspace, run.parentId)
}

function withParams(run: Run, added: Batch['params']): Run {
  const params: Record<string, string> = { ...run.params }
  let changes = 0
  for (const [key, value] of added) {
    const old = Object.hasOwn(params, key) ? params[key] : undefined
    if (old === value) continue
    if (old !== undefined) throw fault('ParamConflict', { key, old, run: run.id, value })
    params[key] = value
    changes += 1
  }
  return changes === 0 ? run : { ...run, params }
}

/** MLflow names a run and describes it by tags; both are kept in one place. */
function withTags(run: Run, added: Batch['tags']): Run {
  if (added.length === 0) return run
  const name = added.findLast(([key]) => key === 'mlflow.runName')?.[1]
  const note = added.findLast(([key]) => key === 'mlflow.note.content')?.[1]
  return {
    ...run,
    tags: { ...run.tags, ...Object.fromEntries(added) },
    ...(name && { displayName: name }),
    ...(note !== undefined && { description: note }),
  }
}
