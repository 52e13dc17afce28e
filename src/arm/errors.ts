import type { ServerResponse } from 'node:http'
import { type Fault, fault, isFault } from '../faults.ts'
import type { RequestContext } from '../gateway/surface.ts'
import type { JsonObject } from '../json.ts'
import { answer } from './envelope.ts'

/** A fault as ARM's `error` object shows it: in answers, and in what an operation's poller is told. */
export const errorOf = ({ code, message, extra }: Fault): JsonObject => ({
  code,
  message,
  ...(extra.target !== undefined && { target: extra.target }),
  ...(extra.additionalInfo && { additionalInfo: extra.additionalInfo.map((one) => ({ ...one })) }),
  ...(extra.details && { details: extra.details.map((detail) => ({ ...detail })) }),
})

/** Answers a refusal in ARM's envelope. What is no fault is logged whole and told little. */
export function answerError(response: ServerResponse, context: RequestContext, error: unknown): void {
  const known = isFault(error)
    ? error
    : fault('InternalServerError', { requestId: context.requestId }, { cause: error })
  if (!isFault(error)) context.log.error({ err: error, url: context.url.split('?')[0] }, 'A request failed')
  if (response.headersSent) {
    response.destroy()
    return
  }
  answer(response, context, {
    status: known.status,
    body: { error: errorOf(known) },
    headers: { 'x-ms-failure-cause': 'gateway', 'x-ms-error-code': known.code, ...known.extra.headers },
  })
}
