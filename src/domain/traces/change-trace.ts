import { fault } from '../../faults.ts'
import type { Deps } from '../deps.ts'
import { mlflowLimits } from '../metrics/limits.ts'
import { findRun } from '../runs/find-run.ts'
import { documentOf, findTrace, linkedPrompts, type PromptVersion, type Trace, traceKeys } from './trace.ts'

const MOST_LINKS = 100

/** Changes a trace by what stands there when it is written. @throws TraceNotFound, and what `change` throws */
export async function changeTrace(
  { store }: Pick<Deps, 'store'>,
  workspace: string,
  { id, change }: { readonly id: string; readonly change: (trace: Trace) => Trace },
): Promise<Trace> {
  return await store.write(async (within) => {
    const changed = change(await findTrace(within, workspace, id))
    await within.documents.put(documentOf(changed))
    return changed
  })
}

/** @throws ParameterInvalid beyond MLflow's limits */
export function checkTraceTag(key: string, value: string): void {
  if (key.length > mlflowLimits.tagKey || value.length > mlflowLimits.tagValue) {
    throw fault('ParameterInvalid', {
      reason: `A trace's tag has a key of at most ${mlflowLimits.tagKey} characters and a value of at most ${mlflowLimits.tagValue}: '${key.slice(0, 60)}'.`,
    })
  }
}

/** @throws TraceNotFound, TraceTagNotFound */
export const removeTraceTag = (deps: Pick<Deps, 'store'>, workspace: string, id: string, key: string): Promise<Trace> =>
  changeTrace(deps, workspace, {
    id,
    change(trace) {
      if (!Object.hasOwn(trace.tags, key)) throw fault('TraceTagNotFound', { tag: key, trace: id })
      const { [key]: _, ...tags } = trace.tags
      return { ...trace, tags }
    },
  })

/**
 * Links traces to a run, all or none: a search by the run finds them.
 *
 * @throws ParameterInvalid for too many at once, RunNotFound, TraceNotFound
 */
export async function linkToRun(
  { store }: Pick<Deps, 'store'>,
  workspace: string,
  { traces, run: runId }: { readonly traces: readonly string[]; readonly run: string },
): Promise<void> {
  if (traces.length > MOST_LINKS) {
    throw fault('ParameterInvalid', { reason: `Cannot link more than ${MOST_LINKS} traces to a run at once.` })
  }
  await store.write(async (within) => {
    const run = await findRun(within, workspace, { runId })
    for (const id of new Set(traces)) {
      const trace = await findTrace(within, workspace, id)
      if (!trace.runs.includes(run.id))
        await within.documents.put(documentOf({ ...trace, runs: [...trace.runs, run.id] }))
    }
  })
}

/** @throws TraceNotFound */
export const linkPrompts = (
  deps: Pick<Deps, 'store'>,
  workspace: string,
  { id, prompts }: { readonly id: string; readonly prompts: readonly PromptVersion[] },
): Promise<Trace> =>
  changeTrace(deps, workspace, {
    id,
    change(trace) {
      const known = linkedPrompts(trace.tags[traceKeys.linkedPrompts])
      const added = prompts.filter(
        (one) => !known.some(({ name, version }) => name === one.name && version === one.version),
      )
      const linked = JSON.stringify([...known, ...added])
      return { ...trace, tags: { ...trace.tags, [traceKeys.linkedPrompts]: linked } }
    },
  })
