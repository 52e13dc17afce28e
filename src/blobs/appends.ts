import { fault } from '../faults.ts'
import type { BlobRow } from '../store/blobs.ts'
import { keeping } from './blob-writes.ts'
import { type Conditions, demandForWrite } from './conditions.ts'
import { addReceived, blobFor } from './contents.ts'
import type { BlobAddress, Core } from './core.ts'
import type { Received } from './receive.ts'

/** Small appends grow the last piece up to this: a log of many lines has few segments, and no line rewrites much. */
const GROWN_BYTES = 16 * 1024

/** Azure's bound. */
export const APPENDED_BLOCKS = 50_000

export interface AppendConditions extends Conditions {
  /** The size that the blob must have. */
  readonly position?: number
  /** The size that it must not exceed afterwards. */
  readonly maxSize?: number
}

/**
 * Adds to the end of an append blob; answers where, with the blob as it then is.
 *
 * @throws ContainerNotFound, BlobNotFound, InvalidBlobType, ConditionNotMet, AppendPositionConditionNotMet,
 *   MaxBlobSizeConditionNotMet, BlockCountExceedsLimit
 */
export function appendBlock(
  core: Core,
  at: BlobAddress,
  received: Received,
  conditions: AppendConditions = {},
): Promise<{ readonly offset: number; readonly blob: BlobRow }> {
  return keeping(received, () =>
    core.rows.write(async (rows) => {
      const blob = await blobFor(rows, at)
      if (blob.kind !== 'AppendBlob') throw fault('InvalidBlobType')
      const time = core.now().getTime()
      demandForWrite(blob, conditions, { now: time })
      if (blob.state.sealed) throw fault('BlobIsSealed')
      const { position, maxSize } = conditions
      if (position !== undefined && position !== blob.size) throw fault('AppendPositionConditionNotMet')
      if (maxSize !== undefined && blob.size + received.size > maxSize) throw fault('MaxBlobSizeConditionNotMet')
      if (blob.blocks >= APPENDED_BLOCKS) throw fault('BlockCountExceedsLimit', { limit: APPENDED_BLOCKS })
      const last = blob.content === undefined ? undefined : await rows.lastSegment(blob.content)
      let content = blob.content
      if (
        content !== undefined &&
        last?.file === undefined &&
        last &&
        // Sealed bytes have a nonce of their own, and stay a piece.
        last.sealed === undefined &&
        received.sealed === undefined &&
        // Where something else names the piece, that would see it grow, or grow it too.
        last.refs === 1 &&
        last.start + last.size === last.pieceSize &&
        received.bytes &&
        last.size + received.size <= GROWN_BYTES
      ) {
        await rows.extendPiece(last.piece, received.bytes)
        await rows.growSegment(content, last.at, received.size)
      } else {
        const piece = await addReceived(rows, received)
        if (piece === undefined) throw fault('InvalidHeaderValue', { header: 'Content-Length' })
        content ??= piece
        await rows.addSegment(content, { at: blob.size, size: received.size, piece, block: undefined })
      }
      const grown: BlobRow = {
        ...blob,
        content,
        size: blob.size + received.size,
        blocks: blob.blocks + 1,
        etag: core.nextEtag(),
        modifiedAt: time,
      }
      await rows.putBlob(grown)
      return { offset: blob.size, blob: grown }
    }),
  )
}
