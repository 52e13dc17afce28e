import type { OutgoingHttpHeaders } from 'node:http'
import { leasePhase } from '../../blobs/leases.ts'
import type { BlobProperties, BlobRow, ContainerRow, FoundBlob, Lease } from '../../store/blobs.ts'
import { type Call, header } from './call.ts'

/** The version that is told to clients that name none. */
export const DEFAULT_VERSION = '2021-12-02'

/** What every answer carries. */
export function commonHeaders(call: Pick<Call, 'request' | 'context'>, version: string): OutgoingHttpHeaders {
  const clientId = header(call, 'x-ms-client-request-id')
  return {
    'x-ms-request-id': call.context.requestId,
    'x-ms-version': version === '' ? DEFAULT_VERSION : version,
    ...(clientId !== undefined && clientId.length <= 1024 && { 'x-ms-client-request-id': clientId }),
  }
}

/** Answers without a body. */
export function answer(call: Call, status: number, headers: OutgoingHttpHeaders = {}): void {
  const length = status === 204 || status === 304 ? {} : { 'Content-Length': 0 }
  call.response.writeHead(status, { ...commonHeaders(call, call.version), ...length, ...headers })
  call.response.end()
}

/** Answers with a document. */
export function answerXml(call: Call, xml: string, headers: OutgoingHttpHeaders = {}): void {
  const body = Buffer.from(xml)
  call.response.writeHead(200, {
    ...commonHeaders(call, call.version),
    'Content-Type': 'application/xml',
    'Content-Length': body.length,
    ...headers,
  })
  call.response.end(body)
}

/** The tag and time of something that has just been written or is told of. */
export const stampHeaders = ({ etag, modifiedAt }: Pick<BlobRow, 'etag' | 'modifiedAt'>): OutgoingHttpHeaders => ({
  ETag: `"${etag}"`,
  'Last-Modified': httpDate(modifiedAt),
})

/** Formatting a date costs as much as a keyed select; most come from the last seconds. */
const dates = new Map<number, string>()

export function httpDate(time: number): string {
  const second = Math.floor(time / 1000)
  const known = dates.get(second)
  if (known !== undefined) return known
  const text = new Date(second * 1000).toUTCString()
  if (dates.size >= 1000) dates.clear()
  dates.set(second, text)
  return text
}

/** Metadata as headers; names as they were sent. */
export function metadataHeaders(metadata: Readonly<Record<string, string>>): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {}
  for (const name in metadata) headers[`x-ms-meta-${name}`] = metadata[name]
  return headers
}

/** What Get Blob and Get Blob Properties tell of a blob, beside its length and range. */
export function blobHeaders(
  blob: BlobRow & Pick<FoundBlob, 'past'>,
  override: Readonly<Partial<BlobProperties>> = {},
): OutgoingHttpHeaders {
  const said = { ...blob.properties, ...override }
  const headers: OutgoingHttpHeaders = {
    'Content-Type': said.contentType ?? 'application/octet-stream',
    'Last-Modified': httpDate(blob.modifiedAt),
    'Accept-Ranges': 'bytes',
    ETag: `"${blob.etag}"`,
    'x-ms-blob-type': blob.kind,
    'x-ms-creation-time': httpDate(blob.createdAt),
    ...leaseHeaders(blob.state.lease),
    'x-ms-server-encrypted': 'false',
    ...metadataHeaders(blob.metadata),
    ...stateHeaders(blob),
  }
  if (said.contentEncoding !== undefined) headers['Content-Encoding'] = said.contentEncoding
  if (said.contentLanguage !== undefined) headers['Content-Language'] = said.contentLanguage
  if (said.contentDisposition !== undefined) headers['Content-Disposition'] = said.contentDisposition
  if (said.cacheControl !== undefined) headers['Cache-Control'] = said.cacheControl
  if (blob.kind === 'AppendBlob') headers['x-ms-blob-committed-block-count'] = blob.blocks
  if (blob.properties.copy) {
    headers['x-ms-copy-id'] = blob.properties.copy.id
    headers['x-ms-copy-source'] = blob.properties.copy.source
    headers['x-ms-copy-status'] = 'success'
    headers['x-ms-copy-progress'] = `${blob.size}/${blob.size}`
    headers['x-ms-copy-completion-time'] = httpDate(blob.properties.copy.at)
  }
  return headers
}

/** Containers and blobs tell of their leases alike. */
export function leaseHeaders(lease: Lease | undefined): OutgoingHttpHeaders {
  if (!lease) return { 'x-ms-lease-status': 'unlocked', 'x-ms-lease-state': 'available' }
  const phase = leasePhase(lease, Date.now())
  return {
    'x-ms-lease-status': phase === 'leased' || phase === 'breaking' ? 'locked' : 'unlocked',
    'x-ms-lease-state': phase,
    ...(phase === 'leased' && { 'x-ms-lease-duration': lease.duration === -1 ? 'infinite' : 'fixed' }),
  }
}

/** What only some blobs have: versions, tags, a sequence number, a seal, a folder's mark. */
function stateHeaders({ kind, state, metadata, past }: BlobRow & Pick<FoundBlob, 'past'>): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {}
  if (past?.what === 'version') headers['x-ms-version-id'] = past.stamp
  if (state.version !== undefined) {
    headers['x-ms-version-id'] = state.version
    headers['x-ms-is-current-version'] = 'true'
  }
  if (state.tags) headers['x-ms-tag-count'] = Object.keys(state.tags).length
  if (kind === 'PageBlob') headers['x-ms-blob-sequence-number'] = state.sequence ?? 0
  if (state.sealed) headers['x-ms-blob-sealed'] = 'true'
  if (state.access) headers['x-ms-resource-type'] = metadata.hdi_isfolder === 'true' ? 'directory' : 'file'
  return headers
}

/** The version that a write has made, where the account keeps versions. */
export const versionHeaders = ({ state: { version } }: Pick<BlobRow, 'state'>): OutgoingHttpHeaders =>
  version === undefined ? {} : { 'x-ms-version-id': version }

export function containerHeaders(container: ContainerRow): OutgoingHttpHeaders {
  return {
    ...stampHeaders(container),
    ...metadataHeaders(container.metadata),
    ...leaseHeaders(container.state.lease),
    'x-ms-immutable-storage-with-versioning-enabled': 'false',
    'x-ms-has-immutability-policy': 'false',
    'x-ms-has-legal-hold': 'false',
    'x-ms-default-encryption-scope': '$account-encryption-key',
    'x-ms-deny-encryption-scope-override': 'false',
    ...(container.publicAccess && { 'x-ms-blob-public-access': container.publicAccess }),
  }
}
