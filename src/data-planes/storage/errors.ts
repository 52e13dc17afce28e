import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Fault, type FaultDetail, fault, isFault } from '../../faults.ts'
import type { RequestContext } from '../../gateway/surface.ts'
import { commonHeaders } from './answers.ts'
import { element, XML } from './xml.ts'

export interface Refused {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly context: RequestContext
  readonly version: string
}

/** Tells a refusal as Azure Storage does: an XML body, and its code in a header, since HEAD and 304 have no body. */
export function refuse(call: Refused, error: unknown): void {
  const { request, response, context } = call
  if (response.headersSent) {
    // Half an answer is out: the client must see it end too early, not end well.
    context.log.warn({ err: error, method: request.method }, 'a blob answer broke off')
    response.destroy()
    return
  }
  const refusal = isFault(error) ? error : unexpected(call, error)
  const headers = { ...commonHeaders(call, call.version), 'x-ms-error-code': refusal.code, ...refusal.extra.headers }
  if (request.method === 'HEAD' || refusal.status === 304) {
    response.writeHead(refusal.status, headers)
    response.end()
    return
  }
  const body = Buffer.from(render(refusal, context.requestId))
  response.writeHead(refusal.status, { ...headers, 'Content-Type': 'application/xml', 'Content-Length': body.length })
  response.end(body)
}

function unexpected({ context, request }: Refused, error: unknown): Fault {
  if (isDiskFull(error)) {
    context.log.error({ err: error }, 'the disk is full')
    return fault('StorageDiskFull', {}, { cause: error })
  }
  if (!(request.destroyed && !request.complete))
    context.log.error({ err: error, method: request.method }, 'a blob call failed')
  return fault('StorageInternalError', {}, { cause: error })
}

/** From the file system or from the database, at any depth: the group commit wraps what it met. */
export function isDiskFull(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && (at.code === 'ENOSPC' || at.code === 'EDQUOT')) return true
    if (/database or disk is full/i.test(at.message)) return true
  }
  return false
}

function render(refusal: Fault, requestId: string): string {
  const message = `${refusal.message}\nRequestId:${requestId}\nTime:${new Date().toISOString()}`
  const details = (refusal.extra.details ?? []).map(({ code, message: text }: FaultDetail) => element(code, text))
  return `${XML}<Error>${element('Code', refusal.code)}${element('Message', message)}${details.join('')}</Error>`
}
