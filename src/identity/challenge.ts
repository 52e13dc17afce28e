import type { Fault } from '../faults.ts'
import type { Origin } from '../gateway/surface.ts'

/**
 * The `WWW-Authenticate` value of a 401: where to get a token, by the origin that was asked, and what was wrong.
 * Without an origin it names Azure's sign-in host.
 */
export function challengeHeader(origin: Origin | undefined, tenantId: string, refusal?: Fault): string {
  const login = origin ? origin.login() : 'https://login.microsoftonline.com'
  const parts = [`authorization_uri="${login}/${tenantId}"`, 'error="invalid_token"']
  parts.push(`error_description="${(refusal?.message ?? 'The authentication failed.').replaceAll(/["\\]/g, "'")}"`)
  return `Bearer ${parts.join(', ')}`
}
