import type { Json, JsonObject } from '../../json.ts'

/**
 * Reads `ExportTraceServiceRequest` in protocol buffers' binary form into OpenTelemetry's JSON.
 *
 * The messages below are all that an export of traces has; a reader of a few lines over a table is less to keep than a
 * general one with its generated code.
 *
 * Source: opentelemetry-proto, collector/trace/v1 and trace/v1; "Encoding" of protobuf.dev.
 */
type Kind = 'text' | 'hex' | 'base64' | 'varint' | 'bool' | 'fixed64' | 'fixed32' | 'double' | 'enum'

interface Field {
  readonly name: string
  readonly of: Kind | (() => Message)
  readonly many?: true
}
type Message = Readonly<Record<number, Field>>

const anyValue: Message = {
  1: { name: 'stringValue', of: 'text' },
  2: { name: 'boolValue', of: 'bool' },
  3: { name: 'intValue', of: 'varint' },
  4: { name: 'doubleValue', of: 'double' },
  5: { name: 'arrayValue', of: () => arrayValue },
  6: { name: 'kvlistValue', of: () => keyValueList },
  7: { name: 'bytesValue', of: 'base64' },
}
const arrayValue: Message = { 1: { name: 'values', of: () => anyValue, many: true } }
const keyValueList: Message = { 1: { name: 'values', of: () => keyValue, many: true } }
const keyValue: Message = { 1: { name: 'key', of: 'text' }, 2: { name: 'value', of: () => anyValue } }
const event: Message = {
  1: { name: 'timeUnixNano', of: 'fixed64' },
  2: { name: 'name', of: 'text' },
  3: { name: 'attributes', of: () => keyValue, many: true },
  4: { name: 'droppedAttributesCount', of: 'enum' },
}
const link: Message = {
  1: { name: 'traceId', of: 'hex' },
  2: { name: 'spanId', of: 'hex' },
  3: { name: 'traceState', of: 'text' },
  4: { name: 'attributes', of: () => keyValue, many: true },
  5: { name: 'droppedAttributesCount', of: 'enum' },
  6: { name: 'flags', of: 'fixed32' },
}
const status: Message = { 2: { name: 'message', of: 'text' }, 3: { name: 'code', of: 'enum' } }
const span: Message = {
  1: { name: 'traceId', of: 'hex' },
  2: { name: 'spanId', of: 'hex' },
  3: { name: 'traceState', of: 'text' },
  4: { name: 'parentSpanId', of: 'hex' },
  5: { name: 'name', of: 'text' },
  6: { name: 'kind', of: 'enum' },
  7: { name: 'startTimeUnixNano', of: 'fixed64' },
  8: { name: 'endTimeUnixNano', of: 'fixed64' },
  9: { name: 'attributes', of: () => keyValue, many: true },
  10: { name: 'droppedAttributesCount', of: 'enum' },
  11: { name: 'events', of: () => event, many: true },
  12: { name: 'droppedEventsCount', of: 'enum' },
  13: { name: 'links', of: () => link, many: true },
  14: { name: 'droppedLinksCount', of: 'enum' },
  15: { name: 'status', of: () => status },
  16: { name: 'flags', of: 'fixed32' },
}
const scopeSpans: Message = { 2: { name: 'spans', of: () => span, many: true } }
const resourceSpans: Message = { 2: { name: 'scopeSpans', of: () => scopeSpans, many: true } }
const exportRequest: Message = { 1: { name: 'resourceSpans', of: () => resourceSpans, many: true } }

const DEEPEST = 100

/** @throws Error for bytes that are no such message */
export const readExport = (bytes: Buffer): JsonObject => readMessage(bytes, exportRequest, 0)

function readMessage(bytes: Buffer, message: Message, depth: number): JsonObject {
  if (depth > DEEPEST) throw new Error('A message within too many others')
  const found: Record<string, Json> = {}
  let at = 0
  while (at < bytes.length) {
    const tag = readVarint(bytes, at)
    const number = Number(tag.value >> 3n)
    const { raw, next } = readRaw(bytes, tag.next, Number(tag.value & 7n))
    at = next
    const field = message[number]
    if (!field) continue
    const value = fieldValue(raw, field, depth)
    if (field.many) found[field.name] = [...((found[field.name] as readonly Json[] | undefined) ?? []), value]
    else found[field.name] = value
  }
  return found
}

type Raw = bigint | Buffer

function readRaw(bytes: Buffer, at: number, wire: number): { readonly raw: Raw; readonly next: number } {
  if (wire === 0) {
    const { value, next } = readVarint(bytes, at)
    return { raw: value, next }
  }
  const length = wire === 1 ? { value: 8n, next: at } : wire === 5 ? { value: 4n, next: at } : readVarint(bytes, at)
  if (wire !== 1 && wire !== 2 && wire !== 5) throw new Error(`No wire type ${wire}`)
  const end = length.next + Number(length.value)
  if (end > bytes.length) throw new Error('A message that ends too early')
  return { raw: bytes.subarray(length.next, end), next: end }
}

function readVarint(bytes: Buffer, from: number): { readonly value: bigint; readonly next: number } {
  let value = 0n
  for (let at = from, shift = 0n; shift < 70n; at++, shift += 7n) {
    const byte = bytes[at]
    if (byte === undefined) throw new Error('A number that ends too early')
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), next: at + 1 }
  }
  throw new Error('A number that is too long')
}

function fieldValue(raw: Raw, { of }: Field, depth: number): Json {
  if (typeof raw === 'bigint') {
    if (of === 'bool') return raw !== 0n
    if (of === 'varint') return String(BigInt.asIntN(64, raw))
    if (of === 'enum') return Number(BigInt.asUintN(32, raw))
    throw new Error('A number where none belongs')
  }
  if (typeof of === 'function') return readMessage(raw, of(), depth + 1)
  if (of === 'text') return raw.toString('utf8')
  if (of === 'hex' || of === 'base64') return raw.toString(of)
  if (of === 'fixed64' && raw.length === 8) return String(raw.readBigUInt64LE())
  if (of === 'fixed32' && raw.length === 4) return raw.readUInt32LE()
  if (of === 'double' && raw.length === 8) {
    const value = raw.readDoubleLE()
    return Number.isFinite(value) ? value : String(value)
  }
  throw new Error('A value of another type')
}
