import type { AppendConditions } from '../../blobs/appends.ts'
import type { Conditions } from '../../blobs/conditions.ts'
import { parseTags } from '../../blobs/tag-expression.ts'
import { fault } from '../../faults.ts'
import type { BlobProperties } from '../../store/blobs.ts'
import { type Call, header } from './call.ts'
import type { Operation } from './plane.ts'
import { demandVersion } from './versions.ts'

const METADATA = 'x-ms-meta-'
/** Azure's metadata names are C# identifiers. */
const METADATA_NAME = /^[A-Za-z_]\w*$/
const METADATA_BYTES = 8 * 1024

/**
 * The metadata that a request carries; names in the spelling in which they came.
 *
 * @throws InvalidMetadata, EmptyMetadataKey, MetadataTooLarge
 */
export function readMetadata({ request }: Call): Record<string, string> {
  const metadata: Record<string, string> = {}
  let bytes = 0
  const { rawHeaders } = request
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const full = rawHeaders[at] ?? ''
    if (full.length < METADATA.length || full.slice(0, METADATA.length).toLowerCase() !== METADATA) continue
    const name = full.slice(METADATA.length)
    if (name === '') throw fault('EmptyMetadataKey')
    if (!METADATA_NAME.test(name)) throw fault('InvalidMetadata')
    const value = (rawHeaders[at + 1] ?? '').trim()
    bytes += name.length + value.length
    metadata[name] = metadata[name] === undefined ? value : `${metadata[name]},${value}`
  }
  if (bytes > METADATA_BYTES) throw fault('MetadataTooLarge')
  return metadata
}

export const hasMetadata = ({ request }: Call): boolean =>
  Object.keys(request.headers).some((name) => name.startsWith(METADATA))

/**
 * What a write says of a blob's content: the `x-ms-blob-*` header, or where it may, the plain one of the request.
 *
 * @throws InvalidMd5, InvalidHeaderValue, NotImplementedHere
 */
export function readProperties(call: Call, options: { readonly plainToo: boolean }): BlobProperties {
  const one = (name: string): string | undefined =>
    header(call, `x-ms-blob-${name}`) ?? (options.plainToo ? header(call, name) : undefined)
  const contentType = one('content-type')
  const contentEncoding = one('content-encoding')
  const contentLanguage = one('content-language')
  const contentDisposition = header(call, 'x-ms-blob-content-disposition')
  const cacheControl = one('cache-control')
  const contentMd5 = header(call, 'x-ms-blob-content-md5')
  if (contentMd5 !== undefined) demandMd5(contentMd5)
  const tier = readTier(call)
  return {
    ...(contentType && { contentType }),
    ...(contentEncoding && { contentEncoding }),
    ...(contentLanguage && { contentLanguage }),
    ...(contentDisposition && { contentDisposition }),
    ...(cacheControl && { cacheControl }),
    ...(contentMd5 && { contentMd5 }),
    ...(tier && { tier }),
  }
}

function readTier(call: Call): BlobProperties['tier'] {
  const tier = header(call, 'x-ms-access-tier')
  return tier === undefined ? undefined : demandTier(tier)
}

/** @throws InvalidHeaderValue */
export function demandTier(tier: string): NonNullable<BlobProperties['tier']> {
  if (tier === 'Hot' || tier === 'Cool' || tier === 'Cold' || tier === 'Archive') return tier
  throw fault('InvalidHeaderValue', { header: 'x-ms-access-tier' })
}

/** @throws InvalidMd5 */
export function demandMd5(text: string): void {
  if (Buffer.from(text, 'base64').length !== 16) throw fault('InvalidMd5')
}

/** Checksums that the sender gave for the body. @throws InvalidMd5, InvalidCrc64 */
export function readChecksums(call: Call): { readonly md5: string | undefined; readonly crc64: string | undefined } {
  const md5 = header(call, 'content-md5')
  if (md5 !== undefined) demandMd5(md5)
  const crc64 = header(call, 'x-ms-content-crc64')
  if (crc64 !== undefined && Buffer.from(crc64, 'base64').length !== 8) throw fault('InvalidCrc64')
  return { md5, crc64 }
}

