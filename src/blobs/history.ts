import type { BlobRow, BlobRows, PastBlob } from '../store/blobs.ts'
import { shareContent } from './contents.ts'
import type { Core, Protection } from './core.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Keeps what a write replaces, as the account wants it: a version, or where deleted blobs may be restored, a deleted
 * snapshot. Answers whether it did: then the bytes are no longer the blob's.
 */
export async function keepBefore(core: Core, rows: BlobRows, blob: BlobRow, protection: Protection): Promise<boolean> {
  if (!protection.versions && protection.blobDays === undefined) return false
  const what = protection.versions ? 'version' : 'snapshot'
  await rows.putPast(pastOf(core, blob, what, protection.versions ? undefined : protection))
  return true
}

/** Keeps a blob that is being deleted: as a version, or to be restored. Answers whether it did. */
export async function keepDeleted(core: Core, rows: BlobRows, blob: BlobRow, protection: Protection): Promise<boolean> {
  if (!protection.versions && protection.blobDays === undefined) return false
  const what = protection.versions ? 'version' : 'base'
  await rows.putPast(pastOf(core, blob, what, protection.versions ? undefined : protection))
  return true
}

/** Keeps what a blob is now as a version, and leaves the blob its bytes. */
export async function keepCopy(core: Core, rows: BlobRows, blob: BlobRow): Promise<void> {
  await rows.putPast({ ...pastOf(core, blob, 'version', undefined), ...(await shareContent(rows, blob)) })
}

/** A state of a blob as it is kept: without its lease. */
export function pastOf(
  core: Core,
  blob: BlobRow,
  what: PastBlob['what'],
  deleted: Pick<Protection, 'blobDays'> | undefined,
): PastBlob {
  const { lease: _lease, version, ...state } = blob.state
  return {
    ...blob,
    state,
    what,
    // A version keeps the name that it was known by as the current one.
    stamp: (what === 'version' ? version : undefined) ?? core.nextStamp(),
    ...deletion(core, deleted),
  }
}

/** When something was deleted, and until when it may be restored. */
export function deletion(
  core: Core,
  deleted: Pick<Protection, 'blobDays'> | undefined,
): Pick<PastBlob, 'deletedAt' | 'purgeAt'> {
  if (deleted?.blobDays === undefined) return { deletedAt: undefined, purgeAt: undefined }
  const time = core.now().getTime()
  return { deletedAt: time, purgeAt: time + deleted.blobDays * DAY_MS }
}
