import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { ModelAnswer } from '../../serving/engine.ts'
import { forCaller, rawHeader } from './headers.ts'

const pack = promisify(gzip)
/** Below this, packing costs more than it saves. */
const LEAST_PACKED = 1_024

export interface Told {
  /** What the caller sees: the model's own status where it is a good one. */
  readonly status: number
  readonly bytes: number
}

export interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Names and values in turns, that every answer of this request has. */
  readonly headers: readonly string[]
}

/**
 * Tells the caller what the model said. Anything but success is 424, as in Azure, with the model's own status beside it:
 * so that a caller can tell a model's refusal from the endpoint's.
 */
export async function tell({ request, response, headers }: Asked, answer: ModelAnswer): Promise<Told> {
  const failed = answer.status < 200 || answer.status > 299
  const status = failed ? 424 : answer.status
  const head = [
    ...headers,
    ...forCaller(answer.rawHeaders),
    ...(failed
      ? ['ms-azureml-model-error-statuscode', String(answer.status), 'ms-azureml-model-error-reason', 'model_error']
      : []),
  ]
  if (!(answer.body instanceof Uint8Array)) return { status, bytes: await stream(response, status, head, answer.body) }
  let { body } = answer
  if (body.length >= LEAST_PACKED && isPackable(request, answer.rawHeaders)) {
    body = await pack(body)
    head.push('content-encoding', 'gzip', 'vary', 'Accept-Encoding')
  }
  if (status !== 204) head.push('content-length', String(body.length))
  response.writeHead(status, head)
  response.end(request.method === 'HEAD' ? undefined : body)
  return { status, bytes: body.length }
}

/** Piece by piece, as the script yields it: server-sent events reach the caller when they happen. */
function stream(response: ServerResponse, status: number, head: string[], body: Readable): Promise<number> {
  response.writeHead(status, head)
  response.flushHeaders()
  let bytes = 0
  body.on('data', (chunk: Buffer) => (bytes += chunk.length))
  // An end before its time ends the connection: the caller sees that there is more to come than came.
  return new Promise((resolve) => pipeline(body, response, () => resolve(bytes)))
}

function isPackable({ headers }: IncomingMessage, raw: readonly string[]): boolean {
  if (!/\bgzip\b(?!;\s*q=0(?:\.0*)?(?:[,\s]|$))/i.test(String(headers['accept-encoding'] ?? ''))) return false
  if (rawHeader(raw, 'content-encoding') !== undefined) return false
  return /^(?:text\/|application\/(?:[\w.+-]*json|xml|x-ndjson|javascript))/i.test(rawHeader(raw, 'content-type') ?? '')
}
