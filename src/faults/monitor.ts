import type { FaultEntry } from '../faults.ts'

/** Refusals of Azure Monitor: the activity log, diagnostic settings, metrics. */
export const monitorFaults = {
  ActivityFilterInvalid: {
    status: 400,
    code: 'BadRequest',
    message: 'The $filter of the activity log is not valid: {reason}.',
  },
} as const satisfies Record<string, FaultEntry>
