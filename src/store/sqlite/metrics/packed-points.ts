import type { Points } from './points.ts'

/** How a column of whole numbers is written: as a start and a stride, as offsets of 32 bits from a base, as it is. */
const STRIDE = 0
const OFFSETS = 1
const PLAIN = 2

const HEAD = 8

/**
 * The bytes of a chunk: a head, steps, times, values. Steps mostly rise by one and times by little, which leaves 8 to 12
 * bytes a point.
 */
export function pack(points: Points): Uint8Array {
  const columns = [packWhole(points.steps), packWhole(points.ats)]
  const [steps, ats] = columns
  const size = HEAD + columns.reduce((sum, { bytes }) => sum + bytes.length, 0) + points.values.byteLength
  const packed = new Uint8Array(size)
  packed.set([steps?.form ?? PLAIN, ats?.form ?? PLAIN])
  let at = HEAD
  for (const { bytes } of columns) {
    packed.set(bytes, at)
    at += bytes.length
  }
  packed.set(bytesOf(points.values), at)
  return packed
}

/** What `pack` was given. `count` stands beside the bytes. */
export function unpack(packed: Uint8Array, count: number): Points {
  // A blob of SQLite's may begin at any address, and a column must begin at a multiple of its width.
  const bytes = packed.byteOffset % 8 === 0 ? packed : packed.slice()
  const steps = unpackWhole(bytes, HEAD, count)
  const ats = unpackWhole(bytes, steps.end, count, 1)
  return {
    steps: steps.column,
    ats: ats.column,
    values: new Float64Array(bytes.buffer, bytes.byteOffset + ats.end, count),
  }
}

function packWhole(column: Float64Array): { readonly form: number; readonly bytes: Uint8Array } {
  const base = column[0] ?? 0
  const stride = (column[1] ?? base) - base
  let [even, near] = [true, true]
  for (let at = 1; at < column.length && (even || near); at++) {
    const value = column[at] ?? 0
    even &&= value === base + stride * at
    near &&= value - base === ((value - base) | 0)
  }
  if (even) return { form: STRIDE, bytes: bytesOf(Float64Array.of(base, stride)) }
  if (!near) return { form: PLAIN, bytes: bytesOf(column) }
  // An even number of offsets, so that what follows begins at a multiple of 8.
  const whole = new Uint8Array(8 + 8 * Math.ceil(column.length / 2))
  whole.set(bytesOf(Float64Array.of(base)))
  new Int32Array(whole.buffer, 8).set(Int32Array.from(column, (value) => value - base))
  return { form: OFFSETS, bytes: whole }
}

function unpackWhole(bytes: Uint8Array, from: number, count: number, which = 0) {
  const form = bytes[which]
  const start = bytes.byteOffset + from
  if (form === PLAIN) return { column: new Float64Array(bytes.buffer, start, count), end: from + 8 * count }
  const column = new Float64Array(count)
  if (form === STRIDE) {
    const [base = 0, stride = 0] = new Float64Array(bytes.buffer, start, 2)
    for (let at = 0; at < count; at++) column[at] = base + stride * at
    return { column, end: from + 16 }
  }
  const [base = 0] = new Float64Array(bytes.buffer, start, 1)
  const offsets = new Int32Array(bytes.buffer, start + 8, count)
  for (let at = 0; at < count; at++) column[at] = base + (offsets[at] ?? 0)
  return { column, end: from + 8 + 8 * Math.ceil(count / 2) }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)
