import { fault } from '../faults.ts'

/** Conditional headers of a request. Times are seconds since 1970; tags are without their quotes. */
export interface Conditions {
  readonly ifMatch?: string
  readonly ifNoneMatch?: string
  readonly ifModifiedSince?: number
  readonly ifUnmodifiedSince?: number
  /** The asker may make blobs, not replace them (a SAS with `c` and without `w`). */
  readonly createOnly?: boolean
}

interface Versioned {
  readonly etag: string
  readonly modifiedAt: number
}

/**
 * Holds a write to its conditions. `existing` is what is there now.
 *
 * `If-None-Match: *` on something that exists is BlobAlreadyExists where the write would make it: azure-storage-blob
 * turns just that into ResourceExistsError.
 *
 * @throws BlobAlreadyExists, ConditionNotMet, UnauthorizedBlobOverwrite
 */
export function demandForWrite(existing: Versioned | undefined, conditions: Conditions, makes = false): void {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions
  if (ifMatch !== undefined && !(existing && matches(ifMatch, existing.etag))) throw fault('ConditionNotMet')
  if (!existing) return
  if (makes && conditions.createOnly) throw fault('UnauthorizedBlobOverwrite')
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, existing.etag)) {
    throw makes && ifNoneMatch === '*' ? fault('BlobAlreadyExists') : fault('ConditionNotMet')
  }
  const modified = Math.floor(existing.modifiedAt / 1000)
  if (ifModifiedSince !== undefined && modified <= ifModifiedSince) throw fault('ConditionNotMet')
  if (ifUnmodifiedSince !== undefined && modified > ifUnmodifiedSince) throw fault('ConditionNotMet')
}

/**
 * Holds a read to its conditions.
 *
 * @throws ConditionNotMet, NotModified
 */
export function demandForRead(existing: Versioned, conditions: Conditions): void {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions
  const modified = Math.floor(existing.modifiedAt / 1000)
  if (ifMatch !== undefined && !matches(ifMatch, existing.etag)) throw fault('ConditionNotMet')
  if (ifUnmodifiedSince !== undefined && modified > ifUnmodifiedSince) throw fault('ConditionNotMet')
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, existing.etag)) throw fault('NotModified')
  // RFC 9110: with If-None-Match there, If-Modified-Since is not looked at.
  if (ifNoneMatch === undefined && ifModifiedSince !== undefined && modified <= ifModifiedSince) {
    throw fault('NotModified')
  }
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
