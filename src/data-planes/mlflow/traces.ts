import { type Static, Type } from 'typebox'
import { experimentIdsOf } from '../../domain/experiments/find-experiment.ts'
import { traceFields } from '../../domain/search/fields.ts'
import { parseFilter } from '../../domain/search/filter.ts'
import { parseOrder } from '../../domain/search/order.ts'
import { pageToken, readPageToken } from '../../domain/search/page-token.ts'
import { changeTrace, checkTraceTag, linkPrompts, linkToRun, removeTraceTag } from '../../domain/traces/change-trace.ts'
import { type DeleteTraces, deleteTraces } from '../../domain/traces/delete-traces.ts'
import { tracesNamed } from '../../domain/traces/log-spans.ts'
import { searchTraces } from '../../domain/traces/search-traces.ts'
import { spansOf } from '../../domain/traces/spans.ts'
import { startTrace } from '../../domain/traces/start-trace.ts'
import { findTrace, spansTold, traceState } from '../../domain/traces/trace.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import type { Repositories } from '../../store/store.ts'
import { limitOf } from './listing.ts'
import { mlflow, required } from './mlflow-operation.ts'
import type { Asked } from './present.ts'
import { presentSpan, presentTraceInfo } from './present-trace.ts'
import { Whole } from './schemas.ts'

const read = 'experiments/runs/read'
const write = 'experiments/runs/write'
const text = Type.Optional(Type.String())
const texts = Type.Optional(Type.Array(Type.String()))
const Texts = Type.Optional(Type.Record(Type.String(), Type.String()))
const DEFAULT_RESULTS = 100
const MOST_RESULTS = 500
const MOST_AT_ONCE = 100

const Location = Type.Object({
  type: text,
  mlflow_experiment: Type.Optional(Type.Object({ experiment_id: Type.String() })),
})
const TraceInfo = Type.Object({
  trace_id: Type.String({ minLength: 1, maxLength: 250 }),
  client_request_id: text,
  trace_location: Location,
  request_preview: text,
  response_preview: text,
  request_time: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$' }),
  execution_duration: Type.Optional(Type.String({ pattern: '^\\d+(\\.\\d+)?s$' })),
  state: text,
  trace_metadata: Texts,
  tags: Texts,
  assessments: Type.Optional(Type.Array(Type.Record(Type.String(), Type.Any()))),
})

/** The experiment that a place names. @throws ParameterInvalid for a place that is none of MLflow's */
function experimentAt(
  location: { readonly mlflow_experiment?: { readonly experiment_id: string } } | undefined,
): string {
  const id = location?.mlflow_experiment?.experiment_id
  if (!id) {
    throw fault('ParameterInvalid', {
      reason: 'Traces are kept in experiments: a location is of type MLFLOW_EXPERIMENT and names one.',
    })
  }
  return id
}

const whole = async (from: Repositories, trace: Parameters<typeof presentTraceInfo>[0], asked: Asked) => ({
  trace_info: presentTraceInfo(trace, asked),
  spans: (await spansOf(from, trace.workspace, trace.id)).map(presentSpan),
})

/** @throws ParameterInvalid for too many ids */
function idsOf(sent: readonly string[] | undefined): readonly string[] {
  const ids = sent ?? []
  if (ids.length > MOST_AT_ONCE) {
    throw fault('ParameterInvalid', {
      reason: `At most ${MOST_AT_ONCE} traces are asked for at once, got ${ids.length}.`,
    })
  }
  return ids
}

const Batch = Type.Object({ trace_ids: texts, experiment_ids: texts })

/** The traces that a batch names, within its experiments where it names any. */
async function tracesAsked(from: Repositories, workspace: string, asked: Static<typeof Batch>) {
  const found = await tracesNamed(from, workspace, idsOf(asked.trace_ids))
  return found.filter(({ experimentId }) => asked.experiment_ids?.includes(experimentId) ?? true)
}

