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
  const { size, bytes, file } = received
  if (size === 0) return undefined
  return rows.addPiece({ size, ...(bytes && { bytes }), ...(file && { file: file.id }) })
}

/**
 * Gives a blob's bytes up. Those in a row that is read in one look go now; others may have a reader, and what is in
 * files must go after the commit: the collector removes them.
 */
export async function dropContent(
  rows: BlobRows,
  blob: BlobRow,
  except: ReadonlySet<number> = new Set(),
): Promise<void> {
  if (blob.piece !== undefined) await dropPiece(rows, blob.piece)
  if (blob.content === undefined) return
  const segments = await rows.segments(blob.content, 0, Number.MAX_SAFE_INTEGER)
  for (const piece of new Set(segments.map((segment) => segment.piece))) {
    if (!except.has(piece)) await rows.addGarbage(piece)
  }
  await rows.removeSegments(blob.content)
}

/** Gives up what waits under a name for a block list. */
export async function dropBlocks(
  rows: BlobRows,
  container: number,
  name: string,
  except: ReadonlySet<number> = new Set(),
): Promise<void> {
  if (!(await rows.anyBlock(container, name))) return
  for (const { piece } of await rows.blocks(container, name)) if (!except.has(piece)) await dropPiece(rows, piece)
  await rows.removeBlocks(container, name)
}

export async function dropPiece(rows: BlobRows, id: number): Promise<void> {
  const piece = await rows.piece(id)
  if (piece?.file === undefined) await rows.removePiece(id)
  else await rows.addGarbage(id)
}
