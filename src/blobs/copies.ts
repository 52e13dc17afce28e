import { fault, isFault } from '../faults.ts'
import type { BlobRow } from '../store/blobs.ts'
import { openBlob } from './blob-reads.ts'
import { replace } from './blob-writes.ts'
import { type Conditions, demandForRead } from './conditions.ts'
import type { BlobAddress, Core, WriteOptions } from './core.ts'
import type { NewFile } from './piece-files.ts'

export interface CopyOptions extends Omit<WriteOptions, 'metadata' | 'properties'> {
  /** Left out: the source's. */
  readonly metadata?: Readonly<Record<string, string>>
  readonly sourceConditions?: Conditions
  /** What is told of the copy with the blob. */
  readonly copy: { readonly id: string; readonly source: string }
}

interface Copied {
  readonly size: number
  readonly bytes: Uint8Array | undefined
  readonly file: NewFile | undefined
  readonly block: string | undefined
}

/**
 * Makes a blob of another's bytes. Files get a second name instead of a second body: they never change, so neither
 * blob can feel the other.
 *
 * @throws CannotVerifyCopySource, SourceConditionNotMet, and as `putBlob`
 */
export async function copyBlob(core: Core, from: BlobAddress, to: BlobAddress, options: CopyOptions): Promise<BlobRow> {
  const source = await openSource(core, from)
  const copied: Copied[] = []
  try {
    demandSource(source.blob, options.sourceConditions)
    await duplicate(core, source.blob, copied)
    const { piece, blocks, kind, size, properties } = source.blob
    const blob = await replace(
      core,
      to,
      {
        metadata: options.metadata ?? source.blob.metadata,
        properties: { ...properties, copy: { ...options.copy, at: core.now().getTime() } },
        ...(options.conditions && { conditions: options.conditions }),
      },
      async (rows, blank, free) => {
        if (free !== undefined) await rows.removePiece(free)
        const ids: number[] = []
        for (const { size, bytes, file } of copied) {
          ids.push(await rows.addPiece({ size, ...(bytes && { bytes }), ...(file && { file: file.id }) }))
        }
        if (piece !== undefined) return { ...blank, kind, size, piece: ids[0] }
        const content = ids[0]
        let at = 0
        for (const [index, { size: length, block }] of copied.entries()) {
          const id = ids[index]
          if (content !== undefined && id !== undefined) {
            await rows.addSegment(content, { at, size: length, piece: id, block })
          }
          at += length
        }
        return { ...blank, kind, size, content, blocks }
      },
    )
    for (const { file } of copied) file?.committed()
    return blob
  } catch (error) {
    for (const { file } of copied) await file?.discard()
    throw error
  } finally {
    source.close()
  }
}

async function openSource(core: Core, from: BlobAddress): ReturnType<typeof openBlob> {
  try {
    return await openBlob(core, from)
  } catch (error) {
    if (isFault(error) && error.status === 404) throw fault('CannotVerifyCopySource', {}, { cause: error })
    throw error
  }
}

function demandSource(source: BlobRow, conditions: Conditions = {}): void {
  try {
    demandForRead(source, conditions)
  } catch (cause) {
    throw fault('SourceConditionNotMet', {}, { cause })
  }
}

async function duplicate(
  core: Core,
  source: Awaited<ReturnType<typeof openBlob>>['blob'],
  into: Copied[],
): Promise<void> {
  const { piece, bytes, file, size } = source
  const segments =
    piece === undefined
      ? source.content === undefined
        ? []
        : await core.rows.segments(source.content, 0, size)
      : [{ at: 0, piece, size, file, block: undefined }]
  for (const segment of segments) {
    const { block } = segment
    // An append blob may have grown since it was opened: what came later is not part of this copy.
    const length = Math.min(segment.size, size - segment.at)
    if (segment.file === undefined) {
      const held = bytes ?? (await core.rows.pieceBytes(segment.piece))
      if (!held) throw new Error(`Piece ${segment.piece} has no bytes`)
      into.push({ size: length, bytes: held.subarray(0, length), file: undefined, block })
    } else {
      into.push({ size: length, bytes: undefined, file: await core.files.duplicate(segment.file), block })
    }
  }
}
