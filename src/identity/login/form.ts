import type { IncomingMessage } from 'node:http'
import { fault } from '../../faults.ts'

/** A token request is a few hundred bytes; an assertion with its certificates some thousand. */
const LIMIT = 64 * 1024
const FORM = 'application/x-www-form-urlencoded'

/**
 * The fields of a form body. One of which nothing is said is read as a form: so Microsoft's notebook of MLflow's REST API
 * sends it.
 *
 * @throws AADSTS9002313 where it is no form, or too large
 */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const [type = ''] = (request.headers['content-type'] ?? FORM).split(';')
  if (type.trim().toLowerCase() !== FORM) {
    throw fault('AADSTS9002313', { reason: `The body must be ${FORM}.` })
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
