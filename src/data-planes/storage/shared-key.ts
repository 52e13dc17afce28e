import { type KeyObject, timingSafeEqual } from 'node:crypto'
import { signatureOf } from '../../blobs/sas.ts'
import { type Fault, fault } from '../../faults.ts'
import { type Call, header } from './call.ts'

/** How old a signed request may be, as Azure has it. */
const SKEW_MS = 15 * 60 * 1000

/**
 * Checks a `SharedKey` or `SharedKeyLite` header.
 *
 * Source: learn.microsoft.com, "Authorize with Shared Key".
 *
 * @throws StorageAuthenticationFailed, StorageInvalidAuthentication, KeyBasedAuthenticationNotPermitted
 */
export function demandSharedKey(call: Call, authorization: string, now: Date): void {
  const found = /^(SharedKey|SharedKeyLite) ([^:]+):([A-Za-z0-9+/=]+)$/.exec(authorization.trim())
  const [, scheme, account = '', signature = ''] = found ?? []
  if (!found) throw fault('StorageInvalidAuthentication')
  if (account !== call.account.name) throw failed(`The account '${account}' is not the one that is asked`)
  demandFresh(call, now)
  if (!call.account.allowsSharedKey) throw fault('KeyBasedAuthenticationNotPermitted')
  const texts = scheme === 'SharedKey' ? textsToSign(call) : liteTextsToSign(call)
  const sent = Buffer.from(signature, 'base64')
  for (const text of texts) if (isSigned(call, text, sent)) return
  const [likely = ''] = scheme === 'SharedKey' ? textsToSign(call) : liteTextsToSign(call)
  throw failed(
    `The MAC signature found in the HTTP request '${signature}' is not the same as any computed signature. Server used following string to sign: '${likely}'.`,
  )
}

/** Whether one of the account's keys makes this signature of the text. */
export const isSigned = ({ account }: Pick<Call, 'account'>, text: string, sent: Buffer): boolean =>
  isSignedWith(account.keys, text, sent)

export function isSignedWith(keys: readonly KeyObject[], text: string, sent: Buffer): boolean {
  return keys.some((key) => {
    const made = Buffer.from(signatureOf(text, key), 'base64')
    return made.length === sent.length && timingSafeEqual(made, sent)
  })
}

/** @throws never; makes the refusal with Azure's detail */
export const failed = (detail: string): Fault =>
  fault('StorageAuthenticationFailed', {}, { details: [{ code: 'AuthenticationErrorDetail', message: detail }] })

function demandFresh(call: Call, now: Date): void {
  const text = header(call, 'x-ms-date') ?? header(call, 'date')
  const time = text === undefined ? Number.NaN : Date.parse(text)
  if (Number.isNaN(time)) throw failed('The Date header in the request is missing or incorrect')
  if (Math.abs(now.getTime() - time) > SKEW_MS) throw failed(`Request date header too old: '${text}'`)
}

/** The texts that a client may have signed: likely ones first. The others are only made when those don't match. */
function* textsToSign(call: Call): Generator<string> {
  const one = (name: string): string => header(call, name) ?? ''
  const length = one('content-length')
  const head = [
    call.request.method ?? '',
    one('content-encoding'),
    one('content-language'),
    // Since 2015-02-21 an empty body's length is signed as nothing.
    length === '0' && call.version >= '2015-02-21' ? '' : length,
    one('content-md5'),
    one('content-type'),
    header(call, 'x-ms-date') === undefined ? one('date') : '',
    one('if-modified-since'),
    one('if-match'),
    one('if-none-match'),
    one('if-unmodified-since'),
    one('range'),
  ].join('\n')
  const query = canonicalQuery(call)
  for (const headers of canonicalHeaders(call)) {
    for (const path of resources(call)) yield `${head}\n${headers}${path}${query}`
  }
}

function* liteTextsToSign(call: Call): Generator<string> {
  const one = (name: string): string => header(call, name) ?? ''
  const date = header(call, 'x-ms-date') === undefined ? one('date') : ''
  const head = [call.request.method ?? '', one('content-md5'), one('content-type'), date].join('\n')
  const comp = call.query.get('comp')
  for (const headers of canonicalHeaders(call)) {
    for (const path of resources(call)) {
      yield `${head}\n${headers}${path}${comp === undefined ? '' : `?comp=${comp}`}`
    }
  }
}

/**
 * The account before the path. A client of an account's own host signs the path below it; one that was given a URL
 * with the account in the path signs that whole path (`/_blob/{account}/…`), or as for Azurite `/{account}/…`.
 */
function* resources({ account: { name }, path, request }: Call): Generator<string> {
  yield `/${name}${path}`
  const raw = (request.url ?? '').replace(/^https?:\/\/[^/?]+/i, '').split('?', 1)[0] ?? ''
  if (raw !== path) {
    yield `/${name}${raw}`
    yield `/${name}/${name}${path}`
  }
}

function* canonicalHeaders({ request }: Call): Generator<string> {
  const signed: [string, string][] = []
  for (const [name, value] of Object.entries(request.headers)) {
    if (name.startsWith('x-ms-')) signed.push([name, (Array.isArray(value) ? value.join(',') : (value ?? '')).trim()])
  }
  const text = (headers: readonly [string, string][]): string =>
    headers.map(([name, value]) => `${name}:${value}\n`).join('')
  const plain = signed.toSorted(([a], [b]) => (a < b ? -1 : 1))
  yield text(plain)
  // Newer clients sort as the service's own culture does, where a hyphen weighs nothing.
  const cultured = signed.toSorted(([a], [b]) => compareNames(a, b))
  if (cultured.some(([name], at) => plain[at]?.[0] !== name)) yield text(cultured)
  const folded = plain.map(([name, value]): [string, string] => [name, value.replace(/\s+/g, ' ')])
  if (folded.some(([, value], at) => plain[at]?.[1] !== value)) yield text(folded)
}

/** Hyphens count only between names that are else the same: the one with the earlier hyphen comes later. */
function compareNames(a: string, b: string): number {
  // An underscore weighs less than digits and letters, unlike in ASCII.
  const [bareA, bareB] = [a, b].map((name) => name.replaceAll('-', '').replaceAll('_', '!')) as [string, string]
  if (bareA !== bareB) return bareA < bareB ? -1 : 1
  let at = 0
  while (at < a.length && a[at] === b[at]) at += 1
  return a === b ? 0 : a[at] === '-' ? 1 : -1
}

function canonicalQuery({ query }: Call): string {
  if (query.size === 0) return ''
  return [...query.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `\n${name}:${value}`)
    .join('')
}
