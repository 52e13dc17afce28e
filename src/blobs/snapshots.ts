import type { BlobRow } from '../store/blobs.ts'
import { type Conditions, demandForRead } from './conditions.ts'
import { blobFor, shareContent } from './contents.ts'
import type { BlobAddress, Core } from './core.ts'
import { keepCopy } from './history.ts'

/**
 * Keeps what a blob is now under a time of its own. Nothing is copied: both name the same bytes.
 *
 * @throws ContainerNotFound, BlobNotFound, ConditionNotMet, and what a lease id that was sent refuses
 */
export async function takeSnapshot(
  core: Core,
  at: BlobAddress,
  {
    metadata,
    conditions = {},
  }: { readonly metadata?: Readonly<Record<string, string>>; readonly conditions?: Conditions },
): Promise<{ readonly blob: BlobRow; readonly stamp: string; readonly version: string | undefined }> {
  const { versions } = await core.protection(at.account)
  return core.rows.write(async (rows) => {
    const blob = await blobFor(rows, at)
    demandForRead(blob, conditions, { now: core.now().getTime() })
    const stamp = core.nextStamp()
    const { lease: _lease, version: _version, ...state } = blob.state
    await rows.putPast({
      ...blob,
      ...(await shareContent(rows, blob)),
      metadata: metadata ?? blob.metadata,
      state,
      stamp,
      what: 'snapshot',
      deletedAt: undefined,
      purgeAt: undefined,
    })
    if (!versions) return { blob, stamp, version: undefined }
    await keepCopy(core, rows, blob)
    const version = core.nextStamp()
    await rows.putBlob({ ...blob, state: { ...blob.state, version } })
    return { blob, stamp, version }
  })
}
