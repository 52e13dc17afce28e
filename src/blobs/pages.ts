import { fault } from '../faults.ts'
import type { BlobRow, BlobRows, Segment } from '../store/blobs.ts'
import { keeping, replace } from './blob-writes.ts'
import { type Conditions, demandForWrite } from './conditions.ts'
import { addReceived, blobFor, dropPiece, dropSegments } from './contents.ts'
import type { BlobAddress, Core, WriteOptions } from './core.ts'
import { leaseAfterWrite } from './leases.ts'
import type { Received } from './receive.ts'

/** End exclusive. */
export interface PageRange {
  readonly start: number
  readonly end: number
}

export interface SequenceConditions extends Conditions {
  readonly sequenceLessThan?: number
  readonly sequenceAtMost?: number
  readonly sequenceIs?: number
}

/**
 * Makes a blob of zeros of this length: none of them is stored. What is written later are segments with gaps between.
 *
 * @throws as `putBlob`
 */
export const createPageBlob = (
  core: Core,
  at: BlobAddress,
  { size, sequence = 0 }: { readonly size: number; readonly sequence?: number },
  options: WriteOptions,
): Promise<BlobRow> =>
  replace(core, at, options, async (rows, blank, free) => {
    if (free !== undefined) await dropPiece(rows, free)
    const content = await rows.addMarker()
    return { ...blank, kind: 'PageBlob', size, content, state: { ...blank.state, sequence } }
  })

/**
 * Writes into a blob of pages, or with `received` left out makes zeros of a range. A segment that is met in part is
 * cut; its piece stays as it is.
 *
 * @throws ContainerNotFound, BlobNotFound, InvalidBlobType, InvalidPageRange, ConditionNotMet, SequenceNumberConditionNotMet
 */
export function writePages(
  core: Core,
  at: BlobAddress,
  { range, received }: { readonly range: PageRange; readonly received: Received | undefined },
  conditions: SequenceConditions,
): Promise<BlobRow> {
  const write = () =>
    core.rows.write(async (rows) => {
      const blob = await pageBlobFor(rows, at)
      const time = core.now().getTime()
      demandForWrite(blob, conditions, { now: time })
      demandSequence(blob, conditions)
      if (range.end > blob.size) throw fault('InvalidPageRange')
      await overwrite(rows, blob, range, received)
      const written = touched(core, blob, time)
      await rows.putBlob(written)
      return written
    })
  return received ? keeping(received, write) : write()
}

async function overwrite(
  rows: BlobRows,
  { content }: BlobRow,
  range: PageRange,
  received: Received | undefined,
): Promise<void> {
  if (content === undefined) throw new Error('A blob of pages has no content')
  await cut(rows, content, range)
  const piece = received && (await addReceived(rows, received))
  if (piece === undefined) return
  await rows.addSegment(content, { at: range.start, size: range.end - range.start, piece, block: undefined })
}

/** Takes a range out of a content. */
async function cut(rows: BlobRows, content: number, { start, end }: PageRange): Promise<void> {
  for (const segment of await rows.segments(content, start, end)) {
    const last = segment.at + segment.size
    if (last <= start) continue
    await rows.removeSegment(content, segment.at)
    const left = segment.at < start ? { ...segment, size: start - segment.at } : undefined
    const right =
      last > end ? { ...segment, at: end, size: last - end, start: segment.start + (end - segment.at) } : undefined
    for (const part of [left, right]) if (part) await rows.addSegment(content, part)
    if (left && right) await rows.holdPiece(segment.piece)
    if (!(left || right)) await dropSegments(rows, segment.piece)
  }
}

/** What a Set Blob Properties may say of a page blob's size and number. */
export interface PageChange {
  readonly size?: number
  readonly sequence?: { readonly action: 'max' | 'update' | 'increment'; readonly value: number | undefined }
}

