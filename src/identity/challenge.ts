import { Fault } from '../faults.ts'
import type { Origin } from '../gateway/surface.ts'

/** The refusal with the `WWW-Authenticate` header that a 401 needs: where to get a token, and what was wrong. */
export function challenged(refusal: Fault, tenantId: string, origin?: Pick<Origin, 'login'>): Fault {
  const login = origin?.login() ?? 'https://login.microsoftonline.com'
  const parts = [
    `Bearer authorization_uri="${login}/${tenantId}"`,
    'error="invalid_token"',
    `error_description="${quotable(refusal.message)}"`,
  ]
  return new Fault(refusal.key, refusal.message, {
    ...refusal.extra,
    headers: { ...refusal.extra.headers, 'WWW-Authenticate': parts.join(', ') },
  })
}

/** A message may hold what a token said: no quotes, and nothing that a header must not carry. */
const quotable = (text: string): string => text.replaceAll(/["\\]/g, "'").replaceAll(/[^\x20-\x7e]/g, '?')
