import { type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { Repositories } from '../../store/store.ts'
import { SPAN } from './trace.ts'

/** A span as OpenTelemetry's JSON writes it: ids in hexadecimal, times as texts of nanoseconds, values by their types. */
export interface Span {
  /** MLflow's id of the trace that it belongs to. */
  readonly trace: string
  readonly id: string
  readonly parent: string
  readonly name: string
  /** Epoch milliseconds. */
  readonly startedAt: number
  readonly endedAt?: number
  readonly body: JsonObject
}

const NANOS_IN_MS = 1_000_000n
const TRACE_ID = 'mlflow.traceRequestId'
const HEX = { trace: /^[0-9a-f]{32}$/i, span: /^[0-9a-f]{16}$/i }

/** A span of OpenTelemetry's, or why it is none. */
export function spanOf(body: JsonObject): Span | { readonly reason: string } {
  const traceId = textAt(body.traceId) ?? ''
  const id = textAt(body.spanId) ?? ''
  if (!HEX.trace.test(traceId)) return { reason: `'${traceId.slice(0, 40)}' is no id of a trace` }
  if (!HEX.span.test(id)) return { reason: `'${id.slice(0, 40)}' is no id of a span` }
  const startedAt = milliseconds(body.startTimeUnixNano)
  const endedAt = milliseconds(body.endTimeUnixNano)
  if (startedAt === undefined) return { reason: `span ${id} has no start` }
  const named = valueAt(body, TRACE_ID)
  return {
    trace: typeof named === 'string' && named !== '' ? named : `tr-${traceId.toLowerCase()}`,
    id: id.toLowerCase(),
    parent: textAt(body.parentSpanId)?.toLowerCase() ?? '',
    name: textAt(body.name) ?? '',
    startedAt,
    ...(endedAt !== undefined && { endedAt }),
    body,
  }
}

function milliseconds(nanos: unknown): number | undefined {
  const text = typeof nanos === 'number' ? String(nanos) : textAt(nanos)
  if (text === undefined || !/^\d{1,20}$/.test(text) || /^0*$/.test(text)) return undefined
  return Number(BigInt(text) / NANOS_IN_MS)
}

/** The value of an attribute, as JSON has it. */
export function valueAt(span: JsonObject, key: string): Json | undefined {
  const attributes = Array.isArray(span.attributes) ? span.attributes.map(objectAt) : []
  const found = attributes.find((attribute) => attribute.key === key)
  return found && anyValue(objectAt(found.value))
}

/** A value of OpenTelemetry's as JSON. Whole numbers beyond what JSON holds exactly stay texts. */
export function anyValue(value: JsonObject): Json {
  if (typeof value.stringValue === 'string') return value.stringValue
  if (typeof value.boolValue === 'boolean') return value.boolValue
  if (value.doubleValue !== undefined) return Number(value.doubleValue)
  if (value.intValue !== undefined) {
    const whole = Number(value.intValue)
    return Number.isSafeInteger(whole) ? whole : String(value.intValue)
  }
  if (typeof value.bytesValue === 'string') return value.bytesValue
  const { values: items } = objectAt(value.arrayValue)
  if (value.arrayValue !== undefined) return Array.isArray(items) ? items.map((item) => anyValue(objectAt(item))) : []
  const { values: pairs } = objectAt(value.kvlistValue)
  if (value.kvlistValue === undefined) return null
  const entries = Array.isArray(pairs) ? pairs.map(objectAt) : []
  return Object.fromEntries(entries.map((entry) => [textAt(entry.key) ?? '', anyValue(objectAt(entry.value))]))
}

/** `0` unset, `1` ok, `2` an error, however it is written. */
export function statusCode(span: JsonObject): 0 | 1 | 2 {
  const { code } = objectAt(span.status)
  if (code === 1 || code === 'STATUS_CODE_OK') return 1
  return code === 2 || code === 'STATUS_CODE_ERROR' ? 2 : 0
}

/** The same as a word, as filters and metrics of spans have it. */
export const statusWord = (span: JsonObject): string => ['UNSET', 'OK', 'ERROR'][statusCode(span)] ?? ''

const nanos = ({ startTimeUnixNano: at }: JsonObject): bigint => BigInt(String(at ?? 0))

/** The spans of a trace, in the order in which they began. */
export async function spansOf(from: Repositories, workspace: string, trace: string): Promise<readonly JsonObject[]> {
  const { items } = await from.documents.find(workspace, SPAN, { owners: [trace] })
  return items.map(({ body }) => body).toSorted((a, b) => Number(nanos(a) - nanos(b)))
}
