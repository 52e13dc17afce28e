import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import type { Deps } from '../deps.ts'
import { completePipeline } from '../pipelines/complete-pipeline.ts'
import { checkPipeline, handOverPipeline } from '../pipelines/hand-over-pipeline.ts'
import { submitJob } from '../runs/submit-job.ts'
import { checkSweep, handOverSweep } from '../sweeps/hand-over-sweep.ts'
import { engineJobs } from './engine-jobs.ts'
import type { JobRequest } from './resolve-job.ts'

/** What there is to know of a `jobType`, to take a job of it and to begin it. */
interface JobKind {
  /** The job as it is kept, where it names by one word what it is made of. @throws as `check` */
  complete?(deps: Deps, request: JobRequest): Promise<JsonObject>
  /** Looks at the whole job before anything of it is written. @throws JobInvalid, and what a reference is refused with */
  check(deps: Deps, request: JobRequest): Promise<unknown>
  /** Gives the job's run to its engine or controller; may be repeated. @throws as `check` */
  handOver(deps: Deps, request: JobRequest): Promise<void>
}

const kinds: ReadonlyMap<string, JobKind> = new Map<string, JobKind>([
  ...[...engineJobs].map(([name, { resolve, check }]): [string, JobKind] => [
    name,
    {
      check: check ?? resolve,
      async handOver(deps, request) {
        await submitJob(deps, await resolve(deps, request))
      },
    },
  ]),
  ['sweep', { check: checkSweep, handOver: handOverSweep }],
  [
    'pipeline',
    {
      complete: ({ store }, { workspace, properties }) => completePipeline(store, workspace, properties),
      check: checkPipeline,
      handOver: handOverPipeline,
    },
  ],
])

/** @throws JobTypeUnsupported */
export function jobKind(jobType: string): JobKind {
  const kind = kinds.get(jobType.toLowerCase())
  if (!kind) throw fault('JobTypeUnsupported', { kind: jobType })
  return kind
}
