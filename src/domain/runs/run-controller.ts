import { fault } from '../../faults.ts'
import { plainCopy } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import { finalStatuses, type Run } from '../../store/runs.ts'
import type { Repositories } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { moved } from './run-states.ts'

/**
 * Brings a job further that runs no process of its own but other runs: a sweep its trials, a pipeline its steps.
 *
 * All that it knows stands in the store: its plan and its state in the run, the rest in the run's children. It is asked
 * again whenever one of them has changed, by one caller at a time, and may be asked any number of times.
 */
export interface RunController {
  /** The kind of the runs that are its own. */
  readonly kind: string
  advance(run: Run): Promise<void>
}

/** What a controller keeps in its run: what was resolved when the job was handed over, and how far it is. */
export interface Controlled<Plan, State> {
  readonly plan: Plan
  readonly state: State
}

/** What `handToController` or `keepState` wrote, read back; undefined for a run that was not handed over yet. */
export function controlled<Plan, State>(run: Run): Controlled<Plan, State> | undefined {
  // Only this file writes it.
  return run.engine as unknown as Controlled<Plan, State> | undefined
}

/** The run with its controller's new state. */
export const withState = <State>(run: Run, state: State): Run => ({
  ...run,
  engine: plainCopy({ ...run.engine, state }),
})

/**
 * Hands a job's run to its controller. One that was handed over before is left as it is.
 *
 * @throws RunNotFound, RunDefinitionMissing
 */
export async function handToController<Plan, State>(
  deps: Pick<Deps, 'store' | 'runSignals'>,
  request: { readonly workspace: string; readonly run: string } & Controlled<Plan, State>,
): Promise<void> {
  const workspace = foldId(request.workspace)
  await deps.store.write(async (within) => {
    const run = await within.runs.get(workspace, request.run)
    if (!run) throw fault('RunNotFound', { run: request.run })
    if (!run.job) throw fault('RunDefinitionMissing', { run: request.run })
    if (run.engine) return
    await within.runs.put({ ...run, engine: plainCopy({ plan: request.plan, state: request.state }) })
  })
  deps.runSignals.announce(workspace, request.run)
}

export interface RunEnd {
  readonly status: 'Completed' | 'Failed' | 'Canceled'
  readonly error?: NonNullable<Run['error']>
  readonly outputs?: Run['outputs']
  readonly properties?: Readonly<Record<string, string>>
  readonly warnings?: readonly string[]
}

/** The run at its end. */
export function ended(run: Run, end: RunEnd, at: string): Run {
  const last = moved(run, end.status, at)
  return {
    ...last,
    ...(end.error && { error: end.error }),
    outputs: { ...run.outputs, ...end.outputs },
    properties: { ...run.properties, ...end.properties },
    warnings: [...run.warnings, ...(end.warnings ?? []).map((message) => ({ message, source: run.kind }))],
  }
}

/** Ends a controlled run, unless it has ended already. */
export async function endControlled(deps: Pick<Deps, 'store' | 'now'>, run: Run, end: RunEnd): Promise<void> {
  await deps.store.write(async (within) => {
    const known = await openRun(within, run)
    if (known) await within.runs.put(ended(known, end, deps.now().toISOString()))
  })
}

/** The run as it stands now; undefined where it has ended or gone. */
export async function openRun(within: Repositories, run: Run): Promise<Run | undefined> {
  const known = await within.runs.get(run.workspace, run.id)
  return known && !finalStatuses.has(known.status) ? known : undefined
}
