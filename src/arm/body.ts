import type { IncomingMessage } from 'node:http'
import { fault } from '../faults.ts'
import { isObject, type JsonObject } from '../json.ts'
import { parseLenientJson } from '../lenient-json.ts'

/** ARM takes 4 MB; templates and code bodies stay far below. */
const LIMIT = 4 * 1024 * 1024

/**
 * The JSON object that a request carries; an empty one where it carries nothing and need not.
 *
 * @throws InvalidRequestContent, RequestTooLarge
 */
export async function readBody(request: IncomingMessage, needed: boolean): Promise<JsonObject> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LIMIT) throw fault('RequestTooLarge', { limit: LIMIT }, { headers: { Connection: 'close' } })
    chunks.push(chunk)
  }
  if (size === 0 && !needed) return {}
  const text = Buffer.concat(chunks).toString('utf8')
  const value = parse(text)
  if (!isObject(value)) {
    throw fault('InvalidRequestContent', { reason: size === 0 ? 'the body is empty' : 'the body is no JSON object' })
  }
  return value
}

function parse(text: string): unknown {
  if (text.trim() === '') return undefined
  try {
    return parseLenientJson(text)
  } catch (cause) {
    throw fault('InvalidRequestContent', { reason: cause instanceof Error ? cause.message : 'no JSON' }, { cause })
  }
}
