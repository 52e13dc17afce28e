import type { FaultEntry } from '../faults.ts'

/** Refusals of workspaces, computes, assets and jobs. */
export const machineLearningFaults = {
  UserError: { status: 400, message: '{reason}' },
} as const satisfies Record<string, FaultEntry>
