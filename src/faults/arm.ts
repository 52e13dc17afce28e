import type { FaultEntry } from '../faults.ts'

/** Refusals of the resource manager, in Azure's words. */
export const armFaults = {
  ResourceNotFound: {
    status: 404,
    message:
      "The Resource '{type}/{name}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
  },
  PreconditionFailed: { status: 412, message: "The resource '{id}' has changed since it was read." },
} as const satisfies Record<string, FaultEntry>
