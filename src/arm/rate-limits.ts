import type { Deps } from '../domain/deps.ts'
import { fault } from '../faults.ts'
import type { Caller } from '../identity/identity.ts'

/** How many requests a caller may still make, told in every answer's headers and refused where that is set. */
export interface RateLimits {
  /**
   * Takes one request's token and answers the header that tells how many are left.
   *
   * @throws RequestsThrottled, TenantRequestsThrottled with `Retry-After` where the limit is enforced
   */
  take(caller: Caller, method: string, subscription: string | undefined): readonly [name: string, value: string]
}

interface Bucket {
  tokens: number
  /** Epoch milliseconds of the last look. */
  at: number
}

/**
 * Azure's own sizes for one principal in one subscription, and at the tenant.
 *
 * Source: learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling.
 */
const SIZES = {
  reads: { bucket: 250, refillPerSecond: 25 },
  writes: { bucket: 200, refillPerSecond: 10 },
  deletes: { bucket: 200, refillPerSecond: 10 },
} as const
type Kind = keyof typeof SIZES

const kindOf = (method: string): Kind =>
  method === 'GET' || method === 'HEAD' ? 'reads' : method === 'DELETE' ? 'deletes' : 'writes'

/** How many buckets are kept: those of callers that come no more go first. */
const KEPT = 10_000

/** Token buckets per principal, subscription and kind of request. They are no state: a new process begins full. */
export function rateLimits({
  simulation,
  settings,
  now: clock,
}: Pick<Deps, 'simulation' | 'settings' | 'now'>): RateLimits {
  const buckets = new Map<string, Bucket>()

  return {
    take(caller, method, subscription) {
      const kind = kindOf(method)
      const { rateLimit } = simulation.settings()
      const size = rateLimit?.[kind] ?? SIZES[kind]
      const now = clock().getTime()
      const key = `${kind} ${caller.objectId} ${subscription?.toLowerCase() ?? ''}`
      const known = buckets.get(key)
      const gained = known ? (Math.max(0, now - known.at) / 1000) * size.refillPerSecond : size.bucket
      const bucket = known ?? { tokens: 0, at: now }
      bucket.tokens = Math.min(size.bucket, bucket.tokens + gained)
      bucket.at = now
      if (!known) keep(key, bucket)
      if (bucket.tokens >= 1) bucket.tokens -= 1
      else if (rateLimit?.enforced ?? settings.enforceRateLimit)
        throw refused(caller, kind, subscription, (1 - bucket.tokens) / size.refillPerSecond)
      const scope = subscription === undefined ? 'tenant' : 'subscription'
      return [`x-ms-ratelimit-remaining-${scope}-${kind}`, String(Math.floor(bucket.tokens))]
    },
  }

  function keep(key: string, bucket: Bucket): void {
    const oldest = buckets.size >= KEPT ? buckets.keys().next().value : undefined
    if (oldest !== undefined) buckets.delete(oldest)
    buckets.set(key, bucket)
  }
}

function refused(caller: Caller, kind: Kind, subscription: string | undefined, wait: number): Error {
  const seconds = Math.max(1, Math.ceil(wait))
  const fill = { kind: kind.slice(0, -1), actor: caller.objectId, seconds }
  const extra = { headers: { 'Retry-After': String(seconds) } }
  return subscription === undefined
    ? fault('TenantRequestsThrottled', { ...fill, tenant: caller.tenantId }, extra)
    : fault('RequestsThrottled', { ...fill, subscription }, extra)
}
