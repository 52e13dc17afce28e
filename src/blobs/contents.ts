import { fault } from '../faults.ts'
import type { BlobRow, BlobRows, ContainerRow } from '../store/blobs.ts'
import type { BlobAddress } from './core.ts'
import type { Received } from './receive.ts'

/** @throws ContainerNotFound */
export async function containerFor(rows: BlobRows, account: string, name: string): Promise<ContainerRow> {
  const found = await rows.container(account, name)
  if (!found) throw fault('ContainerNotFound')
  return found
}

/** @throws ContainerNotFound, BlobNotFound */
export async function blobFor(rows: BlobRows, at: BlobAddress): Promise<BlobRow> {
  const found = await rows.blob((await containerFor(rows, at.account, at.container)).id, at.name)
  if (!found) throw fault('BlobNotFound')
  return found
}

/** Makes a piece of what has arrived; undefined where nothing has. */
export async function addReceived(rows: BlobRows, received: Received): Promise<number | undefined> {
  const { size, bytes, file, sealed } = received
  if (size === 0) return undefined
  return rows.addPiece({ size, ...(bytes && { bytes }), ...(file && { file: file.id }), ...(sealed && { sealed }) })
}

/** Where a blob's bytes are. */
export type Content = Pick<BlobRow, 'piece' | 'content'>

/**
 * Gives a blob's bytes up. Those in a row that is read in one look go now; others may have a reader, and what is in
 * files must go after the commit: the collector removes them. What something else names stays.
 */
export async function dropContent(rows: BlobRows, blob: Content): Promise<void> {
  if (blob.piece !== undefined) await dropPiece(rows, blob.piece)
  if (blob.content === undefined) return
  const named = await piecesOf(rows, blob.content)
  for (const [piece, times] of named) await dropSegments(rows, piece, times)
  await rows.removeSegments(blob.content)
  if (!named.has(blob.content)) await rows.removeMarker(blob.content)
}

/** How many segments of a content name each piece. */
export async function piecesOf(rows: BlobRows, content: number): Promise<Map<number, number>> {
  const named = new Map<number, number>()
  for (const { piece } of await rows.segments(content, 0, Number.MAX_SAFE_INTEGER)) {
    named.set(piece, (named.get(piece) ?? 0) + 1)
  }
  return named
}

/** So many segments fewer name a piece: a reader may be at it. */
export async function dropSegments(rows: BlobRows, piece: number, times = 1): Promise<void> {
  const { refs } = await rows.releasePiece(piece, times)
  if (refs <= 0) await rows.addGarbage(piece)
}

/** The same bytes for a second blob. Nothing is copied: pieces don't change, but for their growing end. */
export async function shareContent(rows: BlobRows, blob: Content): Promise<Content> {
  if (blob.piece !== undefined) await rows.holdPiece(blob.piece)
  if (blob.content === undefined) return { piece: blob.piece, content: undefined }
  const content = await rows.addMarker()
  for (const segment of await rows.segments(blob.content, 0, Number.MAX_SAFE_INTEGER)) {
    await rows.holdPiece(segment.piece)
    await rows.addSegment(content, segment)
  }
  return { piece: blob.piece, content }
}

/** Gives up what waits under a name for a block list. */
export async function dropBlocks(rows: BlobRows, container: number, name: string): Promise<void> {
  if (!(await rows.anyBlock(container, name))) return
  for (const { piece } of await rows.blocks(container, name)) await dropPiece(rows, piece)
  await rows.removeBlocks(container, name)
}

export async function dropPiece(rows: BlobRows, id: number): Promise<void> {
  const { refs, file } = await rows.releasePiece(id)
  if (refs > 0) return
  if (file === undefined) await rows.removePiece(id)
  else await rows.addGarbage(id)
}

/** A content as segments, to which more can be added: a single piece becomes the first of them. */
export async function contentAsSegments(rows: BlobRows, blob: Content & Pick<BlobRow, 'size'>): Promise<number> {
  if (blob.content !== undefined) return blob.content
  const content = await rows.addMarker()
  if (blob.piece !== undefined) {
    await rows.addSegment(content, { at: 0, size: blob.size, piece: blob.piece, block: undefined })
  }
  return content
}
