import type { FaultEntry } from '../faults.ts'

/** Refusals of tokens and rights. */
export const identityFaults = {
  AuthorizationFailed: {
    status: 403,
    message:
      "The client '{client}' with object id '{objectId}' does not have authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
  },
} as const satisfies Record<string, FaultEntry>
