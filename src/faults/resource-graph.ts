import type { FaultEntry } from '../faults.ts'

/** Refusals of Resource Graph. What is wrong, and where, stands in their details. */
export const resourceGraphFaults = {
  QueryInvalid: { status: 400, code: 'BadRequest', message: '{reason}' },
  QueryRequestInvalid: { status: 400, code: 'BadRequest', message: 'The request is invalid: {reason}.' },
  NoValidSubscriptions: {
    status: 400,
    code: 'BadRequest',
    message: 'There must be at least one subscription that is eligible to contain resources. Given: {given}.',
  },
} as const satisfies Record<string, FaultEntry>
