import { randomUUID } from 'node:crypto'
import { openBlob } from '../../blobs/blob-reads.ts'
import { putBlob } from '../../blobs/blob-writes.ts'
import { copyBlob as copy } from '../../blobs/copies.ts'
import { fault } from '../../faults.ts'
import { answer, stampHeaders, versionHeaders } from './answers.ts'
import { blobOf, header } from './call.ts'
import type { GrantedCall, Plane } from './plane.ts'
import { bodyChecksums, NOT_ENCRYPTED, writeConditions } from './receive-body.ts'
import { demandTier, hasMetadata, readConditions, readMetadata, readProperties } from './request-headers.ts'
import { readableSource, receiveFromUrl } from './source.ts'
import { readTags } from './tags.ts'

const MIB = 1024 * 1024
const SYNC_BYTES = 256 * MIB
const WHOLE_BYTES = 5000 * MIB

/**
 * Copy Blob, and Copy Blob From URL (`x-ms-requires-sync`): done when it is answered, whatever its size, so the status
 * is `success` at once.
 */
export async function copyBlob(plane: Plane, call: GrantedCall): Promise<void> {
  const id = randomUUID()
  const isSync = header(call, 'x-ms-requires-sync') === 'true'
  const { at, url } = await readableSource(plane, call)
  const digest = isSync ? await checkedMd5(plane, call, at) : undefined
  const tier = header(call, 'x-ms-access-tier')
  const tags =
    header(call, 'x-ms-copy-source-tag-option')?.toUpperCase() === 'COPY' ? { tags: 'copy' as const } : readTags(call)
  const blob = await copy(plane.core, at, blobOf(call), {
    conditions: writeConditions(call),
    sourceConditions: readConditions(call, 'x-ms-source-'),
    ...(hasMetadata(call) && { metadata: readMetadata(call) }),
    ...(tier !== undefined && { properties: { tier: demandTier(tier) } }),
    ...tags,
    copy: { id, source: url },
    ...(header(call, 'x-ms-seal-blob') === 'true' && { sealed: true }),
  })
  answer(call, 202, {
    ...stampHeaders(blob),
    ...versionHeaders(blob),
    'x-ms-copy-id': id,
    'x-ms-copy-status': 'success',
    ...(digest !== undefined && { 'Content-MD5': digest }),
  })
}

/** A synchronous copy is checked by the sum that came with it, and has a limit. @throws Md5Mismatch, RequestBodyTooLarge */
async function checkedMd5(
  { core }: Plane,
  call: GrantedCall,
  at: Parameters<typeof openBlob>[1],
): Promise<string | undefined> {
  const opened = await openBlob(core, at).catch((cause: unknown) => {
    throw fault('CannotVerifyCopySource', {}, { cause })
  })
  opened.close()
  if (opened.blob.size > SYNC_BYTES) throw fault('RequestBodyTooLarge', { limit: SYNC_BYTES })
  const { contentMd5 } = opened.blob.properties
  const sent = header(call, 'x-ms-source-content-md5')
  if (sent !== undefined && contentMd5 !== undefined && sent !== contentMd5) throw fault('Md5Mismatch')
  return contentMd5
}

/** Put Blob From URL, for sources of this install. */
export async function putBlobFromUrl(plane: Plane, call: GrantedCall): Promise<void> {
  if (header(call, 'x-ms-blob-type') !== 'BlockBlob') throw fault('InvalidHeaderValue', { header: 'x-ms-blob-type' })
  const { at } = await readableSource(plane, call)
  const own = readProperties(call, { plainToo: false })
  const inherits = header(call, 'x-ms-copy-source-blob-properties') !== 'false'
  const received = await receiveFromUrl(plane, call, { limit: WHOLE_BYTES })
  const found = inherits ? await plane.core.rows.find(at.account, at.container, at.name) : undefined
  const { copy: _copy, tier: _tier, contentMd5: _md5, ...inherited } = found?.properties ?? {}
  const blob = await putBlob(plane.core, blobOf(call), received, {
    properties: { ...inherited, ...own, ...(received.md5 !== undefined && { contentMd5: received.md5 }) },
    metadata: hasMetadata(call) ? readMetadata(call) : (found?.metadata ?? {}),
    conditions: writeConditions(call),
    ...readTags(call),
  })
  answer(call, 201, { ...stampHeaders(blob), ...versionHeaders(blob), ...bodyChecksums(received), ...NOT_ENCRYPTED })
}
