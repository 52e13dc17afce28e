import { fault } from '../faults.ts'
import type { BlobProperties, BlobRow, BlobRows } from '../store/blobs.ts'
import { type Conditions, demandForWrite } from './conditions.ts'
import { addReceived, blobFor, containerFor, dropBlocks, dropContent } from './contents.ts'
import type { BlobAddress, Core, Stamp, WriteOptions } from './core.ts'
import { demandBlobName } from './names.ts'
import type { Received } from './receive.ts'

/**
 * Makes or replaces a block blob in one piece. On disk and visible when this resolves; nothing at all otherwise.
 *
 * @throws ContainerNotFound, BlobAlreadyExists, ConditionNotMet, InvalidResourceName
 */
export const putBlob = (core: Core, at: BlobAddress, received: Received, options: WriteOptions): Promise<BlobRow> =>
  keeping(received, () =>
    replace(core, at, options, async (rows, blank, free) => {
      const { bytes, size } = received
      // Bytes in a row are read in one look together with their blob: no reader can meet them half changed.
      if (free !== undefined && bytes && size > 0) {
        await rows.replacePiece(free, bytes)
        return { ...blank, size, piece: free }
      }
      if (free !== undefined) await rows.removePiece(free)
      return { ...blank, size, piece: await addReceived(rows, received) }
    }),
  )

/**
 * Makes an empty append blob, or empties what is there.
 *
 * @throws as `putBlob`
 */
export const createAppendBlob = (core: Core, at: BlobAddress, options: WriteOptions): Promise<BlobRow> =>
  replace(core, at, options, async (rows, blank, free) => {
    if (free !== undefined) await rows.removePiece(free)
    return { ...blank, kind: 'AppendBlob' }
  })

/**
 * Puts a new row at a name, and gives up what was there: bytes and blocks. A piece in a row is left to `fill`, to use
 * again or to remove.
 */
export function replace(
  { rows: store, now, nextEtag }: Core,
  at: BlobAddress,
  options: WriteOptions,
  fill: (rows: BlobRows, blank: BlobRow, free: number | undefined) => Promise<BlobRow>,
): Promise<BlobRow> {
  demandBlobName(at.name)
  return store.write(async (rows) => {
    const target = await rows.target(at.account, at.container, at.name)
    if (!target) throw fault('ContainerNotFound')
    const { container, blob: existing, inRow, hasBlocks } = target
    demandForWrite(existing, options.conditions ?? {}, true)
    if (existing && !inRow) await dropContent(rows, existing)
    if (hasBlocks) await dropBlocks(rows, container, at.name)
    const time = now().getTime()
    const blank: BlobRow = {
      container,
      name: at.name,
      kind: 'BlockBlob',
      etag: nextEtag(),
      createdAt: time,
      modifiedAt: time,
      size: 0,
      properties: options.properties,
      metadata: options.metadata,
      piece: undefined,
      content: undefined,
      blocks: 0,
    }
    const blob = await fill(rows, blank, inRow ? existing?.piece : undefined)
    await rows.putBlob(blob)
    return blob
  })
}

/** Runs a write of received bytes: their file stays if it succeeds, and goes if it doesn't. */
export async function keeping<Result>(received: Received, write: () => Promise<Result>): Promise<Result> {
  try {
    const result = await write()
    received.file?.committed()
    return result
  } catch (error) {
    await received.file?.discard()
    throw error
  }
}

/** @throws ContainerNotFound, BlobNotFound, ConditionNotMet */
export function setMetadata(
  core: Core,
  at: BlobAddress,
  metadata: Readonly<Record<string, string>>,
  conditions: Conditions,
): Promise<Stamp> {
  return change(core, at, conditions, (blob) => ({ ...blob, metadata }))
}

/**
 * Says anew what a blob's content is: what is not said is forgotten, as Azure does.
 *
 * @throws ContainerNotFound, BlobNotFound, ConditionNotMet
 */
export function setProperties(
  core: Core,
  at: BlobAddress,
  properties: BlobProperties,
  conditions: Conditions,
): Promise<BlobRow> {
  return change(core, at, conditions, (blob) => {
    const { tier, copy } = blob.properties
    return { ...blob, properties: { ...properties, ...(tier && { tier }), ...(copy && { copy }) } }
  })
}

function change(
  { rows: store, now, nextEtag }: Core,
  at: BlobAddress,
  conditions: Conditions,
  to: (blob: BlobRow) => BlobRow,
): Promise<BlobRow> {
  return store.write(async (rows) => {
    const blob = await blobFor(rows, at)
    demandForWrite(blob, conditions)
    const changed = { ...to(blob), etag: nextEtag(), modifiedAt: now().getTime() }
    await rows.putBlob(changed)
    return changed
  })
}

/** @throws ContainerNotFound, BlobNotFound, ConditionNotMet */
export async function removeBlob(core: Core, at: BlobAddress, conditions: Conditions = {}): Promise<void> {
  await core.rows.write(async (rows) => {
    const container = await containerFor(rows, at.account, at.container)
    const blob = await rows.blob(container.id, at.name)
    if (!blob) throw fault('BlobNotFound')
    demandForWrite(blob, conditions)
    await dropContent(rows, blob)
    await dropBlocks(rows, container.id, at.name)
    await rows.removeBlob(container.id, at.name)
  })
}
