import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault, type FaultCode, type FaultDetail, fault, isFault, messageOf } from '../../faults.ts'
import type { RequestContext } from '../../gateway/surface.ts'
import { commonHeaders } from './answers.ts'
import { element, XML } from './xml.ts'

export interface Refused {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly context: RequestContext
  readonly version: string
  /** Which service's shape a refusal has; left out for the blob service's. */
  readonly service?: 'blob' | 'dfs' | 'file' | 'queue' | 'table'
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
  const refusal = inWordsOf(call.service, isFault(error) ? error : unexpected(call, error))
  const headers = { ...commonHeaders(call, call.version), 'x-ms-error-code': refusal.code, ...refusal.extra.headers }
  if (request.method === 'HEAD' || refusal.status === 304) {
    response.writeHead(refusal.status, headers)
    response.end()
    return
  }
  const { type, text } = render(call.service, refusal, context.requestId)
  const body = Buffer.from(text)
  response.writeHead(refusal.status, { ...headers, 'Content-Type': type, 'Content-Length': body.length })
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

/** What the services call the same thing. */
const WORDS: Readonly<Record<string, Readonly<Record<string, FaultCode>>>> = {
  dfs: {
    BlobNotFound: 'StoragePathNotFound',
    ContainerNotFound: 'FilesystemNotFound',
    BlobAlreadyExists: 'PathAlreadyExists',
    ContainerAlreadyExists: 'FilesystemAlreadyExists',
    ContainerBeingDeleted: 'FilesystemBeingDeleted',
  },
  file: {
    BlobNotFound: 'StorageResourceNotFound',
    ContainerNotFound: 'ShareNotFound',
    BlobAlreadyExists: 'StorageResourceAlreadyExists',
    ContainerAlreadyExists: 'ShareAlreadyExists',
    ContainerBeingDeleted: 'ShareBeingDeleted',
    InvalidPageRange: 'InvalidRange',
    RenameDestinationParentPathNotFound: 'ParentNotFound',
    SourcePathNotFound: 'StorageResourceNotFound',
  },
}

function inWordsOf(service: Refused['service'] = 'blob', refusal: Fault): Fault {
  const key = WORDS[service]?.[refusal.key]
  return key ? new Fault(key, messageOf(key), { ...refusal.extra, cause: refusal }) : refusal
}

function render(service: Refused['service'], refusal: Fault, requestId: string): { type: string; text: string } {
  const message = `${refusal.message}\nRequestId:${requestId}\nTime:${new Date().toISOString()}`
  const { code } = refusal
  if (service === 'dfs') return { type: JSON_TYPE, text: JSON.stringify({ error: { code, message } }) }
  if (service === 'table') {
    const told = { code, message: { lang: 'en-US', value: message } }
    return { type: JSON_TYPE, text: JSON.stringify({ 'odata.error': told }) }
  }
  const details = (refusal.extra.details ?? []).map(({ code: name, message: text }: FaultDetail) => element(name, text))
  const text = `${XML}<Error>${element('Code', code)}${element('Message', message)}${details.join('')}</Error>`
  return { type: 'application/xml', text }
}

const JSON_TYPE = 'application/json;charset=utf-8'
