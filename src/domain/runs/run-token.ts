import type { Run } from '../../store/runs.ts'
import type { Deps } from '../deps.ts'
import { handedJob } from './read-job.ts'

const DAY_SECONDS = 24 * 3600
/** A run's token outlives its job by a day; a job without a limit gets as long as Azure's longest default. */
const DEFAULT_JOB_SECONDS = 30 * DAY_SECONDS

/** A token for what runs inside a run: for it and its workspace alone, good for longer than the job may last. */
export async function issueRunToken(
  deps: Pick<Deps, 'tokens' | 'now'>,
  run: Run,
  objectId: string,
): Promise<{ readonly token: string; readonly expiresAt: Date }> {
  const lifetime = (handedJob(run)?.spec.timeoutSeconds ?? DEFAULT_JOB_SECONDS) + DAY_SECONDS
  const token = await deps.tokens.issueRunToken({ workspace: run.workspace, id: run.id, objectId }, lifetime)
  return { token, expiresAt: new Date(deps.now().getTime() + lifetime * 1000) }
}
