import { createHash } from 'node:crypto'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
const C1 = 0x239b961b
const C2 = 0xab0e9789

const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by))
const mix1 = (k: number): number => Math.imul(rotate(Math.imul(k, C1), 15), C2)
const mix2 = (k: number): number => Math.imul(rotate(Math.imul(k, C2), 17), C1)

function avalanche(value: number): number {
  let h = value ^ (value >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** Up to four bytes, the lowest first; what is past the end counts as zero. */
const word = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)

/**
 * Azure's 64-bit variant of MurmurHash (two 32-bit halves), as it is publicly known. It stands behind `uniqueString`
 * and the hash of a template.
 */
export function murmur64(text: string): bigint {
  const bytes = Buffer.from(text, 'utf8')
  let h1 = 0
  let h2 = 0
  let at = 0
  for (; at + 7 < bytes.length; at += 8) {
    h1 = rotate(h1 ^ mix1(word(bytes, at)), 19)
    h1 = (Math.imul((h1 + h2) | 0, 5) + 0x561ccd1b) | 0
    h2 = rotate(h2 ^ mix2(word(bytes, at + 4)), 13)
    h2 = (Math.imul((h2 + h1) | 0, 5) + 0x0bcaa747) | 0
  }
  const rest = bytes.length - at
  if (rest > 0) h1 ^= mix1(word(bytes, at))
  if (rest > 4) h2 ^= mix2(word(bytes, at + 4))
  h1 ^= bytes.length
  h2 ^= bytes.length
  h1 = (h1 + h2) | 0
  h2 = (h2 + h1) | 0
  h1 = avalanche(h1)
  h2 = avalanche(h2)
  h1 = (h1 + h2) | 0
  h2 = (h2 + h1) | 0
  return (BigInt(h2 >>> 0) << 32n) | BigInt(h1 >>> 0)
}

/** Thirteen letters and digits that are always the same for the same texts. */
export function uniqueString(texts: readonly string[]): string {
  let hash = murmur64(texts.join('-'))
  let made = ''
  for (let digit = 0; digit < 13; digit++) {
    made += ALPHABET[Number(hash >> 59n)]
    hash = (hash << 5n) & 0xffffffffffffffffn
  }
  return made
}

const NAMESPACE = Buffer.from('11fb06fb712d4ddd98c7e71bbd588830', 'hex')

/** A GUID that is always the same for the same texts: RFC 4122's version 5 in Azure's own namespace. */
export function nameGuid(texts: readonly string[]): string {
  const hash = createHash('sha1').update(NAMESPACE).update(texts.join('-'), 'utf8').digest().subarray(0, 16)
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
