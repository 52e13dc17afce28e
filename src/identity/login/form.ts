import type { IncomingMessage } from 'node:http'
import { fault } from '../../faults.ts'

/** A token request is a few hundred bytes; an assertion with its certificates some thousand. */
const LIMIT = 64 * 1024

/**
 * The fields of a form body.
 *
 * @throws AADSTS9002313 where it is no form, or too large
 */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';')
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    throw fault('AADSTS9002313', { reason: 'The body must be application/x-www-form-urlencoded.' })
  }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LIMIT) {
      throw fault('AADSTS9002313', { reason: 'The body is too large.' }, { headers: { Connection: 'close' } })
    }
    chunks.push(chunk)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}
