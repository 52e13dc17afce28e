import type { Deps } from '../deps.ts'
import { activeExperiment } from '../experiments/active-experiment.ts'
import { newTrace } from './log-spans.ts'
import { documentOf, TRACE, type Trace, traceOf } from './trace.ts'

/** What a client tells of a trace. */
export type ToldTrace = Pick<Trace, 'id' | 'at' | 'state' | 'metadata' | 'tags'> &
  Partial<Pick<Trace, 'durationMs' | 'clientRequestId' | 'requestPreview' | 'responsePreview' | 'assessments'>> & {
    readonly experiment: string
  }

/**
 * Keeps what a client tells of a trace, whose spans may have come before. Told again, it is changed.
 *
 * @throws ExperimentNotFound, ExperimentIsDeleted
 */
export async function startTrace(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  workspace: string,
  { experiment, id, metadata, tags, assessments = [], ...told }: ToldTrace,
): Promise<Trace> {
  const at = now().toISOString()
  return await store.write(async (within) => {
    const { id: experimentId } = await activeExperiment(within, workspace, { named: experiment, now: at })
    const known = await within.documents.get(workspace, TRACE, id)
    const before = known ? traceOf(known) : newTrace(workspace, id, experimentId)
    const trace: Trace = {
      ...before,
      ...told,
      metadata: { ...before.metadata, ...metadata },
      tags: { ...before.tags, ...tags },
      assessments: [...before.assessments, ...assessments],
      told: true,
    }
    await within.documents.put(documentOf(trace))
    return trace
  })
}
