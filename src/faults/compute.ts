import type { FaultEntry } from '../faults.ts'

/** Refusals of the engines that run jobs. */
export const computeFaults = {
  EngineUnavailable: { status: 400, message: 'No engine here runs {kind} computes: {reason}.' },
  MultipleNodesNotOffered: {
    status: 400,
    code: 'UserError',
    message: 'resources.instanceCount is {count}, but a job runs on one node here: set it to 1.',
  },
  DistributionNotOffered: {
    status: 400,
    code: 'UserError',
    message: 'distribution {type} is not offered here: a job runs as one process on one node.',
  },
} as const satisfies Record<string, FaultEntry>
