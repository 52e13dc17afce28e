import { fault } from '../faults.ts'
import type { BlobRow, BlobRows, ContainerRow, PendingBlock } from '../store/blobs.ts'
import { accessOfWritten, blankRow, keeping, putWithTags } from './blob-writes.ts'
import { demandForWrite } from './conditions.ts'
import { addReceived, containerFor, dropPiece, dropSegments, piecesOf } from './contents.ts'
import type { BlobAddress, Core, WriteOptions } from './core.ts'
import { keepBefore } from './history.ts'
import { demandLease } from './leases.ts'
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
export function putBlock(
  core: Core,
  at: BlobAddress,
  { block, lease }: { readonly block: string; readonly lease?: string | undefined },
  received: Received,
): Promise<void> {
  demandBlobName(at.name)
  return keeping(received, () =>
    core.rows.write(async (rows) => {
      const container = await containerFor(rows, at.account, at.container)
      const blob = await rows.blob(container.id, at.name)
      if (blob && blob.kind !== 'BlockBlob') throw fault('InvalidBlobType')
      demandLease(blob?.state.lease, lease, { now: core.now().getTime() })
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
export async function commitBlocks(
  core: Core,
  at: BlobAddress,
  list: readonly ListedBlock[],
  options: WriteOptions,
): Promise<BlobRow> {
  demandBlobName(at.name)
  const protection = await core.protection(at.account)
  return core.rows.write(async (rows) => {
    const container = await containerFor(rows, at.account, at.container)
    const existing = await rows.blob(container.id, at.name)
    const time = core.now().getTime()
    demandForWrite(existing, options.conditions ?? {}, { now: time, makes: true })
    if (existing && existing.kind !== 'BlockBlob') throw fault('InvalidBlobType')
    const pending = await rows.blocks(container.id, at.name)
    const chosen = choose(list, pending, await committed(rows, existing))
    // A piece that no content had before may lend its number to this one.
    const own = pending.find(({ piece }) => piece === chosen[0]?.piece)?.piece
    const content = chosen.length === 0 ? undefined : (own ?? (await rows.addMarker()))
    const access = await accessOfWritten(core, rows, at, { existing, protection, owner: options.owner })
    const kept = existing ? await keepBefore(core, rows, existing, protection) : false
    await settleRefs(rows, { chosen, pending, given: existing && !kept ? existing : undefined })
    let size = 0
    for (const { block, piece, size: length } of chosen) {
      if (content !== undefined) await rows.addSegment(content, { at: size, size: length, piece, block })
      size += length
    }
    if (pending.length > 0) await rows.removeBlocks(container.id, at.name)
    const blank = blankRow(core, {
      container: container.id,
      name: at.name,
      existing,
      options,
      protection,
      time,
      access,
    })
    const blob: BlobRow = { ...blank, createdAt: existing?.createdAt ?? time, size, content }
    await putWithTags(rows, blob, existing)
    return blob
  })
}

/** Counts anew who names each piece: most go from a block to a segment, and so stay as they are. */
async function settleRefs(
  rows: BlobRows,
  parts: {
    readonly chosen: readonly Block[]
    readonly pending: readonly PendingBlock[]
    /** The blob whose bytes are given up. */
    readonly given: BlobRow | undefined
  },
): Promise<void> {
  const change = new Map<number, number>()
  const count = (piece: number, by: number) => change.set(piece, (change.get(piece) ?? 0) + by)
  for (const { piece } of parts.chosen) count(piece, 1)
  for (const { piece } of parts.pending) count(piece, -1)
  const { piece, content } = parts.given ?? {}
  if (content !== undefined) {
    const named = await piecesOf(rows, content)
    for (const [one, times] of named) count(one, -times)
    await rows.removeSegments(content)
    if (!named.has(content)) await rows.removeMarker(content)
  }
  if (piece !== undefined) await dropPiece(rows, piece)
  for (const [one, by] of change) {
    if (by > 0) await rows.holdPiece(one, by)
    else if (by < 0) await dropSegments(rows, one, -by)
  }
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
  if (blob && blob.kind !== 'BlockBlob') throw fault('InvalidBlobType')
  return { blob, committed: await committed(rows, blob), uncommitted }
}
