import { Readable } from 'node:stream'
import type { StorageAccount } from '../../blobs/accounts.ts'
import { openBlob } from '../../blobs/blob-reads.ts'
import { demandForRead } from '../../blobs/conditions.ts'
import type { BlobAddress } from '../../blobs/core.ts'
import { type Received, receive } from '../../blobs/receive.ts'
import { fault, isFault } from '../../faults.ts'
import { demandToken, isAllowed, sasContext } from './authorize.ts'
import { blobOf, type Call, header, keptUnder, readTarget, type Target } from './call.ts'
import type { GrantedCall, Plane } from './plane.ts'
import { missing } from './receive-body.ts'
import { demandMd5, readConditions } from './request-headers.ts'
import { demandSas, hasSas } from './shared-access.ts'

interface Source extends Target {
  readonly account: StorageAccount
  readonly service: 'blob' | 'file'
}

/**
 * The blob of this install that a request names as its source, once the asker may read it. Sources elsewhere are
 * refused: this server asks nobody for anything on a client's word.
 *
 * @throws ForeignCopySource, CannotVerifyCopySource, AuthorizationPermissionMismatch, InvalidHeaderValue, InvalidUri
 */
export async function readableSource(plane: Plane, call: GrantedCall): Promise<{ at: BlobAddress; url: string }> {
  const text = header(call, 'x-ms-copy-source')
  if (text === undefined) throw missing('x-ms-copy-source')
  if ((header(call, 'content-length') ?? '0') !== '0') throw fault('InvalidHeaderValue', { header: 'Content-Length' })
  const source = await sourceAt(plane, call, text)
  await demandReadable(plane, call, source)
  // A SAS in the source's URL is a secret: it is not shown with the copy.
  return { at: blobOf({ ...call, ...source }), url: text.split('?', 1)[0] ?? '' }
}

/**
 * Takes in a range of a source's bytes, as if it were the body of the request.
 *
 * @throws as `readableSource`, and InvalidRange, RequestBodyTooLarge, SourceConditionNotMet, Md5Mismatch, Crc64Mismatch
 */
export async function receiveFromUrl(
  plane: Plane,
  call: GrantedCall,
  { limit, length }: { readonly limit: number; readonly length?: number },
): Promise<Received> {
  const { core } = plane
  const { at } = await readableSource(plane, call)
  const md5 = header(call, 'x-ms-source-content-md5')
  if (md5 !== undefined) demandMd5(md5)
  const crc64 = header(call, 'x-ms-source-content-crc64')
  const opened = await openSource(plane, at)
  try {
    demandSourceConditions(opened.blob, call, core.now().getTime())
    const { start, end } = sourceRange(call, opened.blob.size)
    if (end - start > limit) throw fault('RequestBodyTooLarge', { limit })
    if (length !== undefined && end - start !== length)
      throw fault('InvalidHeaderValue', { header: 'x-ms-source-range' })
    const received = await receive(Readable.from(opened.chunks(start, end, true), { objectMode: false }), core.files, {
      limit,
      md5: true,
      crc64: crc64 !== undefined,
      seal: core.seals.begin(call.account.name),
    })
    const wrong =
      md5 !== undefined && md5 !== received.md5
        ? fault('Md5Mismatch')
        : crc64 !== undefined && crc64 !== received.crc64
          ? fault('Crc64Mismatch')
          : undefined
    if (!wrong) return received
    await received.file?.discard()
    throw wrong
  } finally {
    opened.close()
  }
}

async function openSource({ core }: Plane, at: BlobAddress): ReturnType<typeof openBlob> {
  try {
    const opened = await openBlob(core, at)
    if (opened.blob.properties.tier !== 'Archive') return opened
    opened.close()
    throw fault('BlobArchived')
  } catch (error) {
    if (isFault(error) && error.status === 404) throw fault('CannotVerifyCopySource', {}, { cause: error })
    throw error
  }
}

