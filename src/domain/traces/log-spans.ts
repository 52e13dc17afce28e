import { fault } from '../../faults.ts'
import { inSentence, type JsonObject, plainText } from '../../json.ts'
import type { Repositories } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { activeExperiment } from '../experiments/active-experiment.ts'
import { type Span, spanOf, statusCode, valueAt } from './spans.ts'
import { documentOf, IN_STORE, SPAN, TRACE, type Trace, type TraceState, traceKeys, traceOf } from './trace.ts'

const INPUTS = 'mlflow.spanInputs'
const OUTPUTS = 'mlflow.spanOutputs'
const TAG = 'mlflow.traceTag.'
const MOST_PREVIEW = 1000
/** Where metadata comes from among the attributes of spans: MLflow's own, and OpenTelemetry's conventions. */
const METADATA: readonly (readonly [attribute: string, key: string])[] = [
  ['mlflow.trace.session', traceKeys.session],
  ['session.id', traceKeys.session],
  ['gen_ai.conversation.id', traceKeys.session],
  ['user.id', traceKeys.user],
]

/**
 * Keeps spans of OpenTelemetry's, and the traces that they are of: one that is not there is made of what they tell. All or
 * none; a span that comes again takes the earlier one's place.
 *
 * @throws SpanInvalid, ExperimentNotFound, ExperimentIsDeleted
 */
export async function logSpans(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  workspace: string,
  {
    experiment,
    run,
    spans,
  }: { readonly experiment: string; readonly run?: string; readonly spans: readonly JsonObject[] },
): Promise<void> {
  const read = spans.map((body) => {
    const span = spanOf(body)
    if ('reason' in span) throw fault('SpanInvalid', { reason: span.reason })
    return span
  })
  const at = now().toISOString()
  await store.write(async (within) => {
    const { id: experimentId } = await activeExperiment(within, workspace, { named: experiment, now: at })
    for (const [trace, added] of Map.groupBy(read, (span) => span.trace)) {
      for (const { id, name, startedAt, body } of added) {
        await within.documents.put({
          ...{ workspace, kind: SPAN, id: `${trace}/${id}`, owner: trace, name, at: startedAt, body },
        })
      }
      const known = await within.documents.get(workspace, TRACE, trace)
      const before = known ? traceOf(known) : newTrace(workspace, trace, experimentId)
      const metadata = run === undefined ? {} : { [traceKeys.sourceRun]: run }
      const grown = {
        ...grownBy(before, added),
        ...(run !== undefined && { metadata: { ...before.metadata, ...metadata } }),
      }
      await within.documents.put(documentOf(before.told ? { ...before, tags: grown.tags } : grown))
    }
  })
}

/** A trace of which nothing is known yet. */
export const newTrace = (workspace: string, id: string, experimentId: string): Trace => ({
  ...{ workspace, id, experimentId },
  at: Number.POSITIVE_INFINITY,
  state: 'IN_PROGRESS',
  metadata: { 'mlflow.trace_schema.version': '3' },
  tags: {},
  assessments: [],
  runs: [],
  told: false,
})

/** A trace with what its spans tell of it. */
function grownBy(trace: Trace, spans: readonly Span[]): Trace {
  const root = spans.find(({ parent }) => parent === '')
  const at = Math.min(trace.at, ...spans.map(({ startedAt }) => startedAt))
  const known = Number.isFinite(trace.at) && trace.durationMs !== undefined ? trace.at + trace.durationMs : 0
  const end = Math.max(known, ...spans.map(({ endedAt = 0 }) => endedAt))
  const found = METADATA.flatMap(([attribute, key]) => {
    const value = spans.map(({ body }) => valueAt(body, attribute)).find((one) => one !== undefined)
    return value === undefined ? [] : [[key, inSentence(value)] as const]
  })
  const state: TraceState = root ? (statusCode(root.body) === 2 ? 'ERROR' : 'OK') : trace.state
  const ended = root?.endedAt !== undefined
  return {
    ...trace,
    at,
    state: root && !ended ? 'IN_PROGRESS' : state,
    ...(end > 0 && { durationMs: Math.max(0, end - at) }),
    ...(root && previews(root)),
    metadata: { ...Object.fromEntries(found.toReversed()), ...trace.metadata },
    tags: {
      ...(root && { [traceKeys.name]: root.name, ...tagsOf(root) }),
      ...trace.tags,
      // Wherever else files of the client's lie: these spans are here.
      [traceKeys.spansLocation]: IN_STORE,
    },
  }
}

function previews({ body }: Span): Pick<Trace, 'requestPreview' | 'responsePreview'> {
  const [request, response] = [valueAt(body, INPUTS), valueAt(body, OUTPUTS)]
  return {
    ...(request !== undefined && { requestPreview: plainText(request).slice(0, MOST_PREVIEW) }),
    ...(response !== undefined && { responsePreview: plainText(response).slice(0, MOST_PREVIEW) }),
  }
}

/** Tags that an exporter of OpenTelemetry's could send as attributes alone. */
function tagsOf({ body }: Span): Record<string, string> {
  const attributes = Array.isArray(body.attributes) ? body.attributes : []
  const tags = attributes.flatMap((attribute) => {
    const key = (attribute as { key?: unknown }).key
    if (typeof key !== 'string' || !key.startsWith(TAG)) return []
    return [[key.slice(TAG.length), plainText(valueAt(body, key) ?? '')] as const]
  })
  return Object.fromEntries(tags)
}

/** The traces of ids, in their order; ids that are none are left out. */
export async function tracesNamed(
  from: Repositories,
  workspace: string,
  ids: readonly string[],
): Promise<readonly Trace[]> {
  const found = await Promise.all([...new Set(ids)].map((id) => from.documents.get(workspace, TRACE, id)))
  return found.filter((one) => one !== undefined).map(traceOf)
}