/** @throws ParameterInvalid for a day that there is not */
function timeOf(text: string): number {
  const at = Date.parse(text)
  if (Number.isNaN(at))
    throw fault('ParameterInvalid', { reason: `Invalid value "${text}" for parameter 'request_time' supplied.` })
  return at
}

const DeleteInput = Type.Object({
  experiment_id: text,
  max_timestamp_millis: Type.Optional(Whole),
  max_traces: Type.Optional(Whole),
  request_ids: texts,
})

const deletion = (api: '2.0' | '3.0') =>
  mlflow({
    name: api === '2.0' ? 'deleteTraces' : 'deleteTracesV3',
    method: 'POST',
    api,
    path: '/traces/delete-traces',
    right: 'experiments/runs/delete',
    input: DeleteInput,
    async answer(deps, { input, workspace }): Promise<JsonObject> {
      const { max_timestamp_millis: until, max_traces: most, request_ids: ids } = input
      const wish: DeleteTraces = {
        experiment: required('experiment_id', input.experiment_id),
        ...(until !== undefined && { until: Number(until) }),
        ...(most !== undefined && { most: Number(most) }),
        ...(ids && { ids }),
      }
      return { traces_deleted: await deleteTraces(deps, workspace.key, wish) }
    },
  })

const tagging = (api: '2.0' | '3.0') => [
  mlflow({
    name: api === '2.0' ? 'setTraceTag' : 'setTraceTagV3',
    method: 'PATCH',
    api,
    path: '/traces/{trace_id}/tags',
    right: write,
    input: Type.Object({ key: text, value: text }),
    async answer(deps, { input, params, workspace }) {
      const key = required('key', input.key)
      const value = input.value ?? ''
      checkTraceTag(key, value)
      await changeTrace(deps, workspace.key, {
        id: params.trace_id ?? '',
        change: (trace) => ({ ...trace, tags: { ...trace.tags, [key]: value } }),
      })
      return {}
    },
  }),
  mlflow({
    name: api === '2.0' ? 'deleteTraceTag' : 'deleteTraceTagV3',
    method: 'DELETE',
    api,
    path: '/traces/{trace_id}/tags',
    right: write,
    input: Type.Object({ key: text }),
    async answer(deps, { input, params, workspace }) {
      await removeTraceTag(deps, workspace.key, params.trace_id ?? '', required('key', input.key))
      return {}
    },
  }),
]

