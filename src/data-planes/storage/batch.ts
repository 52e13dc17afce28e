import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { fault } from '../../faults.ts'
import { commonHeaders } from './answers.ts'
import { type Call, containerOf, header, readTarget } from './call.ts'
import { refuse } from './errors.ts'
import type { GrantedCall, Plane } from './plane.ts'
import { receiveText } from './receive-body.ts'

const BATCH_BYTES = 4 * 1024 * 1024
const REQUESTS = 256

interface Part {
  readonly contentId: string | undefined
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [string, string])[]
}

/**
 * Blob Batch: deletes and tiers of many blobs, each request with its own authorization, one after the other. One that
 * is refused stops no other.
 */
export async function batch(plane: Plane, call: GrantedCall): Promise<void> {
  const boundary = /^multipart\/mixed\s*;.*\bboundary="?([^";]{1,200})"?/i.exec(header(call, 'content-type') ?? '')?.[1]
  if (boundary === undefined) throw fault('InvalidHeaderValue', { header: 'Content-Type' })
  const parts = readParts(await receiveText(plane, call, BATCH_BYTES), boundary)
  if (parts.length === 0) throw fault('InvalidInput', { reason: 'The batch holds no request.' })
  if (parts.length > REQUESTS) throw fault('ExceedsMaxBatchRequestCount', { limit: REQUESTS })
  const answered = `batchresponse_${call.context.requestId}`
  const answers: string[] = []
  for (const part of parts) {
    const id = part.contentId === undefined ? '' : `Content-ID: ${part.contentId}\r\n`
    answers.push(`--${answered}\r\nContent-Type: application/http\r\n${id}\r\n${await run(plane, call, part)}\r\n`)
  }
  const body = Buffer.from(`${answers.join('')}--${answered}--\r\n`)
  call.response.writeHead(202, {
    ...commonHeaders(call, call.version),
    'Content-Type': `multipart/mixed; boundary=${answered}`,
    'Content-Length': body.length,
  })
  call.response.end(body)
}

/** @throws InvalidInput */
function readParts(text: string, boundary: string): readonly Part[] {
  const pieces = text.split(`--${boundary}`).slice(1)
  return pieces.flatMap((piece) => {
    if (piece.startsWith('--')) return []
    const [outer = '', inner = ''] = split(piece.replace(/^\r?\n/, ''))
    const [head = ''] = split(inner.replace(/^\s+/, ''))
    const [line = '', ...lines] = head.split(/\r?\n/)
    const [, method, url] = /^([A-Z]+) (\S+) HTTP\/1\.1$/.exec(line.trim()) ?? []
    if (method === undefined || url === undefined) {
      throw fault('InvalidInput', { reason: 'A part of the batch is no HTTP request.' })
    }
    const contentId = /^content-id:\s*(\S{1,100})\s*$/im.exec(outer)?.[1]
    return [{ contentId, method, url, headers: lines.flatMap(readHeader) }]
  })
}

/** The head of a message, and what comes after the empty line. */
function split(message: string): readonly string[] {
  const at = /\r?\n\r?\n/.exec(message)
  return at ? [message.slice(0, at.index), message.slice(at.index + at[0].length)] : [message]
}

function readHeader(line: string): (readonly [string, string])[] {
  const colon = line.indexOf(':')
  return colon < 1 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]]
}

/** Runs one request as if it had come by itself; answers its status line, headers and body as text. */
async function run(plane: Plane, call: GrantedCall, part: Part): Promise<string> {
  const request = new IncomingMessage(new Socket())
  Object.assign(request, { method: part.method, url: part.url })
  for (const [name, value] of part.headers) {
    request.rawHeaders.push(name, value)
    request.headers[name.toLowerCase()] = value
  }
  // Requests of a batch are signed without a version and take the batch's.
  request.push(null)
  const wire = sinkOf()
  const response = new ServerResponse(request)
  response.assignSocket(wire.socket)
  response.sendDate = false
  response.shouldKeepAlive = true
  const done = new Promise<void>((resolve) => response.once('finish', resolve))
  const { context, account, service, version } = call
  try {
    const url = below(part.url, account.name)
    const inner: Call = { request, response, context, account, service, version, ...readTarget(url) }
    if (!isBatched(inner)) throw fault('InvalidInput', { reason: 'A batch takes Delete Blob and Set Blob Tier only.' })
    if (call.container !== undefined && inner.container !== containerOf(call).container) {
      throw fault('InvalidInput', { reason: "A blob of the batch is not in the batch's container." })
    }
    await plane.serve(inner)
  } catch (error) {
    refuse({ request, response, context, version }, error)
  }
  await done
  return wire.text()
}

/** A request's path below its account: under Lazuli's own origin it carries the account. */
const below = (url: string, account: string): string => {
  const prefix = `/_blob/${account}/`
  return url.startsWith(prefix) ? url.slice(prefix.length - 1) : url
}

const isBatched = ({ request, blob, query }: Call): boolean =>
  blob !== undefined &&
  ((request.method === 'DELETE' && !query.has('comp')) || (request.method === 'PUT' && query.get('comp') === 'tier'))

/** A connection that leads nowhere and keeps what was written to it. */
function sinkOf(): { readonly socket: Socket; text(): string } {
  const chunks: Buffer[] = []
  const duplex = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk))
      done()
    },
  })
  // A response writes to it and asks nothing else that only a socket has.
  return { socket: duplex as Socket, text: () => Buffer.concat(chunks).toString('utf8') }
}
