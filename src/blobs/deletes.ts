import { fault } from '../faults.ts'
import type { BlobRow, BlobRows, NameRange, PastBlob } from '../store/blobs.ts'
import { type Conditions, demandForWrite } from './conditions.ts'
import { containerFor, dropBlocks, dropContent } from './contents.ts'
import type { BlobAddress, Core, Protection } from './core.ts'
import { deletion, keepDeleted } from './history.ts'
import { ensureParents, hasChildren, isFolder } from './paths/parents.ts'

export interface RemoveOptions {
  readonly conditions?: Conditions
  /** What to do with the blob's snapshots: without a word, a blob that has some is not deleted. */
  readonly snapshots?: 'include' | 'only'
  /** A snapshot or version that was deleted already, to be gone for good. */
  readonly permanent?: boolean
}

/**
 * Deletes a blob, or the snapshot or version that is named. Answers whether it is gone for good.
 *
 * @throws ContainerNotFound, BlobNotFound, ConditionNotMet, SnapshotsPresent, OperationNotAllowedOnRootBlob
 */
export async function removeBlob(
  core: Core,
  at: BlobAddress,
  { conditions = {}, snapshots, permanent = false }: RemoveOptions = {},
): Promise<{ readonly permanent: boolean }> {
  const protection = await core.protection(at.account)
  if (permanent && !protection.permanentDelete) throw fault('PermanentDeleteNotEnabled')
  const stamp = at.snapshot ?? at.version
  return core.rows.write(async (rows) => {
    const container = await containerFor(rows, at.account, at.container)
    const blob = await rows.blob(container.id, at.name)
    if (stamp !== undefined && blob?.state.version !== stamp) {
      const past = (await rows.history(container.id, at.name)).find((one) => one.stamp === stamp)
      if (!past || (past.deletedAt !== undefined && !permanent)) throw fault('BlobNotFound')
      if (!permanent && blob && at.snapshot !== undefined) {
        demandForWrite({ ...past, state: { ...past.state, ...blob.state } }, conditions, { now: core.now().getTime() })
      }
      return { permanent: await removePast(core, rows, past, permanent ? undefined : protection) }
    }
    // The current version goes by the blob's own name only.
    if (stamp !== undefined || permanent) throw fault('OperationNotAllowedOnRootBlob')
    if (!blob) throw fault('BlobNotFound')
    demandForWrite(blob, conditions, { now: core.now().getTime() })
    if (protection.hierarchical && isFolder(blob) && (await hasChildren(rows, container.id, at.name))) {
      throw fault('DirectoryIsNotEmpty')
    }
    await removeSnapshots(core, rows, blob, { snapshots, protection })
    if (snapshots === 'only') return { permanent: protection.blobDays === undefined }
    return { permanent: !(await removeRow(core, rows, blob, protection)) }
  })
}

/** Takes a blob's row away, with what waits for its block list. Answers whether it is kept to be restored. */
export async function removeRow(core: Core, rows: BlobRows, blob: BlobRow, protection: Protection): Promise<boolean> {
  const kept = await keepDeleted(core, rows, blob, protection)
  if (!kept) await dropContent(rows, blob)
  await dropBlocks(rows, blob.container, blob.name)
  if (blob.state.tags) await rows.putTags(blob.container, blob.name, undefined)
  await rows.removeBlob(blob.container, blob.name)
  return kept
}

async function removeSnapshots(
  core: Core,
  rows: BlobRows,
  blob: BlobRow,
  { snapshots, protection }: { readonly snapshots: RemoveOptions['snapshots']; readonly protection: Protection },
): Promise<void> {
  const alive = (await rows.history(blob.container, blob.name)).filter(
    (one) => one.what === 'snapshot' && one.deletedAt === undefined,
  )
  if (alive.length > 0 && snapshots === undefined) throw fault('SnapshotsPresent')
  for (const snapshot of alive) await removePast(core, rows, snapshot, protection)
}

