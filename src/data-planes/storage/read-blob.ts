import { createHash } from 'node:crypto'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { findBlob, type OpenBlob, openBlob, refuseMissing } from '../../blobs/blob-reads.ts'
import { demandForRead } from '../../blobs/conditions.ts'
import { Crc64 } from '../../blobs/crc64.ts'
import { fault } from '../../faults.ts'
import type { BlobProperties, FoundBlob } from '../../store/blobs.ts'
import { answer, blobHeaders, commonHeaders, httpDate, metadataHeaders, stampHeaders } from './answers.ts'
import { blobOf, type Call, header } from './call.ts'
import type { GrantedCall, Plane } from './plane.ts'
import { readConditions, readRange } from './request-headers.ts'

/** The longest range whose checksum is computed on the way out, as in Azure. */
const CHECKED_BYTES = 4 * 1024 * 1024

/** Get Blob. */
export const getBlob = (plane: Plane, call: GrantedCall): Promise<void> => sendBlob(plane, call, blobHeaders)

/** Answers with a blob's bytes, or those of a range, and what its service tells of it. */
export async function sendBlob(
  { core }: Plane,
  call: GrantedCall,
  headersOf: (blob: FoundBlob, override: Partial<BlobProperties>) => OutgoingHttpHeaders,
): Promise<void> {
  demandRangeForChecksum(call)
  const opened = await openBlob(core, blobOf(call))
  try {
    const { blob } = opened
    demandForRead(blob, readConditions(call), { now: core.now().getTime() })
    if (blob.properties.tier === 'Archive') throw fault('BlobArchived')
    const asked = readRange(call, blob.size)
    const range = asked ?? { start: 0, end: blob.size }
    const headers = {
      ...commonHeaders(call, call.version),
      ...headersOf(blob, overrides(call)),
      'Content-Length': range.end - range.start,
      ...(asked && { 'Content-Range': `bytes ${range.start}-${range.end - 1}/${blob.size}` }),
      ...checksumHeaders(call, blob.properties.contentMd5, asked !== undefined),
      ...(asked && (await rangeChecksum(call, opened, asked))),
    }
    call.response.writeHead(asked ? 206 : 200, headers)
    if (blob.bytes) call.response.end(blob.bytes.subarray(range.start, range.end))
    else await send(call.response, opened, range)
  } finally {
    opened.close()
  }
}

/** @throws InvalidHeaderValue where a checksum of a range is asked and no range is */
function demandRangeForChecksum(call: Call): void {
  if (header(call, 'range') !== undefined || header(call, 'x-ms-range') !== undefined) return
  for (const name of ['x-ms-range-get-content-md5', 'x-ms-range-get-content-crc64']) {
    if (header(call, name) === 'true') throw fault('InvalidHeaderValue', { header: name })
  }
}

/** The whole blob's MD5: `Content-MD5` speaks of the body, so with a range it goes under its own name. */
function checksumHeaders(_call: Call, md5: string | undefined, isRange: boolean): Record<string, string> {
  if (md5 === undefined) return {}
  return isRange ? { 'x-ms-blob-content-md5': md5 } : { 'Content-MD5': md5 }
}

async function rangeChecksum(
  call: Call,
  opened: OpenBlob,
  { start, end }: { start: number; end: number },
): Promise<Record<string, string>> {
  const md5 = header(call, 'x-ms-range-get-content-md5') === 'true'
  const crc64 = header(call, 'x-ms-range-get-content-crc64') === 'true'
  if (!md5 && !crc64) return {}
  if (md5 && crc64) throw fault('InvalidHeaderValue', { header: 'x-ms-range-get-content-md5' })
  if (end - start > CHECKED_BYTES) throw fault('OutOfRangeInput')
  const sum = md5 ? createHash('md5') : new Crc64()
  for await (const chunk of opened.chunks(start, end)) sum.update(chunk)
  return sum instanceof Crc64 ? { 'x-ms-content-crc64': sum.digest() } : { 'Content-MD5': sum.digest('base64') }
}

/** Sends chunk by chunk, no faster than the client takes them. Ends early where the client has gone. */
async function send(
  response: ServerResponse,
  opened: OpenBlob,
  { start, end }: { start: number; end: number },
): Promise<void> {
  let gone: () => void = () => undefined
  const closed = new Promise<'closed'>((resolve) => {
    gone = () => resolve('closed')
  })
  response.once('close', gone)
  try {
    for await (const chunk of opened.chunks(start, end)) {
      // The buffer is read into again after this: it must have left for the kernel.
      const sent = new Promise<'sent'>((resolve) => response.write(chunk, () => resolve('sent')))
      if ((await Promise.race([sent, closed])) === 'closed') return
    }
    response.end()
  } finally {
    response.off('close', gone)
  }
}

/** A SAS may say what the content is to be taken for. */
function overrides({ query, asker }: GrantedCall): Partial<BlobProperties> {
  if (asker.by !== 'sas') return {}
  const named = [
    ['rscc', 'cacheControl'],
    ['rscd', 'contentDisposition'],
    ['rsce', 'contentEncoding'],
    ['rscl', 'contentLanguage'],
    ['rsct', 'contentType'],
  ] as const
  const said: Record<string, string> = {}
  for (const [parameter, property] of named) {
    const value = query.get(parameter)
    if (value !== undefined && value !== '') said[property] = value
  }
  return said
}

/** Get Blob Properties: what Get Blob would answer, without the bytes. */
export async function headBlob({ core }: Plane, call: GrantedCall): Promise<void> {
  const at = blobOf(call)
  const blob = (await findBlob(core, at)) ?? (await refuseMissing(core, at))
  demandForRead(blob, readConditions(call), { now: core.now().getTime() })
  const { contentMd5, tier } = blob.properties
  call.response.writeHead(200, {
    ...commonHeaders(call, call.version),
    ...blobHeaders(blob, overrides(call)),
    'Content-Length': blob.size,
    ...(contentMd5 !== undefined && { 'Content-MD5': contentMd5 }),
    ...(blob.kind === 'BlockBlob' && { 'x-ms-access-tier': tier ?? 'Hot' }),
    ...(blob.kind === 'BlockBlob' && tier === undefined && { 'x-ms-access-tier-inferred': 'true' }),
    ...(blob.state.tierChangedAt !== undefined && {
      'x-ms-access-tier-change-time': httpDate(blob.state.tierChangedAt),
    }),
  })
  call.response.end()
}

/** Get Blob Metadata. */
export async function getMetadata({ core }: Plane, call: GrantedCall): Promise<void> {
  const at = blobOf(call)
  const blob = (await findBlob(core, at)) ?? (await refuseMissing(core, at))
  demandForRead(blob, readConditions(call), { now: core.now().getTime() })
  answer(call, 200, { ...stampHeaders(blob), ...metadataHeaders(blob.metadata) })
}
