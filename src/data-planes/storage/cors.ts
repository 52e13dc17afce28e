import type { CorsRule } from '../../blobs/service-settings.ts'
import { fault } from '../../faults.ts'
import { answer } from './answers.ts'
import { type Call, header } from './call.ts'

const matchesOrigin = ({ origins }: CorsRule, origin: string): boolean =>
  origins.some((one) => one === '*' || one.toLowerCase() === origin.toLowerCase())

/** `x-ms-meta*` stands for every name that begins so. */
const matchesHeader = (allowed: readonly string[], name: string): boolean =>
  allowed.some((one) =>
    one.endsWith('*')
      ? name.toLowerCase().startsWith(one.slice(0, -1).toLowerCase())
      : one.toLowerCase() === name.toLowerCase(),
  )

/**
 * Answers a browser's question whether a page of another origin may ask something.
 *
 * Source: learn.microsoft.com, "Cross-Origin Resource Sharing (CORS) support for Azure Storage".
 *
 * @throws CorsPreflightFailure, MissingRequiredHeader
 */
export function preflight(call: Call, rules: readonly CorsRule[]): void {
  const origin = header(call, 'origin')
  const method = header(call, 'access-control-request-method')
  if (origin === undefined) throw fault('MissingRequiredHeader', { header: 'Origin' })
  if (method === undefined) throw fault('MissingRequiredHeader', { header: 'Access-Control-Request-Method' })
  const asked = (header(call, 'access-control-request-headers') ?? '').split(',').map((name) => name.trim())
  const wanted = asked.filter((name) => name !== '')
  const rule = rules.find(
    (one) =>
      matchesOrigin(one, origin) &&
      one.methods.includes(method.toUpperCase()) &&
      wanted.every((name) => matchesHeader(one.allowedHeaders, name)),
  )
  if (!rule) throw fault('CorsPreflightFailure')
  const everybody = rule.origins.includes('*')
  answer(call, 200, {
    'Access-Control-Allow-Origin': everybody ? '*' : origin,
    'Access-Control-Allow-Methods': method,
    ...(wanted.length > 0 && { 'Access-Control-Allow-Headers': wanted.join(',') }),
    'Access-Control-Max-Age': rule.maxAge,
    ...(!everybody && { 'Access-Control-Allow-Credentials': 'true', Vary: 'Origin' }),
  })
}

/** Lets a page of another origin see the answer, where a rule says so. Nothing is refused: the browser does that. */
export function allowOrigin(call: Call, rules: readonly CorsRule[]): void {
  const origin = header(call, 'origin')
  if (origin === undefined || rules.length === 0) return
  const rule = rules.find((one) => matchesOrigin(one, origin) && one.methods.includes(call.request.method ?? ''))
  if (!rules.every(({ origins }) => origins.includes('*'))) call.response.setHeader('Vary', 'Origin')
  if (!rule) return
  const everybody = rule.origins.includes('*')
  call.response.setHeader('Access-Control-Allow-Origin', everybody ? '*' : origin)
  if (rule.exposedHeaders.length > 0) {
    call.response.setHeader('Access-Control-Expose-Headers', rule.exposedHeaders.join(','))
  }
  if (!everybody) call.response.setHeader('Access-Control-Allow-Credentials', 'true')
}
