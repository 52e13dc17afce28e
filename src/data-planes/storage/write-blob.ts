import {
  setMetadata as changeMetadata,
  setProperties as changeProperties,
  createAppendBlob,
  putBlob as putWhole,
} from '../../blobs/blob-writes.ts'
import { removeBlob } from '../../blobs/deletes.ts'
import { fault } from '../../faults.ts'
import { answer, stampHeaders, versionHeaders } from './answers.ts'
import { blobOf, header } from './call.ts'
import { createPageBlob, resizePageBlob } from './pages.ts'
import type { GrantedCall, Plane } from './plane.ts'
import { bodyChecksums, missing, NOT_ENCRYPTED, receiveBody, writeConditions } from './receive-body.ts'
import { readConditions, readMetadata, readProperties } from './request-headers.ts'
import { readTags } from './tags.ts'

const MIB = 1024 * 1024
/** Azure's largest Put Blob. */
const WHOLE_BYTES = 5000 * MIB

/** Put Blob: a block blob in one piece, or an empty append blob. */
export async function putBlob(plane: Plane, call: GrantedCall): Promise<void> {
  const type = header(call, 'x-ms-blob-type')
  if (type === undefined) throw missing('x-ms-blob-type')
  if (type === 'PageBlob') return createPageBlob(plane, call)
  const conditions = writeConditions(call)
  const metadata = readMetadata(call)
  const properties = readProperties(call, { plainToo: true })
  const tags = readTags(call)
  if (type === 'AppendBlob') {
    if (Number(header(call, 'content-length') ?? 0) > 0) throw fault('InvalidHeaderValue', { header: 'Content-Length' })
    const blob = await createAppendBlob(plane.core, blobOf(call), { metadata, properties, conditions, ...tags })
    return answer(call, 201, { ...stampHeaders(blob), ...versionHeaders(blob), ...NOT_ENCRYPTED })
  }
  if (type !== 'BlockBlob') throw fault('InvalidHeaderValue', { header: 'x-ms-blob-type' })
  const received = await receiveBody(plane, call, { limit: WHOLE_BYTES, md5: properties.contentMd5 === undefined })
  const contentMd5 = properties.contentMd5 ?? received.md5
  const blob = await putWhole(plane.core, blobOf(call), received, {
    metadata,
    properties: { ...properties, ...(contentMd5 !== undefined && { contentMd5 }) },
    conditions,
    ...tags,
  })
  answer(call, 201, { ...stampHeaders(blob), ...versionHeaders(blob), ...bodyChecksums(received), ...NOT_ENCRYPTED })
}

/** Delete Blob, a snapshot or a version of it. */
export async function deleteBlob({ core }: Plane, call: GrantedCall): Promise<void> {
  const snapshots = header(call, 'x-ms-delete-snapshots')
  if (snapshots !== undefined && snapshots !== 'include' && snapshots !== 'only') {
    throw fault('InvalidHeaderValue', { header: 'x-ms-delete-snapshots' })
  }
  const at = blobOf(call)
  if (snapshots !== undefined && at.snapshot !== undefined) throw fault('InvalidQueryParameterValue')
  const { permanent } = await removeBlob(core, at, {
    conditions: readConditions(call),
    ...(snapshots && { snapshots }),
    permanent: call.query.get('deletetype')?.toLowerCase() === 'permanent',
  })
  answer(call, 202, { 'x-ms-delete-type-permanent': String(permanent) })
}

/** Set Blob Metadata. */
export async function setMetadata({ core }: Plane, call: GrantedCall): Promise<void> {
  const changed = await changeMetadata(core, blobOf(call), readMetadata(call), readConditions(call))
  answer(call, 200, { ...stampHeaders(changed), ...versionHeaders(changed), ...NOT_ENCRYPTED })
}

/** Set Blob Properties; of a page blob its size and number too. */
export async function setProperties(plane: Plane, call: GrantedCall): Promise<void> {
  const properties = readProperties(call, { plainToo: false })
  if (header(call, 'x-ms-blob-content-length') ?? header(call, 'x-ms-sequence-number-action')) {
    return resizePageBlob(plane, call, properties)
  }
  const changed = await changeProperties(plane.core, blobOf(call), properties, readConditions(call))
  answer(call, 200, {
    ...stampHeaders(changed),
    ...(changed.kind === 'PageBlob' && { 'x-ms-blob-sequence-number': changed.state.sequence ?? 0 }),
  })
}
