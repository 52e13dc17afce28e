import { createHash, randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Fault } from '../../faults.ts'
import type { RequestContext } from '../../gateway/surface.ts'
import type { LoginAnswer } from './login-request.ts'
import { escaped, page, STYLE } from './page.ts'

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Answers JSON that no cache keeps. */
export function answerJson(
  response: ServerResponse,
  status: number,
  body: object,
  { requestId }: RequestContext,
  headers: Readonly<Record<string, string>> = {},
): void {
  const bytes = Buffer.from(JSON.stringify(body))
  response.writeHead(status, {
    'Cache-Control': 'no-store, no-cache',
    Pragma: 'no-cache',
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': bytes.length,
    'X-Content-Type-Options': 'nosniff',
    'x-ms-request-id': requestId,
    ...headers,
  })
  response.end(bytes)
}

const STYLE_HASH = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`

/** Answers a page for people, or sends the browser on. Nothing on a page runs, loads, or may be framed. */
export function answerPage(
  response: ServerResponse,
  answer: Exclude<LoginAnswer, { json: object }>,
  { requestId }: RequestContext,
): void {
  const always = {
    'Cache-Control': 'no-store, no-cache',
    Pragma: 'no-cache',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'x-ms-request-id': requestId,
  }
  if ('location' in answer) {
    response.writeHead(302, { ...always, Location: answer.location, 'Content-Length': 0 }).end()
    return
  }
  const bytes = Buffer.from(answer.html)
  const forms = ["'self'", ...(answer.formsTo ?? [])].join(' ')
  response.writeHead(answer.status ?? 200, {
    ...always,
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': bytes.length,
    'Content-Security-Policy': `default-src 'none'; style-src ${STYLE_HASH}; form-action ${forms}; base-uri 'none'; frame-ancestors 'none'`,
    'X-Frame-Options': 'DENY',
  })
  response.end(bytes)
}

/** A refusal as a person reads it. */
export function answerFaultPage(
  response: ServerResponse,
  refusal: Fault,
  { context, now }: { readonly context: RequestContext; readonly now: Date },
): void {
  const main = `<p class="hint">Request ${escaped(context.requestId)}, ${escaped(now.toISOString())}</p>`
  const html = page({ title: 'Sorry, but signing in did not work', main, problem: refusal.message })
  answerPage(response, { html, status: refusal.status }, context)
}

/** Renders a refusal as the token endpoint does: OAuth's word, the AADSTS sentence, and what support asks for. */
export function answerFault(
  response: ServerResponse,
  refusal: Fault,
  about: { readonly context: RequestContext; readonly now: Date; readonly correlation: string | undefined },
): void {
  const { context, now, correlation } = about
  const timestamp = `${now.toISOString().slice(0, 19).replace('T', ' ')}Z`
  const traceId = randomUUID()
  const correlationId = correlation && GUID.test(correlation) ? correlation : randomUUID()
  const number = /^AADSTS(\d+)$/.exec(refusal.key)?.[1]
  const body = {
    error: refusal.code,
    error_description: `${refusal.message} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
    error_codes: number === undefined ? [] : [Number(number)],
    timestamp,
    trace_id: traceId,
    correlation_id: correlationId,
    ...(number !== undefined && { error_uri: `${context.origin.login()}/error?code=${number}` }),
  }
  answerJson(response, refusal.status, body, context, refusal.extra.headers)
}
