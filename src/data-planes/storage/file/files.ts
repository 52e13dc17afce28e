import { setMetadata } from '../../../blobs/blob-writes.ts'
import { removeBlob } from '../../../blobs/deletes.ts'
import { changePageBlob, writePages, writtenRanges } from '../../../blobs/pages.ts'
import { changeFile, fileFor, makeFile } from '../../../blobs/paths/share-files.ts'
import { fault } from '../../../faults.ts'
import { answer, answerXml, commonHeaders, stampHeaders } from '../answers.ts'
import { blobOf, type Call, header } from '../call.ts'
import { readContentHeaders } from '../dfs/path-headers.ts'
import type { GrantedCall, Plane } from '../plane.ts'
import { sendBlob } from '../read-blob.ts'
import { bodyChecksums, missing, receiveBody } from '../receive-body.ts'
import { readConditions, readCount, readMetadata, readRange } from '../request-headers.ts'
import { receiveFromUrl } from '../source.ts'
import { XML } from '../xml.ts'
import { factHeaders, fileHeaders, newFacts, readFacts } from './file-headers.ts'

const RANGE_BYTES = 4 * 1024 * 1024
/** Azure's largest file: 4 TiB. */
const LARGEST = 4 * 1024 ** 4

/** Create File: zeros of the length that it says; with a body, that from the start. */
export async function createFile(plane: Plane, call: GrantedCall): Promise<void> {
  const { core } = plane
  const size = readCount(call, 'x-ms-content-length')
  if (size === undefined) throw missing('x-ms-content-length')
  if (size > LARGEST) throw fault('InvalidHeaderValue', { header: 'x-ms-content-length' })
  if (header(call, 'x-ms-type')?.toLowerCase() !== 'file') throw fault('InvalidHeaderValue', { header: 'x-ms-type' })
  const length = Number(header(call, 'content-length') ?? 0)
  if (length > Math.min(size, RANGE_BYTES)) throw fault('InvalidHeaderValue', { header: 'Content-Length' })
  const received = length > 0 ? await receiveBody(plane, call, { limit: RANGE_BYTES }) : undefined
  const conditions = readConditions(call)
  const made = await makeFile(core, blobOf(call), {
    size,
    properties: readContentHeaders(call),
    metadata: readMetadata(call),
    facts: readFacts(call, newFacts(core.nextEtag()), core.now().getTime()),
    conditions,
  })
  const held = conditions.lease === undefined ? {} : { lease: conditions.lease }
  const written =
    received && (await writePages(core, blobOf(call), { range: { start: 0, end: length }, received }, held))
  answer(call, 201, {
    ...stampHeaders(written ?? made),
    ...factHeaders(written ?? made),
    ...(received && bodyChecksums(received)),
    'x-ms-request-server-encrypted': 'false',
  })
}

/** Get File. */
export async function getFile(plane: Plane, call: GrantedCall): Promise<void> {
  await fileFor(plane.core, blobOf(call), 'file')
  await sendBlob(plane, call, fileHeaders)
}

/** Get File Properties, and Get File Metadata. */
export async function headFile({ core }: Plane, call: GrantedCall): Promise<void> {
  const row = await fileFor(core, blobOf(call), 'file')
  const { contentMd5 } = row.properties
  call.response.writeHead(200, {
    ...commonHeaders(call, call.version),
    ...fileHeaders(row),
    'Content-Length': call.query.get('comp') === 'metadata' ? 0 : row.size,
    ...(contentMd5 !== undefined && { 'Content-MD5': contentMd5 }),
  })
  call.response.end()
}

/** Delete File. */
export async function deleteFile({ core }: Plane, call: GrantedCall): Promise<void> {
  await fileFor(core, blobOf(call), 'file')
  await removeBlob(core, blobOf(call), { conditions: readConditions(call) })
  answer(call, 202)
}

/** Set File Metadata. */
export async function setFileMetadata({ core }: Plane, call: GrantedCall): Promise<void> {
  await fileFor(core, blobOf(call), 'file')
  const changed = await setMetadata(core, blobOf(call), readMetadata(call), readConditions(call))
  answer(call, 200, { ...stampHeaders(changed), 'x-ms-request-server-encrypted': 'false' })
}

