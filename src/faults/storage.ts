import type { FaultEntry } from '../faults.ts'

/** Refusals of the blob service; codes as Azure Storage's. */
export const storageFaults = {
  BlobNotFound: { status: 404, message: 'The specified blob does not exist.' },
  NotImplementedHere: { status: 501, code: 'NotImplemented', message: '{operation} is not implemented by Lazuli yet.' },
} as const satisfies Record<string, FaultEntry>
