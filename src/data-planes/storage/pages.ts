import { findBlob, refuseMissing } from '../../blobs/blob-reads.ts'
import { demandForRead } from '../../blobs/conditions.ts'
import {
  changedRanges,
  changePageBlob,
  createPageBlob as create,
  type PageChange,
  type PageRange,
  type SequenceConditions,
  writePages,
  writtenRanges,
} from '../../blobs/pages.ts'
import { fault } from '../../faults.ts'
import type { BlobProperties } from '../../store/blobs.ts'
import { answer, answerXml, stampHeaders, versionHeaders } from './answers.ts'
import { blobOf, type Call, header } from './call.ts'
import type { GrantedCall, Plane } from './plane.ts'
import { bodyChecksums, missing, NOT_ENCRYPTED, receiveBody, writeConditions } from './receive-body.ts'
import { readConditions, readCount, readMetadata, readProperties } from './request-headers.ts'
import { receiveFromUrl } from './source.ts'
import { readTags } from './tags.ts'
import { XML } from './xml.ts'

const PAGE = 512
const PAGES_BYTES = 4 * 1024 * 1024
/** Azure's largest page blob: 8 TiB. */
const LARGEST = 8 * 1024 ** 4

/** Put Blob of type PageBlob. */
export async function createPageBlob({ core }: Plane, call: GrantedCall): Promise<void> {
  if (Number(header(call, 'content-length') ?? 0) > 0) throw fault('InvalidHeaderValue', { header: 'Content-Length' })
  const size = readSize(call)
  if (size === undefined) throw missing('x-ms-blob-content-length')
  const sequence = readCount(call, 'x-ms-blob-sequence-number')
  const blob = await create(
    core,
    blobOf(call),
    { size, ...(sequence !== undefined && { sequence }) },
    {
      metadata: readMetadata(call),
      properties: readProperties(call, { plainToo: true }),
      conditions: writeConditions(call),
      ...readTags(call),
    },
  )
  answer(call, 201, { ...stampHeaders(blob), ...versionHeaders(blob), ...NOT_ENCRYPTED })
}

/** @throws InvalidHeaderValue */
function readSize(call: Call): number | undefined {
  const size = readCount(call, 'x-ms-blob-content-length')
  if (size === undefined) return undefined
  if (size % PAGE !== 0 || size > LARGEST) throw fault('InvalidHeaderValue', { header: 'x-ms-blob-content-length' })
  return size
}

/** Put Page, and Clear Pages. */
export async function putPage(plane: Plane, call: GrantedCall): Promise<void> {
  const range = readPages(call, 'x-ms-range', 'range')
  if (!range) throw missing('x-ms-range')
  const conditions = readSequenceConditions(call)
  const action = header(call, 'x-ms-page-write')?.toLowerCase()
  if (action !== 'update' && action !== 'clear') throw fault('InvalidHeaderValue', { header: 'x-ms-page-write' })
  const length = range.end - range.start
  if (action === 'clear') {
    const cleared = await writePages(plane.core, blobOf(call), { range, received: undefined }, conditions)
    return answer(call, 201, pageHeaders(cleared))
  }
  if (length > PAGES_BYTES) throw fault('InvalidPageRange')
  const isUrl = header(call, 'x-ms-copy-source') !== undefined
  if (!isUrl && header(call, 'content-length') !== String(length)) {
    throw fault('InvalidHeaderValue', { header: 'Content-Length' })
  }
  const received = isUrl
    ? await receiveFromUrl(plane, call, { limit: PAGES_BYTES, length })
    : await receiveBody(plane, call, { limit: PAGES_BYTES })
  const blob = await writePages(plane.core, blobOf(call), { range, received }, conditions)
  answer(call, 201, { ...pageHeaders(blob), ...bodyChecksums(received), ...NOT_ENCRYPTED })
}

const pageHeaders = (
  blob: Parameters<typeof stampHeaders>[0] & { readonly state: { readonly sequence?: number } },
) => ({
  ...stampHeaders(blob),
  'x-ms-blob-sequence-number': blob.state.sequence ?? 0,
})

