import type { Run, Runs } from '../../store/runs.ts'
import { childrenOf, isOpen } from '../runs/child-runs.ts'
import { openStatuses } from '../runs/run-states.ts'

/** The runs of sweeps' trials, oldest first. */
export interface TrialRuns {
  /** `begun`: how many trials the sweep has made. */
  of(sweep: Run, begun: number): Promise<readonly Run[]>
  /** The sweep has ended. */
  forget(sweep: Run): void
}

/**
 * Reads the trials that go on and keeps those that have ended: a look costs what runs, not all that ever ran. It is a
 * copy: where it does not have every trial that was begun, as after a restart, all are read anew.
 */
export function trialRuns(store: { readonly runs: Pick<Runs, 'get' | 'find'> }): TrialRuns {
  const sweeps = new Map<string, Map<string, Run>>()
  const keyOf = ({ workspace, id }: Run): string => `${workspace}/${id}`

  /** What was known, with what became of the trials that were open. */
  async function refreshed(sweep: Run, known: Map<string, Run>): Promise<Map<string, Run>> {
    const query = { parentId: sweep.id, statuses: openStatuses, oldestFirst: true }
    const { items } = await store.runs.find(sweep.workspace, query)
    const open = new Set(items.map(({ id }) => id))
    for (const trial of [...known.values()].filter((each) => isOpen(each) && !open.has(each.id))) {
      const now = await store.runs.get(sweep.workspace, trial.id)
      if (now) known.set(trial.id, now)
      else known.delete(trial.id)
    }
    for (const trial of items) known.set(trial.id, trial)
    return known
  }

  return {
    async of(sweep, begun) {
      const kept = sweeps.get(keyOf(sweep))
      const known = kept && (await refreshed(sweep, kept))
      const whole =
        known?.size === begun ? known : new Map((await childrenOf(store, sweep)).map((trial) => [trial.id, trial]))
      sweeps.set(keyOf(sweep), whole)
      return [...whole.values()]
    },
    forget(sweep) {
      sweeps.delete(keyOf(sweep))
    },
  }
}
