import { readFile } from 'node:fs/promises'
import type { Conditions } from '../../blobs/conditions.ts'
import { INLINE_BYTES, type Received, receive } from '../../blobs/receive.ts'
import { fault } from '../../faults.ts'
import { type Call, containerOf, header } from './call.ts'
import type { GrantedCall, Plane } from './plane.ts'
import { readChecksums, readConditions } from './request-headers.ts'

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
  { limit, md5 = false, seals = true }: { readonly limit: number; readonly md5?: boolean; readonly seals?: boolean },
): Promise<Received> {
  const sent = readChecksums(call)
  const length = header(call, 'content-length')
  const expected = length === undefined ? undefined : Number(length)
  if (expected !== undefined && expected > limit) throw tooLarge(limit)
  // A long body is not taken in for a container that is not there.
  if (expected === undefined || expected > INLINE_BYTES) {
    const { account, container } = containerOf(call)
    if (call.container !== undefined && !(await core.rows.container(account, container)))
      throw fault('ContainerNotFound')
  }
  const received = await receive(call.request, core.files, {
    limit,
    md5: md5 || sent.md5 !== undefined,
    crc64: sent.crc64 !== undefined,
    ...(expected !== undefined && { expected }),
    ...(seals && { seal: core.seals.begin(call.account.name) }),
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

/** Takes in a document. A long one has become a file on its way in, which goes again. */
export async function receiveDocument(
  plane: Plane,
  call: Call,
  limit: number,
): Promise<{ readonly text: string; readonly received: Received }> {
  const received = await receiveBody(plane, call, { limit, seals: false })
  const { bytes, file } = received
  if (!file) return { text: Buffer.from(bytes ?? []).toString('utf8'), received }
  try {
    return { text: await readFile(plane.core.files.path(file.id), 'utf8'), received }
  } finally {
    await file.discard()
  }
}

export const receiveText = async (plane: Plane, call: Call, limit: number): Promise<string> =>
  (await receiveDocument(plane, call, limit)).text
