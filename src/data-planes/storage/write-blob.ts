import {
  setMetadata as changeMetadata,
  setProperties as changeProperties,
  createAppendBlob,
  putBlob as putWhole,
  removeBlob,
} from '../../blobs/blob-writes.ts'
import type { Conditions } from '../../blobs/conditions.ts'
import { INLINE_BYTES, type Received, receive } from '../../blobs/receive.ts'
import { fault } from '../../faults.ts'
import { answer, stampHeaders } from './answers.ts'
import { blobOf, type Call, containerOf, header } from './call.ts'
import type { GrantedCall, Plane } from './plane.ts'
import { readChecksums, readConditions, readMetadata, readProperties } from './request-headers.ts'

const MIB = 1024 * 1024
/** Azure's largest Put Blob. */
const WHOLE_BYTES = 5000 * MIB

/** Put Blob: a block blob in one piece, or an empty append blob. */
export async function putBlob(plane: Plane, call: GrantedCall): Promise<void> {
  const type = header(call, 'x-ms-blob-type')
  if (type === undefined) throw missing('x-ms-blob-type')
  if (type === 'PageBlob') throw fault('NotImplementedHere', { operation: 'A page blob' })
  const conditions = writeConditions(call)
  const metadata = readMetadata(call)
  const properties = readProperties(call, { plainToo: true })
  if (type === 'AppendBlob') {
    if (Number(header(call, 'content-length') ?? 0) > 0) throw fault('InvalidHeaderValue', { header: 'Content-Length' })
    const blob = await createAppendBlob(plane.core, blobOf(call), { metadata, properties, conditions })
    return answer(call, 201, { ...stampHeaders(blob), ...NOT_ENCRYPTED })
  }
  if (type !== 'BlockBlob') throw fault('InvalidHeaderValue', { header: 'x-ms-blob-type' })
  const received = await receiveBody(plane, call, { limit: WHOLE_BYTES, md5: properties.contentMd5 === undefined })
  const contentMd5 = properties.contentMd5 ?? received.md5
  const blob = await putWhole(plane.core, blobOf(call), received, {
    metadata,
    properties: { ...properties, ...(contentMd5 !== undefined && { contentMd5 }) },
    conditions,
  })
  answer(call, 201, { ...stampHeaders(blob), ...bodyChecksums(received), ...NOT_ENCRYPTED })
}

/** Blobs lie on this machine's disk as they are: to say otherwise would be a lie. */
export const NOT_ENCRYPTED = { 'x-ms-request-server-encrypted': 'false' }

export const missing = (name: string) =>
  fault('MissingRequiredHeader', { header: name }, { details: [{ code: 'HeaderName', message: name }] })

export const writeConditions = (call: GrantedCall): Conditions => ({
  ...readConditions(call),
  ...(call.createOnly && { createOnly: true }),
})

export const bodyChecksums = ({ md5, crc64 }: Received): Record<string, string> => ({
  ...(md5 !== undefined && { 'Content-MD5': md5 }),
  ...(crc64 !== undefined && { 'x-ms-content-crc64': crc64 }),
})

/**
 * Takes in the body of a write and holds it to the checksums that came with it.
 *
 * @throws RequestBodyTooLarge, Md5Mismatch, Crc64Mismatch, InvalidMd5, InvalidCrc64, IncompleteBody, ContainerNotFound
 */
export async function receiveBody(
  { core }: Plane,
  call: Call,
  { limit, md5 = false }: { readonly limit: number; readonly md5?: boolean },
): Promise<Received> {
  const sent = readChecksums(call)
  const length = header(call, 'content-length')
  const expected = length === undefined ? undefined : Number(length)
  if (expected !== undefined && expected > limit) throw tooLarge(limit)
  // A long body is not taken in for a container that is not there.
  if (expected === undefined || expected > INLINE_BYTES) {
    const { account, container } = containerOf(call)
    if (!(await core.rows.container(account, container))) throw fault('ContainerNotFound')
  }
  const received = await receive(call.request, core.files, {
    limit,
    md5: md5 || sent.md5 !== undefined,
    crc64: sent.crc64 !== undefined,
    ...(expected !== undefined && { expected }),
  })
  const wrong = mismatch(sent, received)
  if (!wrong) return received
  await received.file?.discard()
  throw wrong
}

export const tooLarge = (limit: number) =>
  fault('RequestBodyTooLarge', { limit }, { details: [{ code: 'MaxLimit', message: String(limit) }] })

function mismatch(sent: ReturnType<typeof readChecksums>, { md5, crc64 }: Received) {
  if (sent.md5 !== undefined && sent.md5 !== md5) {
    return fault(
      'Md5Mismatch',
      {},
      {
        details: [
          { code: 'UserSpecifiedMd5', message: sent.md5 },
          { code: 'ServerCalculatedMd5', message: md5 ?? '' },
        ],
      },
    )
  }
  if (sent.crc64 !== undefined && sent.crc64 !== crc64) {
    return fault(
      'Crc64Mismatch',
      {},
      {
        details: [
          { code: 'UserSpecifiedCrc64', message: sent.crc64 },
          { code: 'ServerCalculatedCrc64', message: crc64 ?? '' },
        ],
      },
    )
  }
  return undefined
}

/** Delete Blob. There are no snapshots, so what is said of them is already so. */
export async function deleteBlob({ core }: Plane, call: GrantedCall): Promise<void> {
  const snapshots = header(call, 'x-ms-delete-snapshots')
  if (snapshots !== undefined && snapshots !== 'include' && snapshots !== 'only') {
    throw fault('InvalidHeaderValue', { header: 'x-ms-delete-snapshots' })
  }
  // `only` leaves the blob: it asks for its snapshots' removal, of which there are none.
  if (snapshots === 'only') throw fault('NotImplementedHere', { operation: 'Deleting the snapshots of a blob only' })
  if (call.query.get('deletetype') === 'permanent') {
    throw fault('NotImplementedHere', { operation: 'Deleting a soft-deleted version for good' })
  }
  await removeBlob(core, blobOf(call), readConditions(call))
  answer(call, 202, { 'x-ms-delete-type-permanent': 'true' })
}

/** Set Blob Metadata. */
export async function setMetadata({ core }: Plane, call: GrantedCall): Promise<void> {
  const changed = await changeMetadata(core, blobOf(call), readMetadata(call), readConditions(call))
  answer(call, 200, { ...stampHeaders(changed), ...NOT_ENCRYPTED })
}

/** Set Blob Properties. */
export async function setProperties({ core }: Plane, call: GrantedCall): Promise<void> {
  if (header(call, 'x-ms-blob-content-length') ?? header(call, 'x-ms-sequence-number-action')) {
    throw fault('NotImplementedHere', { operation: 'Resizing a page blob' })
  }
  const properties = readProperties(call, { plainToo: false })
  answer(call, 200, stampHeaders(await changeProperties(core, blobOf(call), properties, readConditions(call))))
}
