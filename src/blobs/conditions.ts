import { fault } from '../faults.ts'
import type { Lease } from '../store/blobs.ts'
import { demandLease } from './leases.ts'
import { type TagExpression, tagsMatch } from './tag-expression.ts'

/** Conditional headers of a request. Times are seconds since 1970; tags are without their quotes. */
export interface Conditions {
  readonly ifMatch?: string
  readonly ifNoneMatch?: string
  readonly ifModifiedSince?: number
  readonly ifUnmodifiedSince?: number
  readonly ifTags?: TagExpression
  /** The lease that the asker holds. */
  readonly lease?: string
  /** The asker may make blobs, not replace them (a SAS with `c` and without `w`). */
  readonly createOnly?: boolean
}

interface Versioned {
  readonly etag: string
  readonly modifiedAt: number
  readonly state: { readonly lease?: Lease; readonly tags?: Readonly<Record<string, string>> }
}

/** What a write is: `makes` where it would also make what is not there. */
export interface WriteKind {
  readonly now: number
  readonly makes?: boolean
  /** Undefined for a blob. */
  readonly of?: 'Container'
  /** A container is kept by its lease from being deleted only. */
  readonly deletes?: boolean
}

/**
 * Holds a write to its conditions. `existing` is what is there now.
 *
 * `If-None-Match: *` on something that exists is BlobAlreadyExists where the write would make it: azure-storage-blob
 * turns just that into ResourceExistsError.
 *
 * @throws BlobAlreadyExists, ConditionNotMet, UnauthorizedBlobOverwrite, and what a lease refuses
 */
export function demandForWrite(existing: Versioned | undefined, conditions: Conditions, kind: WriteKind): void {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince, ifTags, lease } = conditions
  if (ifMatch !== undefined && !(existing && matches(ifMatch, existing.etag))) throw fault('ConditionNotMet')
  if (!existing) {
    if (lease !== undefined) throw fault('LeaseNotPresentWithBlobOperation')
    return
  }
  if (kind.makes && conditions.createOnly) throw fault('UnauthorizedBlobOverwrite')
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, existing.etag)) {
    throw kind.makes && ifNoneMatch === '*' ? fault('BlobAlreadyExists') : fault('ConditionNotMet')
  }
  const modified = Math.floor(existing.modifiedAt / 1000)
  if (ifModifiedSince !== undefined && modified <= ifModifiedSince) throw fault('ConditionNotMet')
  if (ifUnmodifiedSince !== undefined && modified > ifUnmodifiedSince) throw fault('ConditionNotMet')
  if (ifTags && !tagsMatch(existing.state.tags, ifTags)) throw fault('ConditionNotMet')
  const reads = kind.of === 'Container' && !kind.deletes
  demandLease(existing.state.lease, lease, { now: kind.now, of: kind.of ?? 'Blob', reads })
}

/**
 * Holds a read to its conditions.
 *
 * @throws ConditionNotMet, NotModified, and what a lease id that was sent refuses
 */
export function demandForRead(
  existing: Versioned,
  conditions: Conditions,
  { now, of = 'Blob' }: { readonly now: number; readonly of?: 'Blob' | 'Container' },
): void {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince, ifTags, lease } = conditions
  const modified = Math.floor(existing.modifiedAt / 1000)
  if (ifMatch !== undefined && !matches(ifMatch, existing.etag)) throw fault('ConditionNotMet')
  if (ifUnmodifiedSince !== undefined && modified > ifUnmodifiedSince) throw fault('ConditionNotMet')
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, existing.etag)) throw fault('NotModified')
  // RFC 9110: with If-None-Match there, If-Modified-Since is not looked at.
  if (ifNoneMatch === undefined && ifModifiedSince !== undefined && modified <= ifModifiedSince) {
    throw fault('NotModified')
  }
  if (ifTags && !tagsMatch(existing.state.tags, ifTags)) throw fault('ConditionNotMet')
  if (lease !== undefined) demandLease(existing.state.lease, lease, { now, of, reads: true })
}

const matches = (asked: string, etag: string): boolean =>
  asked === '*' ||
  asked.split(',').some(
    (one) =>
      one
        .trim()
        .replace(/^W\//, '')
        .replace(/^"(.*)"$/, '$1') === etag,
  )