function demandSourceConditions(blob: Parameters<typeof demandForRead>[0], call: Call, now: number): void {
  const conditions = readConditions(call, 'x-ms-source-')
  try {
    demandForRead(blob, conditions, { now })
  } catch (cause) {
    throw fault('SourceConditionNotMet', {}, { cause })
  }
}

/** @throws InvalidRange, InvalidHeaderValue */
function sourceRange(call: Call, size: number): { readonly start: number; readonly end: number } {
  const text = header(call, 'x-ms-source-range')
  if (text === undefined) return { start: 0, end: size }
  const [, first, last] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(text.trim()) ?? []
  if (first === undefined) throw fault('InvalidHeaderValue', { header: 'x-ms-source-range' })
  const start = Number(first)
  const end = last === undefined || last === '' ? size : Math.min(Number(last) + 1, size)
  if (start >= end) throw fault('InvalidRange')
  return { start, end }
}

/** What a source's URL names here. @throws ForeignCopySource, InvalidHeaderValue, InvalidUri */
async function sourceAt({ accounts }: Plane, { context }: GrantedCall, text: string): Promise<Source> {
  if (!URL.canParse(text)) throw fault('InvalidHeaderValue', { header: 'x-ms-copy-source' })
  for (const service of ['blob', 'file'] as const) {
    // How this origin writes an account's URL says how to read one.
    const mark = 'lazuli0mark'
    const [before = '', after = ''] = withoutScheme(context.origin.storage(mark, service)).split(mark)
    const rest = withoutScheme(text)
    const name = rest.toLowerCase().startsWith(before) ? rest.slice(before.length).split(/[./?]/, 1)[0] : undefined
    const below = name === undefined ? '' : rest.slice(before.length + name.length)
    if (!name || !below.toLowerCase().startsWith(`${after}/`)) continue
    const account = await accounts.get(name.toLowerCase())
    if (!account) throw fault('ForeignCopySource')
    const target = readTarget(below.slice(after.length))
    if (target.blob === undefined) throw fault('InvalidHeaderValue', { header: 'x-ms-copy-source' })
    return { ...target, account, service }
  }
  throw fault('ForeignCopySource')
}

const withoutScheme = (url: string): string => url.replace(/^https?:\/\//i, '')

const READ = {
  blob: [{ action: 'blobServices/containers/blobs/read', kind: 'dataActions' }],
  file: [{ action: 'fileServices/fileshares/files/read', kind: 'dataActions' }],
} as const

/** @throws CannotVerifyCopySource, AuthorizationPermissionMismatch, and what a SAS may lack */
async function demandReadable(plane: Plane, call: GrantedCall, source: Source): Promise<void> {
  if (hasSas(source)) {
    const access = await demandSas({ ...source, request: call.request }, sasContext(plane, source))
    const isObject = access.kind === 'service' || access.resourceTypes.includes('o')
    if (access.permissions.includes('r') && isObject) return
    throw fault('AuthorizationPermissionMismatch')
  }
  const bearer = header(call, 'x-ms-copy-source-authorization')
  if (bearer !== undefined) {
    if (await isAllowed(plane, source, await demandToken(plane, call, bearer), READ[source.service])) return
    throw fault('AuthorizationPermissionMismatch')
  }
  const { asker } = call
  if (asker.by === 'key' && source.account.name === call.account.name) return
  if (asker.by === 'token' && (await isAllowed(plane, source, asker.caller, READ[source.service]))) return
  if (isOwnSas(call, source)) return
  const container = await plane.core.rows.container(keptUnder(source), source.container ?? '')
  if (source.account.allowsPublicAccess && container?.publicAccess) return
  throw fault('CannotVerifyCopySource')
}

/** The SAS of the call itself reads the source too: it is for the account, or for the container of both. */
function isOwnSas({ asker, account, service }: GrantedCall, source: Source): boolean {
  if ((service === 'file') !== (source.service === 'file')) return false
  if (asker.by !== 'sas' || source.account.name !== account.name || !asker.access.permissions.includes('r'))
    return false
  const { access } = asker
  if (access.kind === 'account') return access.resourceTypes.includes('o')
  return access.blob === undefined && access.folder === '' && access.container === source.container
}
