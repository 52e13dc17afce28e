import type { IncomingMessage } from 'node:http'
import { fault } from '../../faults.ts'
import { isObject, type JsonObject } from '../../json.ts'
import { parseLenientJson } from '../../lenient-json.ts'

const LIMIT = 1024 * 1024

/** The JSON object of an invocation; an empty one where there is none. @throws BodyInvalid */
export async function readBody(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LIMIT) throw fault('RequestTooLarge', { limit: LIMIT })
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  if (text.trim() === '') return {}
  const body = parsed(text)
  if (!isObject(body)) throw fault('BodyInvalid', { reason: 'it is no JSON object' })
  return body
}

/** Microsoft's own samples end lists of members with a comma, which Azure takes. */
function parsed(text: string): unknown {
  try {
    return parseLenientJson(text)
  } catch (cause) {
    throw fault('BodyInvalid', { reason: cause instanceof Error ? cause.message : 'no JSON' }, { cause })
  }
}
