import type { ScoreRequest } from '../engine.ts'

/** Kinds of frames between the server and a worker; `python/serving/lazuli_scoring/serve.py` has the other side. */
export const kinds = {
  request: 1,
  answer: 2,
  begin: 3,
  chunk: 4,
  end: 5,
  broken: 6,
  cancel: 7,
  ping: 8,
  pong: 9,
} as const

/** Length of the rest, kind, a byte unused, status, number. */
const HEADER = 12

/** Above it a body is written as it is, below it one write of a copy is cheaper. */
const COPIED = 32 * 1024

export interface Frame {
  readonly kind: number
  readonly status: number
  readonly number: number
  readonly rest: Buffer
}

/** A frame without a rest. */
export function bareFrame(kind: number, number: number): Buffer {
  const frame = Buffer.alloc(HEADER)
  frame[4] = kind
  frame.writeUInt32BE(number, 8)
  return frame
}

/** A request as frames: pieces to be written one after the other. */
export function requestFrame(number: number, request: ScoreRequest): readonly Uint8Array[] {
  const head = headOf(request)
  const headLength = Buffer.byteLength(head, 'latin1')
  let bodyLength = 0
  for (const part of request.body) bodyLength += part.length
  const isCopied = bodyLength <= COPIED
  const start = HEADER + 4 + headLength
  const frame = Buffer.allocUnsafe(isCopied ? start + bodyLength : start)
  frame.writeUInt32BE(4 + headLength + bodyLength, 0)
  frame[4] = kinds.request
  frame[5] = 0
  frame.writeUInt16BE(0, 6)
  frame.writeUInt32BE(number, 8)
  frame.writeUInt32BE(headLength, HEADER)
  frame.write(head, HEADER + 4, 'latin1')
  if (!isCopied) return [frame, ...request.body]
  let at = start
  for (const part of request.body) {
    frame.set(part, at)
    at += part.length
  }
  return [frame]
}

/** What would begin a line of its own is none of a header. */
const breaks = /[\r\n]/g

function headOf({ method, target, rawHeaders, requestId }: ScoreRequest): string {
  let head = `${method} ${target.replace(breaks, '')}\n`
  let named = false
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    const value = rawHeaders[index + 1] ?? ''
    if (name === 'x-request-id') named = true
    head += `${name}: ${value.search(breaks) < 0 ? value : value.replace(breaks, ' ')}\n`
  }
  return named ? head : `${head}x-request-id: ${requestId}\n`
}

/** The head of an answer: names and values in turns. */
export function rawHeadersOf(head: string): string[] {
  const found: string[] = []
  let at = 0
  while (at < head.length) {
    const end = head.indexOf('\n', at)
    const colon = head.indexOf(': ', at)
    if (end < 0) break
    if (colon > at && colon < end) found.push(head.slice(at, colon), head.slice(colon + 2, end))
    at = end + 1
  }
  return found
}

/** Head and body of a frame that has both. */
export function partsOf(rest: Buffer): { readonly rawHeaders: readonly string[]; readonly body: Buffer } {
  const length = rest.readUInt32BE(0)
  return { rawHeaders: rawHeadersOf(rest.toString('latin1', 4, 4 + length)), body: rest.subarray(4 + length) }
}

/** Cuts what comes over a socket into frames; a frame that came whole in one piece is not copied. */
export function frameReader(take: (frame: Frame) => void): (chunk: Buffer) => void {
  let pieces: Buffer[] = []
  let have = 0
  let need = HEADER
  return (chunk) => {
    let buffer = chunk
    if (pieces.length > 0) {
      pieces.push(chunk)
      have += chunk.length
      if (have < need) return
      buffer = Buffer.concat(pieces, have)
      pieces = []
    }
    let at = 0
    for (;;) {
      const left = buffer.length - at
      if (left < HEADER) {
        need = HEADER
        break
      }
      const length = buffer.readUInt32BE(at)
      if (left < HEADER + length) {
        need = HEADER + length
        break
      }
      const start = at + HEADER
      take({
        kind: buffer[at + 4] ?? 0,
        status: buffer.readUInt16BE(at + 6),
        number: buffer.readUInt32BE(at + 8),
        rest: buffer.subarray(start, start + length),
      })
      at = start + length
    }
    if (at < buffer.length) {
      const rest = buffer.subarray(at)
      pieces = [rest]
      have = rest.length
    }
  }
}
