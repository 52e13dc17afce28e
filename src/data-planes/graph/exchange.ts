import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Fault, fault } from '../../faults.ts'
import type { RequestContext } from '../../gateway/surface.ts'
import { isObject, type JsonObject } from '../../json.ts'

const LIMIT = 256 * 1024

export interface GraphAnswer {
  readonly status: number
  /** Absent for 204; a text is sent as it is. */
  readonly body?: JsonObject | string
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * The JSON object of a request's body; an empty one where there is none.
 *
 * @throws GraphBadRequest
 */
export async function readObject(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LIMIT) throw fault('GraphBadRequest', { reason: `the body is larger than ${LIMIT} bytes` })
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  if (text.trim() === '') return {}
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch (cause) {
    throw fault('GraphBadRequest', { reason: 'Unable to read JSON request payload' }, { cause })
  }
  if (!isObject(body)) throw fault('GraphBadRequest', { reason: 'The request body must be a JSON object' })
  return body
}

/** A refusal as Graph's `error` object shows it. */
export const refusalOf = ({ status, code, message, extra }: Fault, { requestId }: RequestContext): GraphAnswer => ({
  status,
  body: {
    error: {
      code,
      message,
      innerError: {
        date: new Date().toISOString().slice(0, 19),
        'request-id': requestId,
        'client-request-id': requestId,
      },
    },
  },
  ...(extra.headers && { headers: extra.headers }),
})

export function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  { requestId }: RequestContext,
  { status, body, headers = {} }: GraphAnswer,
): void {
  const always = {
    'request-id': requestId,
    'client-request-id': requestId,
    'Cache-Control': 'no-cache',
    'OData-Version': '4.0',
  }
  if (body === undefined) {
    response.writeHead(status, { ...always, ...headers }).end()
    return
  }
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  response.writeHead(status, {
    'Content-Type':
      typeof body === 'string'
        ? 'text/plain'
        : 'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    ...always,
    ...headers,
  })
  response.end(request.method === 'HEAD' ? undefined : text)
}
