import type { FaultEntry } from '../faults.ts'

/** Refusals of the engines that run jobs. */
export const computeFaults = {
  EngineUnavailable: { status: 400, message: 'No engine here runs {kind} computes: {reason}.' },
} as const satisfies Record<string, FaultEntry>
