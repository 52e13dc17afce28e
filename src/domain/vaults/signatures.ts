import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { fault } from '../../faults.ts'
import { type JsonObject, textAt } from '../../json.ts'
import { encodePss, verifyPss } from './emsa-pss.ts'
import { asNodeKey } from './key-material.ts'

/** Signs and verifies hashes, which are made elsewhere: `digest` has the length of the algorithm's hash. */
interface SignatureAlgorithm {
  readonly kty: 'RSA' | 'EC' | 'oct'
  /** Bytes of the hash; undefined where any length will do. */
  readonly size?: number
  readonly crv?: string
  sign(key: JsonObject, digest: Buffer): Buffer
  verify(key: JsonObject, digest: Buffer, signature: Buffer): boolean
}

/** The DER of `DigestInfo` before a hash: RFC 8017, section 9.2, note 1. */
const DIGEST_INFO: Readonly<Record<string, string>> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
}

const rsaPublic = (key: JsonObject) =>
  createPublicKey({ format: 'jwk', key: { kty: 'RSA', n: text(key, 'n'), e: text(key, 'e') } })
const rsaPrivate = (key: JsonObject) => createPrivateKey({ format: 'jwk', key: asNodeKey(key) })
const text = (key: JsonObject, name: string): string => textAt(key[name]) ?? ''
const bitsOf = (key: JsonObject): number => Buffer.from(text(key, 'n'), 'base64url').length * 8
const equal = (left: Buffer, right: Buffer): boolean => left.length === right.length && timingSafeEqual(left, right)

/** PKCS #1 v1.5 over `prefix` and the hash. */
const pkcs1 = (prefix: string, size?: number): SignatureAlgorithm => {
  const encoded = (digest: Buffer) => Buffer.concat([Buffer.from(prefix, 'hex'), digest])
  return {
    kty: 'RSA',
    ...(size !== undefined && { size }),
    sign: (key, digest) =>
      privateEncrypt({ key: rsaPrivate(key), padding: constants.RSA_PKCS1_PADDING }, encoded(digest)),
    verify: (key, digest, signature) =>
      fails(() =>
        equal(publicDecrypt({ key: rsaPublic(key), padding: constants.RSA_PKCS1_PADDING }, signature), encoded(digest)),
      ),
  }
}

const pss = (hash: string, size: number): SignatureAlgorithm => ({
  kty: 'RSA',
  size,
  sign(key, digest) {
    const encoded = encodePss(digest, hash, randomBytes(size), bitsOf(key))
    return privateEncrypt({ key: rsaPrivate(key), padding: constants.RSA_NO_PADDING }, encoded)
  },
  verify: (key, digest, signature) =>
    fails(() => {
      const encoded = publicDecrypt({ key: rsaPublic(key), padding: constants.RSA_NO_PADDING }, signature)
      return verifyPss(encoded, digest, hash, bitsOf(key))
    }),
})

const curves = { 'P-256': p256, 'P-384': p384, 'P-521': p521, 'P-256K': secp256k1 } as const

/** node:crypto's ECDSA hashes what it is given, so the curve's arithmetic comes from a library. */
const ecdsa = (crv: keyof typeof curves, size: number): SignatureAlgorithm => {
  const curve = curves[crv]
  const options = { prehash: false, lowS: false } as const
  return {
    kty: 'EC',
    size,
    crv,
    sign: (key, digest) => Buffer.from(curve.sign(digest, Buffer.from(text(key, 'd'), 'base64url'), options)),
    verify: (key, digest, signature) =>
      fails(() => {
        const point = Buffer.concat([
          Buffer.from([4]),
          Buffer.from(text(key, 'x'), 'base64url'),
          Buffer.from(text(key, 'y'), 'base64url'),
        ])
        return curve.verify(signature, digest, point, options)
      }),
  }
}

const hmac = (hash: string): SignatureAlgorithm => {
  const sign = (key: JsonObject, bytes: Buffer) =>
    createHmac(hash, Buffer.from(text(key, 'k'), 'base64url'))
      .update(bytes)
      .digest()
  return { kty: 'oct', sign, verify: (key, bytes, signature) => equal(sign(key, bytes), signature) }
}

/** RFC 7518's signature algorithms, and RSNULL: a PKCS #1 block over bytes as they are. */
const algorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  RS256: pkcs1(DIGEST_INFO.sha256 ?? '', 32),
  RS384: pkcs1(DIGEST_INFO.sha384 ?? '', 48),
  RS512: pkcs1(DIGEST_INFO.sha512 ?? '', 64),
  RSNULL: pkcs1(''),
  PS256: pss('sha256', 32),
  PS384: pss('sha384', 48),
  PS512: pss('sha512', 64),
  ES256: ecdsa('P-256', 32),
  ES384: ecdsa('P-384', 48),
  ES512: ecdsa('P-521', 64),
  ES256K: ecdsa('P-256K', 32),
  HS256: hmac('sha256'),
  HS384: hmac('sha384'),
  HS512: hmac('sha512'),
}

/** @throws VaultBadParameter where the algorithm is none, not this key's, or the hash has another length */
export function signDigest(key: JsonObject, alg: string, digest: Buffer): Buffer {
  const algorithm = algorithmFor(key, alg, digest)
  try {
    return algorithm.sign(key, digest)
  } catch (cause) {
    throw fault('VaultBadParameter', { reason: `What is to be signed does not fit ${alg} with this key` }, { cause })
  }
}

/** @throws as `signDigest` */
export const verifyDigest = (
  key: JsonObject,
  alg: string,
  { digest, signature }: { digest: Buffer; signature: Buffer },
) => algorithmFor(key, alg, digest).verify(key, digest, signature)

function algorithmFor(key: JsonObject, alg: string, digest: Buffer): SignatureAlgorithm {
  const algorithm = Object.hasOwn(algorithms, alg) ? algorithms[alg] : undefined
  if (!algorithm) throw fault('VaultBadParameter', { reason: `'${alg.slice(0, 20)}' is no algorithm for signatures` })
  if (algorithm.kty !== key.kty || (algorithm.crv !== undefined && algorithm.crv !== key.crv)) {
    const kind = key.kty === 'EC' ? `EC ${key.crv}` : key.kty
    throw fault('VaultBadParameter', { reason: `'${alg}' is not supported for a key of type ${kind}` })
  }
  if (algorithm.size !== undefined && digest.length !== algorithm.size) {
    throw fault('VaultBadParameter', {
      reason: `Invalid length of 'value': ${alg} takes a hash of ${algorithm.size} bytes`,
    })
  }
  return algorithm
}

/** A signature that can't even be read is a wrong one. */
function fails(check: () => boolean): boolean {
  try {
    return check()
  } catch {
    return false
  }
}