/** Set File Properties: length, content headers, attributes and times. */
export async function setFileProperties({ core }: Plane, call: GrantedCall): Promise<void> {
  const at = blobOf(call)
  const conditions = readConditions(call)
  const size = readCount(call, 'x-ms-content-length')
  if (size !== undefined && size > LARGEST) throw fault('InvalidHeaderValue', { header: 'x-ms-content-length' })
  const said = readContentHeaders(call)
  await fileFor(core, at, 'file')
  if (size !== undefined) await changePageBlob(core, at, { size }, { conditions })
  const changed = await changeFile(core, at, { kind: 'file', conditions }, (row) => {
    const { copy, contentMd5 } = row.properties
    const kept = { ...(copy && { copy }), ...(contentMd5 && size === undefined && { contentMd5 }) }
    return {
      ...row,
      properties: { ...kept, ...said },
      state: { ...row.state, file: readFacts(call, row.state.file ?? {}, core.now().getTime()) },
    }
  })
  answer(call, 200, { ...stampHeaders(changed), ...factHeaders(changed), 'x-ms-request-server-encrypted': 'false' })
}

/** Put Range: bytes, zeros, or a range of a source. */
export async function putRange(plane: Plane, call: GrantedCall): Promise<void> {
  const { core } = plane
  const at = blobOf(call)
  const range = readWritten(call)
  const length = range.end - range.start
  const conditions = readConditions(call)
  await fileFor(core, at, 'file')
  const write = header(call, 'x-ms-write')?.toLowerCase()
  if (write !== 'update' && write !== 'clear') throw fault('InvalidHeaderValue', { header: 'x-ms-write' })
  if (write === 'clear') {
    return answer(call, 201, stampHeaders(await writePages(core, at, { range, received: undefined }, conditions)))
  }
  if (length > RANGE_BYTES) throw fault('RequestBodyTooLarge', { limit: RANGE_BYTES })
  const isUrl = header(call, 'x-ms-copy-source') !== undefined
  if (!isUrl && header(call, 'content-length') !== String(length)) {
    throw fault('InvalidHeaderValue', { header: 'Content-Length' })
  }
  const received = isUrl
    ? await receiveFromUrl(plane, call, { limit: RANGE_BYTES, length })
    : await receiveBody(plane, call, { limit: RANGE_BYTES, md5: true })
  const written = await writePages(core, at, { range, received }, conditions)
  answer(call, 201, {
    ...stampHeaders(written),
    ...bodyChecksums(received),
    'x-ms-file-last-write-time': String(factHeaders(written)['x-ms-file-last-write-time']),
    'x-ms-request-server-encrypted': 'false',
  })
}

/** @throws MissingRequiredHeader, InvalidHeaderValue */
function readWritten(call: Call): { readonly start: number; readonly end: number } {
  const text = header(call, 'x-ms-range') ?? header(call, 'range')
  if (text === undefined) throw missing('x-ms-range')
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(text.trim()) ?? []
  if (first === undefined || last === undefined || Number(last) < Number(first)) {
    throw fault('InvalidHeaderValue', { header: 'x-ms-range' })
  }
  return { start: Number(first), end: Number(last) + 1 }
}

/** List Ranges: what was written. */
export async function listRanges({ core }: Plane, call: GrantedCall): Promise<void> {
  const row = await fileFor(core, blobOf(call), 'file')
  if (call.query.has('prevsharesnapshot')) throw fault('NotImplementedHere', { operation: 'A snapshot of a share' })
  const range = row.size === 0 ? undefined : readRange(call, row.size)
  const { start, end } = range ?? { start: 0, end: row.size }
  const segments = row.content === undefined ? [] : await core.rows.segments(row.content, start, end)
  const ranges = writtenRanges(segments, { start, end }).map(
    (one) => `<Range><Start>${one.start}</Start><End>${one.end - 1}</End></Range>`,
  )
  answerXml(call, `${XML}<Ranges>${ranges.join('')}</Ranges>`, {
    ...stampHeaders(row),
    'x-ms-content-length': row.size,
  })
}
