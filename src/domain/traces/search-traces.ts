import { type JsonObject, objectAt, plainText, textAt } from '../../json.ts'
import type { Page, Repositories } from '../../store/store.ts'
import type { Comparison, Entity } from '../search/filter.ts'
import { type FieldValue, matches } from '../search/matches.ts'
import type { OrderBy } from '../search/order.ts'
import { searchItems } from '../search/search-items.ts'
import { spansOf, statusWord, valueAt } from './spans.ts'
import { linkedPrompts, TRACE, type Trace, traceKeys, traceOf } from './trace.ts'

export interface SearchTraces {
  readonly experimentIds: readonly string[]
  readonly filter: readonly Comparison[]
  readonly order: readonly OrderBy[]
  readonly limit: number
  readonly after?: string | undefined
}

const CHUNK = 200

const attributes: Readonly<Record<string, (trace: Trace) => FieldValue>> = {
  trace_id: ({ id }) => id,
  request_id: ({ id }) => id,
  experiment_id: ({ experimentId }) => experimentId,
  client_request_id: ({ clientRequestId }) => clientRequestId,
  timestamp: ({ at }) => at,
  timestamp_ms: ({ at }) => at,
  execution_time: ({ durationMs }) => durationMs,
  execution_time_ms: ({ durationMs }) => durationMs,
  end_time: ({ at, durationMs }) => (durationMs === undefined ? undefined : at + durationMs),
  end_time_ms: ({ at, durationMs }) => (durationMs === undefined ? undefined : at + durationMs),
  status: ({ state }) => state,
  state: ({ state }) => state,
  name: ({ tags }) => tags[traceKeys.name],
  run_id: ({ metadata, runs }) => [...runs, ...(metadata[traceKeys.sourceRun] ?? '').split(' ').filter(Boolean)],
  prompt: ({ tags }) => promptsOf(tags[traceKeys.linkedPrompts]),
}

const LAST_RESORT: readonly OrderBy[] = [
  { entity: 'attributes', key: 'timestamp_ms', descending: true },
  { entity: 'attributes', key: 'trace_id', descending: false },
]

/** Traces that satisfy a filter: the newest first unless an order is given. Spans are read where the filter asks for them. */
export async function searchTraces(from: Repositories, workspace: string, search: SearchTraces): Promise<Page<Trace>> {
  const withSpans = search.filter.some(({ entity, key }) => entity === 'spans' || key.toLowerCase() === 'text')
  const read = async (trace: Trace) => readerOf(trace, withSpans ? await spansOf(from, workspace, trace.id) : [])
  return search.order.length > 0
    ? await ordered(from, workspace, { ...search, readTrace: read })
    : await newestFirst(from, workspace, { ...search, readTrace: read })
}

type Reader = (entity: Entity, key: string) => FieldValue
type Reading = SearchTraces & { readonly readTrace: (trace: Trace) => Promise<Reader> }

/** Chunk by chunk, no further than the page. */
async function newestFirst(from: Repositories, workspace: string, search: Reading): Promise<Page<Trace>> {
  const { experimentIds: owners, filter, limit } = search
  const found: Trace[] = []
  let after = search.after
  for (;;) {
    const place = after === undefined ? {} : { after }
    const page = await from.documents.find(workspace, TRACE, { owners, newestFirst: true, limit: CHUNK, ...place })
    let seen = after
    for (const document of page.items) {
      const trace = traceOf(document)
      if (filter.length === 0 || matches(filter, await search.readTrace(trace))) {
        if (found.length === limit) return { items: found, ...(seen !== undefined && { next: seen }) }
        found.push(trace)
      }
      seen = document.place
    }
    if (page.next === undefined) return { items: found }
    after = page.next
  }
}

async function ordered(from: Repositories, workspace: string, search: Reading): Promise<Page<Trace>> {
  const { items } = await from.documents.find(workspace, TRACE, { owners: search.experimentIds, newestFirst: true })
  const readers = new Map<string, Reader>()
  const traces = items.map(traceOf)
  for (const trace of traces) readers.set(trace.id, await search.readTrace(trace))
  const nothing: Reader = () => undefined
  return searchItems(traces, {
    filter: search.filter,
    order: [...search.order, ...LAST_RESORT],
    read: ({ id }) => readers.get(id) ?? nothing,
    limit: search.limit,
    after: search.after,
  })
}

const readerOf =
  (trace: Trace, spans: readonly JsonObject[]): Reader =>
  (entity, key) => {
    if (entity === 'tags') return own(trace.tags, key)
    if (entity === 'metadata') return own(trace.metadata, key)
    if (entity === 'spans') return spans.flatMap((span) => spanValue(span, key))
    if (entity === 'feedback') return said(trace, 'feedback', key)
    if (entity === 'expectations') return said(trace, 'expectation', key)
    if (key.toLowerCase() === 'text') return spans.map((span) => JSON.stringify(span))
    return attributes[key.toLowerCase()]?.(trace)
  }

const own = (record: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined

function spanValue(span: JsonObject, key: string): readonly string[] {
  if (key === 'name') return [textAt(span.name) ?? '']
  if (key === 'status') return [statusWord(span)]
  if (key === 'content') return [JSON.stringify(span)]
  const value = valueAt(span, key === 'type' ? 'mlflow.spanType' : key.replace(/^attributes\./, ''))
  return value === undefined ? [] : [plainText(value)]
}

/** The values of valid assessments of a name. */
function said({ assessments }: Trace, kind: 'feedback' | 'expectation', name: string): readonly (string | number)[] {
  return assessments
    .filter((one) => one.assessment_name === name && one.valid !== false && one[kind] !== undefined)
    .map((one) => {
      const { value, serialized_value: serialized } = objectAt(one[kind])
      const plain = value ?? textAt(objectAt(serialized).value)
      return typeof plain === 'number' ? plain : plainText(plain ?? '')
    })
}

/** `name/version` of each prompt. */
function promptsOf(tag: string | undefined): readonly string[] {
  return linkedPrompts(tag).map(({ name, version }) => `${name}/${version}`)
}