/** @throws ContainerNotFound, BlobNotFound, InvalidBlobType, ConditionNotMet */
export function changePageBlob(
  core: Core,
  at: BlobAddress,
  { size, sequence }: PageChange,
  { conditions, properties }: { readonly conditions: Conditions; readonly properties?: BlobRow['properties'] },
): Promise<BlobRow> {
  return core.rows.write(async (rows) => {
    const blob = await pageBlobFor(rows, at)
    const time = core.now().getTime()
    demandForWrite(blob, conditions, { now: time })
    if (size !== undefined && size < blob.size && blob.content !== undefined) {
      await cut(rows, blob.content, { start: size, end: blob.size })
    }
    const before = blob.state.sequence ?? 0
    const asked = sequence?.value ?? 0
    const next =
      sequence === undefined
        ? before
        : { max: Math.max(before, asked), update: asked, increment: before + 1 }[sequence.action]
    const changed = touched(core, blob, time)
    const made: BlobRow = {
      ...changed,
      size: size ?? blob.size,
      properties: properties ? { ...blob.properties, ...properties } : blob.properties,
      state: { ...changed.state, sequence: next },
    }
    await rows.putBlob(made)
    return made
  })
}

function touched(core: Core, blob: BlobRow, time: number): BlobRow {
  const { lease, ...state } = blob.state
  const kept = { ...state, ...leaseAfterWrite(lease, time) }
  return { ...blob, etag: core.nextEtag(), modifiedAt: time, state: kept }
}

async function pageBlobFor(rows: BlobRows, at: BlobAddress): Promise<BlobRow> {
  const blob = await blobFor(rows, at)
  if (blob.kind !== 'PageBlob') throw fault('InvalidBlobType')
  return blob
}

function demandSequence(blob: BlobRow, { sequenceLessThan, sequenceAtMost, sequenceIs }: SequenceConditions): void {
  const number = blob.state.sequence ?? 0
  const holds =
    (sequenceLessThan === undefined || number < sequenceLessThan) &&
    (sequenceAtMost === undefined || number <= sequenceAtMost) &&
    (sequenceIs === undefined || number === sequenceIs)
  if (!holds) throw fault('SequenceNumberConditionNotMet')
}

/** The ranges of a content that were written, neighbours joined. */
export function writtenRanges(segments: readonly Segment[], { start, end }: PageRange): PageRange[] {
  const ranges: PageRange[] = []
  for (const { at, size } of segments) {
    const part = { start: Math.max(at, start), end: Math.min(at + size, end) }
    if (part.start >= part.end) continue
    const last = ranges.at(-1)
    if (last?.end === part.start) ranges[ranges.length - 1] = { start: last.start, end: part.end }
    else ranges.push(part)
  }
  return ranges
}

/** What differs between two contents by the pieces that they name: ranges that hold something, and cleared ones. */
export function changedRanges(
  before: readonly Segment[],
  now: readonly Segment[],
  range: PageRange,
): { readonly pages: readonly PageRange[]; readonly cleared: readonly PageRange[] } {
  const edges = new Set([range.start, range.end])
  for (const { at, size } of [...before, ...now]) for (const edge of [at, at + size]) edges.add(edge)
  const cuts = [...edges].filter((edge) => edge >= range.start && edge <= range.end).sort((a, b) => a - b)
  const pages: Segment[] = []
  const cleared: Segment[] = []
  for (const [index, start] of cuts.slice(0, -1).entries()) {
    const size = (cuts[index + 1] ?? start) - start
    const [was, is] = [sourceAt(before, start), sourceAt(now, start)]
    if (was === is) continue
    const part = { at: start, size, piece: 0, file: undefined, block: undefined, start: 0 }
    if (is === undefined) cleared.push(part)
    else pages.push(part)
  }
  return { pages: writtenRanges(pages, range), cleared: writtenRanges(cleared, range) }
}

/** Which byte of which piece stands at a place. */
function sourceAt(segments: readonly Segment[], place: number): string | undefined {
  const found = segments.find(({ at, size }) => at <= place && place < at + size)
  return found && `${found.piece}:${found.start + place - found.at}`
}