function readSequenceConditions(call: Call): SequenceConditions {
  const less = readCount(call, 'x-ms-if-sequence-number-lt')
  const most = readCount(call, 'x-ms-if-sequence-number-le')
  const same = readCount(call, 'x-ms-if-sequence-number-eq')
  return {
    ...readConditions(call),
    ...(less !== undefined && { sequenceLessThan: less }),
    ...(most !== undefined && { sequenceAtMost: most }),
    ...(same !== undefined && { sequenceIs: same }),
  }
}

/** A range of whole pages. @throws InvalidPageRange, InvalidHeaderValue */
function readPages(call: Call, ...names: readonly string[]): PageRange | undefined {
  for (const name of names) {
    const text = header(call, name)
    if (text === undefined) continue
    const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(text.trim()) ?? []
    if (first === undefined || last === undefined) throw fault('InvalidHeaderValue', { header: name })
    const range = { start: Number(first), end: Number(last) + 1 }
    if (range.start % PAGE !== 0 || range.end % PAGE !== 0 || range.end <= range.start) throw fault('InvalidPageRange')
    return range
  }
  return undefined
}

/** Get Page Ranges, of all that was written, or of what differs from an earlier snapshot. */
export async function getPageRanges({ core }: Plane, call: GrantedCall): Promise<void> {
  const at = blobOf(call)
  const blob = (await findBlob(core, at)) ?? (await refuseMissing(core, at))
  if (blob.kind !== 'PageBlob') throw fault('InvalidBlobType')
  demandForRead(blob, readConditions(call), { now: core.now().getTime() })
  const asked = readPages(call, 'x-ms-range', 'range') ?? { start: 0, end: blob.size }
  const range = { start: asked.start, end: Math.min(asked.end, blob.size) }
  const segmentsOf = async (content: number | undefined) =>
    content === undefined ? [] : core.rows.segments(content, range.start, range.end)
  const now = await segmentsOf(blob.content)
  const earlier = call.query.get('prevsnapshot')
  if (header(call, 'x-ms-previous-snapshot-url') !== undefined) {
    throw fault('NotImplementedHere', { operation: 'x-ms-previous-snapshot-url' })
  }
  const before = earlier === undefined ? undefined : await findBlob(core, { ...at, snapshot: earlier })
  if (earlier !== undefined && !before) throw fault('PreviousSnapshotNotFound')
  const { pages, cleared } = before
    ? changedRanges(await segmentsOf(before.content), now, range)
    : { pages: writtenRanges(now, range), cleared: [] }
  answerXml(
    call,
    `${XML}<PageList>${pages.map(rangeElement('PageRange')).join('')}${cleared.map(rangeElement('ClearRange')).join('')}</PageList>`,
    { ...stampHeaders(blob), 'x-ms-blob-content-length': blob.size },
  )
}

const rangeElement =
  (name: string) =>
  ({ start, end }: PageRange): string =>
    `<${name}><Start>${start}</Start><End>${end - 1}</End></${name}>`

/** Set Blob Properties of a page blob: another size, another number. */
export async function resizePageBlob({ core }: Plane, call: GrantedCall, properties: BlobProperties): Promise<void> {
  const size = readSize(call)
  const changed = await changePageBlob(
    core,
    blobOf(call),
    { ...(size !== undefined && { size }), ...readSequence(call) },
    { conditions: readConditions(call), properties },
  )
  answer(call, 200, pageHeaders(changed))
}

function readSequence(call: Call): Pick<PageChange, 'sequence'> {
  const action = header(call, 'x-ms-sequence-number-action')?.toLowerCase()
  if (action === undefined) return {}
  const value = readCount(call, 'x-ms-blob-sequence-number')
  if (action !== 'max' && action !== 'update' && action !== 'increment') {
    throw fault('InvalidHeaderValue', { header: 'x-ms-sequence-number-action' })
  }
  if ((action === 'increment') === (value !== undefined)) {
    throw fault('InvalidHeaderValue', { header: 'x-ms-blob-sequence-number' })
  }
  return { sequence: { action, value } }
}
