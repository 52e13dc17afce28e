import { randomBytes } from 'node:crypto'
import { Type } from 'typebox'
import { experimentIdsOf } from '../../domain/experiments/find-experiment.ts'
import { traceFields } from '../../domain/search/fields.ts'
import { parseFilter } from '../../domain/search/filter.ts'
import { parseOrder } from '../../domain/search/order.ts'
import { pageToken, readPageToken } from '../../domain/search/page-token.ts'
import { changeTrace, checkTraceTag } from '../../domain/traces/change-trace.ts'
import { searchTraces } from '../../domain/traces/search-traces.ts'
import { startTrace } from '../../domain/traces/start-trace.ts'
import { findTrace, traceState } from '../../domain/traces/trace.ts'
import type { JsonObject } from '../../json.ts'
import { limitOf } from './listing.ts'
import { mlflow, required } from './mlflow-operation.ts'
import { presentLegacyTrace } from './present-trace.ts'
import { KeyValue, recordOf, Whole } from './schemas.ts'

const read = 'experiments/runs/read'
const write = 'experiments/runs/write'
const text = Type.Optional(Type.String())
const pairs = Type.Optional(Type.Array(KeyValue))
const DEFAULT_RESULTS = 100
const MOST_RESULTS = 500

/** MLflow 2's traces: the same traces, told at their start and their end, with their spans in a file of the client's. */
export const legacyTraceOperations = [
  mlflow({
    name: 'startTrace',
    method: 'POST',
    path: '/traces',
    right: write,
    input: Type.Object({
      experiment_id: text,
      timestamp_ms: Type.Optional(Whole),
      request_metadata: pairs,
      tags: pairs,
    }),
    async answer(deps, { input, ...asked }): Promise<JsonObject> {
      const tags = recordOf(input.tags)
      for (const [key, value] of Object.entries(tags)) checkTraceTag(key, value)
      const trace = await startTrace(deps, asked.workspace.key, {
        experiment: required('experiment_id', input.experiment_id),
        id: `tr-${randomBytes(16).toString('hex')}`,
        at: Number(input.timestamp_ms ?? deps.now().getTime()),
        state: 'IN_PROGRESS',
        metadata: recordOf(input.request_metadata),
        tags,
      })
      return { trace_info: presentLegacyTrace(trace, asked) }
    },
  }),
  mlflow({
    name: 'endTrace',
    method: 'PATCH',
    path: '/traces/{request_id}',
    right: write,
    input: Type.Object({
      request_id: text,
      timestamp_ms: Type.Optional(Whole),
      status: text,
      request_metadata: pairs,
      tags: pairs,
    }),
    async answer(deps, { input, params, ...asked }): Promise<JsonObject> {
      const tags = recordOf(input.tags)
      for (const [key, value] of Object.entries(tags)) checkTraceTag(key, value)
      const state = traceState(required('status', input.status).replace(/^TRACE_STATUS_/, 'STATE_'))
      const end = Number(input.timestamp_ms ?? deps.now().getTime())
      const trace = await changeTrace(deps, asked.workspace.key, {
        id: params.request_id ?? '',
        change: (known) => ({
          ...known,
          state,
          durationMs: Math.max(0, end - known.at),
          metadata: { ...known.metadata, ...recordOf(input.request_metadata) },
          tags: { ...known.tags, ...tags },
        }),
      })
      return { trace_info: presentLegacyTrace(trace, asked) }
    },
  }),
  mlflow({
    name: 'getTraceInfo',
    method: 'GET',
    path: '/traces/{request_id}/info',
    right: read,
    async answer({ store }, { params, ...asked }): Promise<JsonObject> {
      const trace = await findTrace(store, asked.workspace.key, params.request_id ?? '')
      return { trace_info: presentLegacyTrace(trace, asked) }
    },
  }),
  mlflow({
    name: 'searchTraces',
    method: 'GET',
    path: '/traces',
    right: read,
    input: Type.Object({
      experiment_ids: Type.Optional(Type.Array(Type.String())),
      filter: text,
      max_results: Type.Optional(Whole),
      order_by: Type.Optional(Type.Array(Type.String())),
      page_token: text,
    }),
    async answer({ store }, { input, ...asked }): Promise<JsonObject> {
      const { key } = asked.workspace
      const ids = required('experiment_ids', input.experiment_ids?.length ? input.experiment_ids : undefined)
      const page = await searchTraces(store, key, {
        experimentIds: await experimentIdsOf(store, key, ids),
        filter: parseFilter(input.filter ?? '', traceFields),
        order: parseOrder(input.order_by ?? [], traceFields),
        limit: limitOf(input.max_results, { usual: DEFAULT_RESULTS, most: MOST_RESULTS }),
        after: readPageToken(input.page_token),
      })
      return {
        traces: page.items.map((trace) => presentLegacyTrace(trace, asked)),
        ...(page.next !== undefined && { next_page_token: pageToken(page.next) }),
      }
    },
  }),
]
