import type { JobSpec } from '../../compute/engine.ts'
import { objectAt } from '../../json.ts'
import type { Run } from '../../store/runs.ts'
import type { JobSubmission } from './submit-job.ts'

/** What a run that was handed over keeps for its engine. */
export interface HandedJob {
  readonly computeType: string
  readonly spec: JobSpec
  readonly outputs: JobSubmission['outputs']
}

/** What `submitJob` wrote, read back: undefined for a run that no engine runs, or that was not handed over yet. */
export function handedJob(run: Run): HandedJob | undefined {
  if (!run.engine?.spec) return undefined
  // Only `submitJob` writes this, and it writes a HandedJob.
  const { computeType, spec, outputs } = run.engine
  return {
    computeType: String(computeType),
    spec: spec as unknown as JobSpec,
    outputs: objectAt(outputs) as HandedJob['outputs'],
  }
}
