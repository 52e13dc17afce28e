import { fault } from '../faults.ts'
import type { BlobRow, BlobRows, ContainerRow, PendingBlock } from '../store/blobs.ts'
import { keeping } from './blob-writes.ts'
import { demandForWrite } from './conditions.ts'
import { addReceived, containerFor, dropBlocks, dropContent, dropPiece } from './contents.ts'
import type { BlobAddress, Core, WriteOptions } from './core.ts'
import { demandBlobName } from './names.ts'
import type { Received } from './receive.ts'

/** An entry of a block list: which block, and where it may be looked for. */
export interface ListedBlock {
  readonly from: 'Committed' | 'Uncommitted' | 'Latest'
  readonly block: string
}

/** @throws InvalidBlockId where the text is no base64 of 1 to 64 bytes */
export function demandBlockId(block: string): void {
  const bytes = Buffer.from(block, 'base64')
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(block) && block.length % 4 === 0
  if (!isBase64 || bytes.length === 0 || bytes.length > 64) throw fault('InvalidBlockId')
}

const idLength = (block: string): number => Buffer.byteLength(block, 'base64')

/**
 * Stores a block that waits for its list. A blob of the name stays as it is.
 *
 * @throws ContainerNotFound, InvalidBlobOrBlock, InvalidBlobType
 */
export function putBlock(core: Core, at: BlobAddress, block: string, received: Received): Promise<void> {
  demandBlobName(at.name)
  return keeping(received, () =>
    core.rows.write(async (rows) => {
      const container = await containerFor(rows, at.account, at.container)
      const blob = await rows.blob(container.id, at.name)
      if (blob?.kind === 'AppendBlob') throw fault('InvalidBlobType')
      const other = await rows.anyBlock(container.id, at.name)
      // Ids of one blob all have the same length; the reference says so, and clients count on the refusal.
      if (other && idLength(other.block) !== idLength(block)) throw fault('InvalidBlobOrBlock')
      const earlier = other && (await rows.block(container.id, at.name, block))
      if (earlier) await dropPiece(rows, earlier.piece)
      const piece = await addReceived(rows, received)
      if (piece === undefined) throw fault('InvalidHeaderValue', { header: 'Content-Length' })
      await rows.putBlock(container.id, at.name, { block, piece, size: received.size }, core.now().getTime())
    }),
  )
}

/**
 * Makes a blob of blocks. Nothing is copied: the blob is a row of segments over the pieces that the blocks are. What
 * was uploaded and is not in the list goes.
 *
 * @throws ContainerNotFound, InvalidBlockList, BlobAlreadyExists, ConditionNotMet, InvalidBlobType
 */
export function commitBlocks(
  core: Core,
  at: BlobAddress,
  list: readonly ListedBlock[],
  options: WriteOptions,
): Promise<BlobRow> {
  demandBlobName(at.name)
  return core.rows.write(async (rows) => {
    const container = await containerFor(rows, at.account, at.container)
    const existing = await rows.blob(container.id, at.name)
    demandForWrite(existing, options.conditions ?? {}, true)
    if (existing?.kind === 'AppendBlob') throw fault('InvalidBlobType')
    const chosen = choose(list, await rows.blocks(container.id, at.name), await committed(rows, existing))
    const kept = new Set(chosen.map((one) => one.piece))
    if (existing) await dropContent(rows, existing, kept)
    await dropBlocks(rows, container.id, at.name, kept)
    const content = chosen[0]?.piece
    let size = 0
    for (const { block, piece, size: length } of chosen) {
      if (content !== undefined) await rows.addSegment(content, { at: size, size: length, piece, block })
      size += length
    }
    const time = core.now().getTime()
    const blob: BlobRow = {
      container: container.id,
      name: at.name,
      kind: 'BlockBlob',
      etag: core.nextEtag(),
      createdAt: existing?.createdAt ?? time,
      modifiedAt: time,
      size,
      properties: options.properties,
      metadata: options.metadata,
      piece: undefined,
      content,
      blocks: 0,
    }
    await rows.putBlob(blob)
    return blob
  })
}

type Block = Pick<PendingBlock, 'block' | 'piece' | 'size'>

function choose(
  list: readonly ListedBlock[],
  pending: readonly PendingBlock[],
  existing: readonly Block[],
): readonly Block[] {
  const uncommitted = new Map(pending.map((one) => [one.block, one]))
  const committedBlocks = new Map(existing.map((one) => [one.block, one]))
  return list.map(({ from, block }) => {
    const found =
      (from === 'Committed' ? undefined : uncommitted.get(block)) ??
      (from === 'Uncommitted' ? undefined : committedBlocks.get(block))
    if (!found) throw fault('InvalidBlockList')
    return found
  })
}

/** The blocks that a blob was made of; none where it was put in one piece. */
async function committed(rows: BlobRows, blob: BlobRow | undefined): Promise<readonly Block[]> {
  if (blob?.content === undefined) return []
  const segments = await rows.segments(blob.content, 0, blob.size)
  return segments.flatMap(({ block, piece, size }) => (block === undefined ? [] : [{ block, piece, size }]))
}

/**
 * The blocks of a name: those of its blob in their order, and those that wait.
 *
 * @throws ContainerNotFound, BlobNotFound
 */
export async function listBlocks(
  { rows }: Core,
  at: BlobAddress,
): Promise<{ blob: BlobRow | undefined; committed: readonly Block[]; uncommitted: readonly Block[] }> {
  const container: ContainerRow = await containerFor(rows, at.account, at.container)
  const blob = await rows.blob(container.id, at.name)
  const uncommitted = await rows.blocks(container.id, at.name)
  if (!blob && uncommitted.length === 0) throw fault('BlobNotFound')
  if (blob?.kind === 'AppendBlob') throw fault('InvalidBlobType')
  return { blob, committed: await committed(rows, blob), uncommitted }
}