/** MLflow 3's traces. */
export const traceOperations = [
  mlflow({
    name: 'startTraceV3',
    method: 'POST',
    api: '3.0',
    path: '/traces',
    right: write,
    input: Type.Object({ trace: Type.Object({ trace_info: TraceInfo }) }),
    async answer(deps, { input, ...asked }): Promise<JsonObject> {
      const { trace_info: info } = input.trace
      const { execution_duration: duration, client_request_id, request_preview, response_preview } = info
      for (const [key, value] of Object.entries(info.tags ?? {})) checkTraceTag(key, value)
      const trace = await startTrace(deps, asked.workspace.key, {
        experiment: experimentAt(info.trace_location),
        id: info.trace_id,
        at: timeOf(info.request_time),
        state: traceState(info.state),
        metadata: info.trace_metadata ?? {},
        tags: info.tags ?? {},
        assessments: info.assessments ?? [],
        ...(duration !== undefined && { durationMs: Math.round(Number(duration.slice(0, -1)) * 1000) }),
        ...(client_request_id !== undefined && { clientRequestId: client_request_id }),
        ...(request_preview !== undefined && { requestPreview: request_preview }),
        ...(response_preview !== undefined && { responsePreview: response_preview }),
      })
      return { trace: { trace_info: presentTraceInfo(trace, asked) } }
    },
  }),
  mlflow({
    name: 'getTrace',
    method: 'GET',
    api: '3.0',
    path: '/traces/get',
    right: read,
    input: Type.Object({
      trace_id: text,
      allow_partial: Type.Optional(Type.String({ pattern: '^(?:[Tt]rue|[Ff]alse)$' })),
    }),
    async answer({ store }, { input, ...asked }): Promise<JsonObject> {
      const trace = await findTrace(store, asked.workspace.key, required('trace_id', input.trace_id))
      const found = await whole(store, trace, asked)
      if (input.allow_partial?.toLowerCase() !== 'true' && found.spans.length < spansTold(trace)) {
        throw fault('TraceIncomplete', { trace: trace.id })
      }
      return { trace: found }
    },
  }),
  mlflow({
    name: 'batchGetTraces',
    method: 'GET',
    api: '3.0',
    path: '/traces/batchGet',
    right: read,
    input: Batch,
    async answer({ store }, { input, ...asked }): Promise<JsonObject> {
      const within = await tracesAsked(store, asked.workspace.key, input)
      return { traces: await Promise.all(within.map((trace) => whole(store, trace, asked))) }
    },
  }),
  mlflow({
    name: 'batchGetTraceInfos',
    method: 'POST',
    api: '3.0',
    path: '/traces/batchGetInfos',
    right: read,
    input: Batch,
    async answer({ store }, { input, ...asked }): Promise<JsonObject> {
      const within = await tracesAsked(store, asked.workspace.key, input)
      return { trace_infos: within.map((trace) => presentTraceInfo(trace, asked)) }
    },
  }),
  mlflow({
    name: 'getTraceInfoV3',
    method: 'GET',
    api: '3.0',
    path: '/traces/{trace_id}',
    right: read,
    async answer({ store }, { params, ...asked }): Promise<JsonObject> {
      const trace = await findTrace(store, asked.workspace.key, params.trace_id ?? '')
      return { trace: { trace_info: presentTraceInfo(trace, asked) } }
    },
  }),
  mlflow({
    name: 'searchTracesV3',
    method: 'POST',
    api: '3.0',
    path: '/traces/search',
    right: read,
    input: Type.Object({
      locations: Type.Optional(Type.Array(Location)),
      filter: text,
      max_results: Type.Optional(Whole),
      order_by: texts,
      page_token: text,
    }),
    async answer({ store }, { input, ...asked }): Promise<JsonObject> {
      const { key } = asked.workspace
      const named = (input.locations ?? []).map(experimentAt)
      if (named.length === 0) throw fault('ParameterInvalid', { reason: 'At least one location must be specified.' })
      const page = await searchTraces(store, key, {
        experimentIds: await experimentIdsOf(store, key, named),
        filter: parseFilter(input.filter ?? '', traceFields),
        order: parseOrder(input.order_by ?? [], traceFields),
        limit: limitOf(input.max_results, { usual: DEFAULT_RESULTS, most: MOST_RESULTS }),
        after: readPageToken(input.page_token),
      })
      return {
        traces: page.items.map((trace) => presentTraceInfo(trace, asked)),
        ...(page.next !== undefined && { next_page_token: pageToken(page.next) }),
      }
    },
  }),
  mlflow({
    name: 'linkTracesToRun',
    method: 'POST',
    path: '/traces/link-to-run',
    right: write,
    input: Type.Object({ trace_ids: texts, run_id: text }),
    async answer(deps, { input, workspace }) {
      const run = required('run_id', input.run_id)
      await linkToRun(deps, workspace.key, { traces: input.trace_ids ?? [], run })
      return {}
    },
  }),
  mlflow({
    name: 'linkPromptsToTrace',
    method: 'POST',
    path: '/traces/link-prompts',
    right: write,
    input: Type.Object({
      trace_id: text,
      prompt_versions: Type.Optional(Type.Array(Type.Object({ name: Type.String(), version: Type.String() }))),
    }),
    async answer(deps, { input, workspace }) {
      const id = required('trace_id', input.trace_id)
      await linkPrompts(deps, workspace.key, { id, prompts: input.prompt_versions ?? [] })
      return {}
    },
  }),
  deletion('2.0'),
  deletion('3.0'),
  ...tagging('2.0'),
  ...tagging('3.0'),
]
