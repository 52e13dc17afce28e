import { randomUUID } from 'node:crypto'
import { fault } from '../faults.ts'
import type { Lease } from '../store/blobs.ts'

/** What a lease is at a time, in Azure's words. */
export type LeasePhase = 'available' | 'leased' | 'expired' | 'breaking' | 'broken'

export function leasePhase(lease: Lease | undefined, now: number): LeasePhase {
  if (!lease) return 'available'
  if (lease.breaksAt !== undefined) return lease.breaksAt > now ? 'breaking' : 'broken'
  return lease.expiresAt !== undefined && lease.expiresAt <= now ? 'expired' : 'leased'
}

/** Whether others are kept from writing. */
export const isLocked = (lease: Lease | undefined, now: number): boolean =>
  ['leased', 'breaking'].includes(leasePhase(lease, now))

export type LeaseAction =
  | { readonly action: 'acquire'; readonly duration: number; readonly proposed: string | undefined }
  | { readonly action: 'renew' | 'release'; readonly id: string }
  | { readonly action: 'change'; readonly id: string; readonly proposed: string }
  | { readonly action: 'break'; readonly period: number | undefined }

export interface LeaseOutcome {
  readonly lease: Lease | undefined
  /** Seconds until a lease that is being broken is broken. */
  readonly left?: number
}

const begun = (id: string, duration: number, now: number): Lease => ({
  id,
  duration,
  ...(duration > 0 && { expiresAt: now + duration * 1000 }),
})

/**
 * What becomes of a lease.
 *
 * Source: learn.microsoft.com, "Lease Blob", the table "Outcomes of lease operations on blobs by lease state".
 *
 * @throws LeaseAlreadyPresent, LeaseIdMismatchWithLeaseOperation, LeaseNotPresentWithLeaseOperation,
 *   LeaseIsBreakingAndCannotBeAcquired, LeaseIsBreakingAndCannotBeChanged, LeaseIsBrokenAndCannotBeRenewed
 */
export function afterLeaseAction(lease: Lease | undefined, asked: LeaseAction, now: number): LeaseOutcome {
  const phase = leasePhase(lease, now)
  if (asked.action === 'acquire') return acquired(lease, phase, asked, now)
  if (!lease) {
    throw asked.action === 'renew' || asked.action === 'release'
      ? fault('LeaseIdMismatchWithLeaseOperation')
      : fault('LeaseNotPresentWithLeaseOperation')
  }
  if (asked.action === 'break') return broken(lease, phase, asked.period, now)
  if (asked.action === 'change') return changed(lease, phase, asked)
  if (asked.id !== lease.id) throw fault('LeaseIdMismatchWithLeaseOperation')
  if (asked.action === 'release') return { lease: undefined }
  if (phase === 'breaking' || phase === 'broken') throw fault('LeaseIsBrokenAndCannotBeRenewed')
  return { lease: begun(lease.id, lease.duration, now) }
}

function acquired(
  lease: Lease | undefined,
  phase: LeasePhase,
  { duration, proposed }: Extract<LeaseAction, { action: 'acquire' }>,
  now: number,
): LeaseOutcome {
  if (phase === 'leased' && proposed !== lease?.id) throw fault('LeaseAlreadyPresent')
  if (phase === 'breaking') {
    throw proposed === lease?.id ? fault('LeaseIsBreakingAndCannotBeAcquired') : fault('LeaseAlreadyPresent')
  }
  return { lease: begun(proposed ?? randomUUID(), duration, now) }
}

function changed(
  lease: Lease,
  phase: LeasePhase,
  { id, proposed }: Extract<LeaseAction, { action: 'change' }>,
): LeaseOutcome {
  if (phase === 'breaking') throw fault('LeaseIsBreakingAndCannotBeChanged')
  if (phase !== 'leased') throw fault('LeaseNotPresentWithLeaseOperation')
  if (id !== lease.id && proposed !== lease.id) throw fault('LeaseIdMismatchWithLeaseOperation')
  return { lease: { ...lease, id: proposed } }
}

function broken(lease: Lease, phase: LeasePhase, period: number | undefined, now: number): LeaseOutcome {
  const { expiresAt, breaksAt, ...rest } = lease
  const remaining = phase === 'breaking' ? breaksAt : phase === 'leased' ? expiresAt : now
  const wished = period === undefined ? (remaining ?? now) : now + period * 1000
  const until = Math.max(now, Math.min(wished, remaining ?? Number.POSITIVE_INFINITY))
  return { lease: { ...rest, breaksAt: until }, left: Math.ceil((until - now) / 1000) }
}

/**
 * Holds a write to the lease of what it writes.
 *
 * @throws LeaseIdMissing, LeaseIdMismatchWithBlobOperation, LeaseLost, LeaseNotPresentWithBlobOperation, and likewise
 *   of containers
 */
export function demandLease(
  lease: Lease | undefined,
  sent: string | undefined,
  {
    now,
    of = 'Blob',
    reads = false,
  }: { readonly now: number; readonly of?: 'Blob' | 'Container'; readonly reads?: boolean },
): void {
  const locked = isLocked(lease, now)
  if (sent === undefined) {
    if (locked && !reads) throw fault('LeaseIdMissing')
    return
  }
  const isSame = lease?.id.toLowerCase() === sent.toLowerCase()
  if (locked && isSame) return
  if (locked) throw fault(`LeaseIdMismatchWith${of}Operation`)
  throw lease && isSame ? fault('LeaseLost') : fault(`LeaseNotPresentWith${of}Operation`)
}

/** What a write leaves of a lease: one that has ended is forgotten. */
export const leaseAfterWrite = (lease: Lease | undefined, now: number): { readonly lease?: Lease } =>
  lease && isLocked(lease, now) ? { lease } : {}
