import type { OutgoingHttpHeaders } from 'node:http'
import { FOLDER, isFolder } from '../../../blobs/paths/parents.ts'
import type { FileFacts } from '../../../blobs/paths/share-files.ts'
import { fault } from '../../../faults.ts'
import type { BlobRow } from '../../../store/blobs.ts'
import { leaseHeaders, metadataHeaders, stampHeaders } from '../answers.ts'
import { type Call, header } from '../call.ts'

/** Times as the file service writes them: to the 100 nanoseconds. */
export const fileTime = (time: number): string => new Date(time).toISOString().replace('Z', '0000Z')

const ATTRIBUTES = new Set([
  'None',
  'ReadOnly',
  'Hidden',
  'System',
  'Directory',
  'Archive',
  'Temporary',
  'Offline',
  'NotContentIndexed',
  'NoScrubData',
])

/**
 * What a request says of a file's attributes and times. Permissions (SDDL) are not kept: only `inherit` and
 * `preserve`, which say nothing, are taken.
 *
 * @throws InvalidHeaderValue, NotImplementedHere
 */
export function readFacts(call: Call, before: FileFacts, now: number): FileFacts {
  const permission = header(call, 'x-ms-file-permission')?.toLowerCase()
  const key = header(call, 'x-ms-file-permission-key')
  if ((permission !== undefined && permission !== 'inherit' && permission !== 'preserve') || key !== undefined) {
    throw fault('NotImplementedHere', { operation: 'A security descriptor of a file' })
  }
  const facts: Record<string, string> = { ...before }
  const attributes = header(call, 'x-ms-file-attributes')
  if (attributes !== undefined && attributes.toLowerCase() !== 'preserve') {
    const named = attributes.split('|').map((one) => one.trim())
    if (!named.every((one) => ATTRIBUTES.has(one)))
      throw fault('InvalidHeaderValue', { header: 'x-ms-file-attributes' })
    facts.attributes = named.join(' | ')
  }
  for (const [name, fact] of [
    ['x-ms-file-creation-time', 'created'],
    ['x-ms-file-last-write-time', 'written'],
    ['x-ms-file-change-time', 'changed'],
  ] as const) {
    const text = header(call, name)
    if (text === undefined || text.toLowerCase() === 'preserve') continue
    const time = text.toLowerCase() === 'now' ? now : Date.parse(text)
    if (Number.isNaN(time)) throw fault('InvalidHeaderValue', { header: name })
    facts[fact] = text.toLowerCase() === 'now' ? fileTime(now) : text
  }
  return facts
}

/** A new file's facts: an id that stays whatever it is called later. */
export const newFacts = (etag: string): FileFacts => ({ id: BigInt(etag).toString() })

export const factHeaders = (row: BlobRow): OutgoingHttpHeaders => {
  const { file: facts = {}, lease: _lease } = row.state
  return {
    'x-ms-file-attributes': attributesOf(row),
    'x-ms-file-creation-time': facts.created ?? fileTime(row.createdAt),
    'x-ms-file-last-write-time': facts.written ?? fileTime(row.modifiedAt),
    'x-ms-file-change-time': facts.changed ?? fileTime(row.modifiedAt),
    'x-ms-file-id': facts.id ?? '0',
    'x-ms-file-parent-id': '0',
  }
}

export function attributesOf(row: BlobRow): string {
  const attributes = row.state.file?.attributes ?? (isFolder(row) ? 'Directory' : 'Archive')
  return isFolder(row) && !attributes.includes('Directory')
    ? `Directory | ${attributes}`.replace(' | None', '')
    : attributes
}

/** What a read of a file or directory tells. */
export function fileHeaders(row: BlobRow): OutgoingHttpHeaders {
  const { [FOLDER]: _mark, ...metadata } = row.metadata
  const shared = {
    ...stampHeaders(row),
    ...metadataHeaders(metadata),
    ...factHeaders(row),
    'x-ms-server-encrypted': 'false',
  }
  if (isFolder(row)) return shared
  const said = row.properties
  const { copy } = said
  return {
    ...shared,
    ...leaseHeaders(row.state.lease),
    'x-ms-type': 'File',
    'Content-Type': said.contentType ?? 'application/octet-stream',
    'Accept-Ranges': 'bytes',
    ...(said.contentEncoding !== undefined && { 'Content-Encoding': said.contentEncoding }),
    ...(said.contentLanguage !== undefined && { 'Content-Language': said.contentLanguage }),
    ...(said.contentDisposition !== undefined && { 'Content-Disposition': said.contentDisposition }),
    ...(said.cacheControl !== undefined && { 'Cache-Control': said.cacheControl }),
    ...(copy && {
      'x-ms-copy-id': copy.id,
      'x-ms-copy-source': copy.source,
      'x-ms-copy-status': 'success',
      'x-ms-copy-progress': `${row.size}/${row.size}`,
      'x-ms-copy-completion-time': new Date(copy.at).toUTCString(),
    }),
  }
}