/** Deletes a snapshot or version. Answers whether it is gone for good. */
async function removePast(
  core: Core,
  rows: BlobRows,
  past: PastBlob,
  protection: Protection | undefined,
): Promise<boolean> {
  if (protection?.blobDays !== undefined) {
    await rows.putPast({ ...past, ...deletion(core, protection) })
    return false
  }
  await purge(rows, past)
  return true
}

/** A state of a blob goes for good. */
export async function purge(rows: BlobRows, past: PastBlob): Promise<void> {
  await dropContent(rows, past)
  await rows.removePast(past.container, past.name, past.stamp)
}

/** What tells one deletion of a path from another, as Azure writes it: digits. */
export const deletionId = (stamp: string): string => stamp.replace(/\D/g, '')

/**
 * Restores one deletion of a path under a name, which may be another; a folder with all that went with it. Answers whether
 * it is a folder.
 *
 * @throws ContainerNotFound, BlobNotFound, BlobAlreadyExists, PathConflict
 */
export async function restorePath(
  core: Core,
  at: BlobAddress,
  deleted: { readonly name: string; readonly id: string },
): Promise<{ readonly isFolder: boolean }> {
  return core.rows.write(async (rows) => {
    const container = await containerFor(rows, at.account, at.container)
    if (await rows.blob(container.id, at.name)) throw fault('BlobAlreadyExists')
    const past = (await rows.history(container.id, deleted.name)).find(
      ({ what, deletedAt, stamp }) => what === 'base' && deletedAt !== undefined && deletionId(stamp) === deleted.id,
    )
    if (!past) throw fault('BlobNotFound')
    await ensureParents(core, rows, container, { name: at.name })
    const inside = isFolder(past) ? await deletedWith(rows, past) : []
    for (const one of [past, ...inside]) {
      await putBack(rows, one, at.name + one.name.slice(deleted.name.length))
    }
    return { isFolder: isFolder(past) }
  })
}

/** What a folder's deletion took along: all that is below it and was deleted at the same time. */
async function deletedWith(rows: BlobRows, folder: PastBlob): Promise<readonly PastBlob[]> {
  const found: PastBlob[] = []
  let at: NameRange & { stamp?: string } = { prefix: `${folder.name}/`, limit: RESTORED }
  for (;;) {
    const page = await rows.pastBlobs(folder.container, at)
    found.push(...page.filter(({ what, deletedAt }) => what === 'base' && deletedAt === folder.deletedAt))
    const last = page.at(-1)
    if (!last || page.length < RESTORED) return found
    at = { ...at, from: last.name, exclusive: true, stamp: last.stamp }
  }
}

const RESTORED = 500

/** A state that was deleted is a blob again. */
async function putBack(rows: BlobRows, past: PastBlob, name = past.name): Promise<void> {
  const { stamp, what: _what, deletedAt: _deletedAt, purgeAt: _purgeAt, ...row } = past
  await rows.putBlob({ ...row, name })
  if (row.state.tags) await rows.putTags(row.container, name, row.state.tags)
  await rows.removePast(past.container, past.name, stamp)
}

/**
 * Restores what was deleted under a name: the blob, its snapshots and versions. What was overwritten comes back as
 * snapshots.
 *
 * @throws ContainerNotFound, BlobNotFound where there neither is nor was anything
 */
export function undelete(core: Core, at: BlobAddress): Promise<void> {
  return core.rows.write(async (rows) => {
    const container = await containerFor(rows, at.account, at.container)
    const blob = await rows.blob(container.id, at.name)
    const past = await rows.history(container.id, at.name)
    if (!blob && past.length === 0) throw fault('BlobNotFound')
    const deleted = past.filter((one) => one.deletedAt !== undefined)
    const base = blob ? undefined : deleted.findLast((one) => one.what === 'base')
    for (const one of deleted) {
      if (one === base) continue
      const what = one.what === 'base' ? 'snapshot' : one.what
      await rows.putPast({ ...one, what, deletedAt: undefined, purgeAt: undefined })
    }
    if (base) await putBack(rows, base)
  })
}