/** Conditions of a request, or with `x-ms-source-` those on a copy's source. @throws InvalidHeaderValue, NotImplementedHere */
export function readConditions(call: Call, prefix: '' | 'x-ms-source-' = ''): Conditions {
  const ifMatch = header(call, `${prefix}if-match`)
  const ifNoneMatch = header(call, `${prefix}if-none-match`)
  const modified = header(call, `${prefix}if-modified-since`)
  const unmodified = header(call, `${prefix}if-unmodified-since`)
  const tags = header(call, prefix === '' ? 'x-ms-if-tags' : 'x-ms-source-if-tags')
  const lease = header(call, prefix === '' ? 'x-ms-lease-id' : 'x-ms-source-lease-id')
  if (!(ifMatch ?? ifNoneMatch ?? modified ?? unmodified ?? tags ?? lease)) return {}
  return {
    ...(ifMatch !== undefined && { ifMatch }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch }),
    ...(modified !== undefined && { ifModifiedSince: readDate(modified, 'If-Modified-Since') }),
    ...(unmodified !== undefined && { ifUnmodifiedSince: readDate(unmodified, 'If-Unmodified-Since') }),
    ...(tags !== undefined && {
      ifTags: parseTags(tags, () => fault('InvalidHeaderValue', { header: 'x-ms-if-tags' })),
    }),
    ...(lease !== undefined && { lease: demandGuid(lease, 'x-ms-lease-id') }),
  }
}

/** @throws InvalidHeaderValue */
export function demandGuid(text: string, name: string): string {
  const bare = text.replace(/^[{(]?(.*?)[})]?$/, '$1')
  const isGuid = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})$/i.test(bare)
  if (!isGuid) throw fault('InvalidHeaderValue', { header: name })
  return bare
}

function readDate(text: string, name: string): number {
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw fault('InvalidHeaderValue', { header: name })
  return Math.floor(time / 1000)
}

/** @throws InvalidHeaderValue */
export function readAppendConditions(call: Call): AppendConditions {
  const position = readCount(call, 'x-ms-blob-condition-appendpos')
  const maxSize = readCount(call, 'x-ms-blob-condition-maxsize')
  return {
    ...readConditions(call),
    ...(position !== undefined && { position }),
    ...(maxSize !== undefined && { maxSize }),
  }
}

export function readCount(call: Call, name: string): number | undefined {
  const text = header(call, name)
  if (text === undefined) return undefined
  if (!/^\d{1,15}$/.test(text)) throw fault('InvalidHeaderValue', { header: name })
  return Number(text)
}

/**
 * The bytes that a read asks for, end exclusive; undefined for all of them. `x-ms-range` goes before `Range`. A range
 * that can't be read as one is no range, as HTTP and Azure have it.
 *
 * @throws InvalidRange
 */
export function readRange(call: Call, size: number): { readonly start: number; readonly end: number } | undefined {
  const text = header(call, 'x-ms-range') ?? header(call, 'range')
  const found = text === undefined ? null : /^bytes=(\d+)-(\d*)$/.exec(text.trim())
  if (!found) return undefined
  const start = Number(found[1])
  const last = found[2] === '' ? size - 1 : Number(found[2])
  if (last < start && start < size) return undefined
  // An empty blob has no first byte either; clients then ask for all of it.
  if (start >= size) throw fault('InvalidRange', {}, { headers: { 'Content-Range': `bytes */${size}` } })
  return { start, end: Math.min(last + 1, size) }
}

/** What a request may carry that is not done here: refused by name, never passed over. */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [
    /^x-ms-(encryption-(key|scope|algorithm)|default-encryption-scope|deny-encryption-scope)/,
    'Encryption with a key or scope of the customer',
  ],
  [/^x-ms-immutability-policy/, 'An immutability policy'],
  [/^x-ms-legal-hold$/, 'A legal hold'],
  [/^x-ms-structured-body$/, 'A structured message body'],
]

/** What asks for nothing but what is so anyway: the scope that is every account's own, no hold. */
const isPlain = (name: string, value: unknown): boolean =>
  /scope$/.test(name) ? value === '$account-encryption-key' : /override$|hold$/.test(name) && value === 'false'

/** @throws NotImplementedHere, InvalidHeaderValue, InvalidQueryParameterValue */
export function refuseUnknown(call: Call, { past }: Pick<Operation, 'past'>): void {
  for (const name in call.request.headers) {
    if (!name.startsWith('x-ms-')) continue
    for (const [pattern, operation] of REFUSED) {
      if (pattern.test(name) && !isPlain(name, call.request.headers[name]))
        throw fault('NotImplementedHere', { operation })
    }
  }
  if (!past && (call.query.has('snapshot') || call.query.has('versionid'))) throw fault('InvalidQueryParameterValue')
  demandVersion(call.version)
}
