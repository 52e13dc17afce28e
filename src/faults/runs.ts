import type { FaultEntry } from '../faults.ts'

/** Refusals of runs, experiments and what MLflow tracks. */
export const runFaults = {
  RunNotFound: { status: 404, message: "Run '{run}' was not found." },
} as const satisfies Record<string, FaultEntry>
