import type { Deps } from '../deps.ts'
import type { JobSubmission } from '../runs/submit-job.ts'
import { type JobRequest, resolveJob } from './resolve-job.ts'
import { refuseParallelAlone, resolveParallel } from './resolve-parallel.ts'

interface EngineJob {
  /** @throws JobInvalid, and what a reference is refused with */
  resolve(deps: Pick<Deps, 'store' | 'engines'>, request: JobRequest): Promise<JobSubmission>
  /** What a job that is put by itself is looked at with; left out, it is resolved. */
  readonly check?: (deps: Pick<Deps, 'store' | 'engines'>, request: JobRequest) => Promise<void>
}

/** The kinds of job, in lower case, that are one job of an engine. */
export const engineJobs: ReadonlyMap<string, EngineJob> = new Map<string, EngineJob>([
  ['command', { resolve: resolveJob }],
  ['parallel', { resolve: resolveParallel, check: refuseParallelAlone }],
])
