import { hash } from 'node:crypto'
import { errors, type JWTPayload, jwtVerify } from 'jose'
import { isEnabled } from '../domain/directory/directory-object.ts'
import { fault, isFault } from '../faults.ts'
import type { Store } from '../store/store.ts'
import { CREDENTIAL_CLAIM, issuerOf } from './access-token.ts'
import { audienceNames, audienceOf } from './audiences.ts'
import { challenged } from './challenge.ts'
import type { Audience, Authenticator, Caller } from './identity.ts'
import type { SigningKeys } from './signing-keys.ts'

interface Verified {
  readonly caller: Caller
  /** Undefined for a resource that no plane here is. */
  readonly family: Audience | undefined
  readonly audience: string
  /** Epoch milliseconds. */
  readonly from: number
  readonly until: number
}

export interface TokenAuthenticator extends Authenticator {
  /** Verifies every token anew from now on: a principal has gone. */
  forget(): void
}

/** How many verified tokens are kept, by their hash. */
const KEPT = 10_000
/** How far the clocks of this machine's own past may differ. */
const TOLERANCE_MS = 5_000

/** Checks tokens of this tenant. The second sight of a token costs a hash and a look into a bounded cache. */
export function tokenAuthenticator(deps: {
  store: Store
  keys: SigningKeys
  tenantId: string
  now: () => Date
}): TokenAuthenticator {
  const { store, keys, tenantId, now } = deps
  const issuer = issuerOf(tenantId)
  const cache = new Map<string, Verified>()

  async function verify(token: string): Promise<Verified> {
    const { payload } = await jwtVerify(token, ({ kid }) => keyNamed(kid), {
      algorithms: ['RS256'],
      // Times are checked below, on every call: the cache must not outlive the token.
      currentDate: new Date(0),
      clockTolerance: Number.MAX_SAFE_INTEGER,
    }).catch((cause: unknown) => {
      throw cause instanceof errors.JOSEError ? fault('InvalidAuthenticationToken', {}, { cause }) : cause
    })
    if (payload.iss !== issuer) {
      throw fault('InvalidAuthenticationTokenTenant', {
        issuer: String(payload.iss),
        expected: issuer,
        authority: `https://login.windows.net/${tenantId}`,
      })
    }
    return verifiedOf(payload)
  }

  const keyNamed = (kid: string | undefined) => {
    const key = keys.verifying(kid ?? '')
    if (!key) throw new errors.JWKSNoMatchingKey()
    return key
  }

  async function verifiedOf(payload: JWTPayload): Promise<Verified> {
    const { aud, exp, nbf, oid, runId, scope, [CREDENTIAL_CLAIM]: credential } = payload
    const principal = typeof oid === 'string' ? await store.identities.principal(oid) : undefined
    if (!principal || typeof aud !== 'string' || exp === undefined || nbf === undefined) {
      throw fault('InvalidAuthenticationToken', {})
    }
    const { kind } = principal
    if (kind === 'Group' || !isEnabled(principal)) throw fault('InvalidAuthenticationToken', {})
    if (typeof credential === 'string' && !(await store.identities.secret(credential))) {
      throw fault('InvalidAuthenticationToken', {})
    }
    const isRun = typeof runId === 'string' && typeof scope === 'string'
    return {
      caller: {
        tenantId,
        objectId: principal.objectId,
        kind,
        displayName: principal.displayName,
        ...(principal.appId !== undefined && { appId: principal.appId }),
        ...(isRun && { run: { workspace: scope, id: runId } }),
      },
      family: isRun ? 'run' : audienceOf(aud),
      audience: aud,
      from: nbf * 1000 - TOLERANCE_MS,
      until: exp * 1000,
    }
  }

  function checked(seen: Verified, audiences: readonly Audience[]): Caller {
    const time = now().getTime()
    if (time >= seen.until) {
      throw fault('ExpiredAuthenticationToken', { expiry: utc(seen.until), now: utc(time) })
    }
    if (time < seen.from) throw fault('InvalidAuthenticationToken', {})
    // A run's token is a resource manager's token that is bound to its workspace.
    const fits =
      seen.family && (audiences.includes(seen.family) || (seen.family === 'run' && audiences.includes('arm')))
    if (!fits) {
      throw fault('InvalidAuthenticationTokenAudience', { audience: seen.audience, allowed: audienceNames(audiences) })
    }
    return seen.caller
  }

  async function callerOf(authorization: string | undefined, audiences: readonly Audience[]): Promise<Caller> {
    if (!authorization) throw fault('AuthenticationFailed')
    const token = bearer(authorization)
    if (token === undefined) throw fault('AuthenticationFailedInvalidHeader')
    const key = hash('sha256', token, 'base64')
    let seen = cache.get(key)
    if (seen) {
      // Moved to the end: the front is what has not been seen for longest.
      cache.delete(key)
    } else {
      seen = await verify(token)
      const oldest = cache.size >= KEPT ? cache.keys().next() : undefined
      if (oldest && !oldest.done) cache.delete(oldest.value)
    }
    cache.set(key, seen)
    return checked(seen, audiences)
  }

  return {
    async authenticate(authorization, audiences, origin) {
      try {
        return await callerOf(authorization, audiences)
      } catch (error) {
        throw isFault(error) ? challenged(error, tenantId, origin) : error
      }
    },
    forget: () => cache.clear(),
  }
}

/** The token of a bearer header; the article writes it without a space after the colon, which HTTP allows. */
function bearer(authorization: string): string | undefined {
  const [scheme, token, ...rest] = authorization.trim().split(/ +/)
  return scheme?.toLowerCase() === 'bearer' && token && rest.length === 0 ? token : undefined
}

/** A time as the resource manager writes it: `11/24/2026 5:12:06 PM`. */
function utc(time: number): string {
  return new Date(time).toLocaleString('en-US', { timeZone: 'UTC' }).replace(',', '').replaceAll('\u202f', ' ')
}
