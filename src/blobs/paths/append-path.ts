import { fault } from '../../faults.ts'
import type { BlobProperties, BlobRow, BlobRows, PendingBlock } from '../../store/blobs.ts'
import { keeping } from '../blob-writes.ts'
import { type Conditions, demandForWrite } from '../conditions.ts'
import { addReceived, blobFor, contentAsSegments, dropPiece } from '../contents.ts'
import type { BlobAddress, Core } from '../core.ts'
import { leaseAfterWrite } from '../leases.ts'
import type { Received } from '../receive.ts'
import { isFolder } from './parents.ts'

/** What waits for a flush is kept as blocks, named by where they are to stand. */
const blockAt = (position: number): string => Buffer.from(`at-${String(position).padStart(15, '0')}`).toString('base64')

function positionOf({ block }: PendingBlock): number | undefined {
  const [, digits] = /^at-(\d{15})$/.exec(Buffer.from(block, 'base64').toString()) ?? []
  return digits === undefined ? undefined : Number(digits)
}

/**
 * Stores bytes that are to stand at a position once they are flushed. They may come in any order.
 *
 * @throws ContainerNotFound, BlobNotFound, PathConflict, InvalidAppendPosition, and what a lease refuses
 */
export function appendPath(
  core: Core,
  at: BlobAddress,
  { position, conditions }: { readonly position: number; readonly conditions: Conditions },
  received: Received,
): Promise<void> {
  return keeping(received, () =>
    core.rows.write(async (rows) => {
      const file = await fileFor(rows, at)
      const time = core.now().getTime()
      demandForWrite(file, conditions, { now: time })
      if (position < file.size) throw fault('InvalidAppendPosition')
      const block = blockAt(position)
      const earlier = await rows.block(file.container, file.name, block)
      if (earlier) await dropPiece(rows, earlier.piece)
      const piece = await addReceived(rows, received)
      if (piece === undefined) throw fault('InvalidHeaderValue', { header: 'Content-Length' })
      await rows.putBlock(file.container, file.name, { block, piece, size: received.size }, time)
    }),
  )
}

export interface Flush {
  /** How long the file is then. */
  readonly position: number
  /** What waits beyond the position stays. */
  readonly retains: boolean
  readonly conditions: Conditions
  /** Laid over what is said of the file. */
  readonly properties: BlobProperties
}

/**
 * Makes what was appended up to a position part of the file.
 *
 * @throws ContainerNotFound, BlobNotFound, PathConflict, ConditionNotMet, InvalidFlushPosition
 */
export function flushPath(
  core: Core,
  at: BlobAddress,
  { position, retains, conditions, properties }: Flush,
): Promise<BlobRow> {
  return core.rows.write(async (rows) => {
    const file = await fileFor(rows, at)
    const time = core.now().getTime()
    demandForWrite(file, conditions, { now: time })
    const waiting = (await rows.blocks(file.container, file.name))
      .map((block) => ({ ...block, at: positionOf(block) ?? -1 }))
      .toSorted((a, b) => a.at - b.at)
    const taken = inRow(waiting, file.size, position)
    const content = taken.length === 0 ? file.content : await contentAsSegments(rows, file)
    for (const one of taken) {
      if (content === undefined) break
      await rows.addSegment(content, { at: one.at, size: one.size, piece: one.piece, block: undefined })
    }
    await rows.removeBlocks(file.container, file.name)
    for (const one of waiting) {
      if (taken.includes(one)) continue
      if (retains && one.at >= position) await rows.putBlock(file.container, file.name, one, time)
      else await dropPiece(rows, one.piece)
    }
    const { lease, ...state } = file.state
    const { contentMd5: _md5, ...said } = file.properties
    const flushed: BlobRow = {
      ...file,
      size: position,
      content,
      piece: taken.length === 0 ? file.piece : undefined,
      etag: core.nextEtag(),
      modifiedAt: time,
      properties: { ...said, ...properties },
      state: { ...state, ...leaseAfterWrite(lease, time) },
    }
    await rows.putBlob(flushed)
    return flushed
  })
}

type Waiting = PendingBlock & { readonly at: number }

/** The pieces that fill the file from its end to the position without a gap. @throws InvalidFlushPosition */
function inRow(waiting: readonly Waiting[], size: number, position: number): readonly Waiting[] {
  const taken: Waiting[] = []
  let end = size
  for (const one of waiting) {
    if (end >= position) break
    if (one.at !== end) throw fault('InvalidFlushPosition')
    taken.push(one)
    end += one.size
  }
  if (end !== position) throw fault('InvalidFlushPosition')
  return taken
}

async function fileFor(rows: BlobRows, at: BlobAddress): Promise<BlobRow> {
  const file = await blobFor(rows, at)
  if (isFolder(file)) throw fault('PathConflict')
  if (file.kind !== 'BlockBlob') throw fault('InvalidBlobType')
  return file
}
