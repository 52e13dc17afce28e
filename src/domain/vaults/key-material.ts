import { createPrivateKey, generateKeyPair, type JsonWebKey, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { fault } from '../../faults.ts'
import { type JsonObject, textAt } from '../../json.ts'

export type KeyType = 'RSA' | 'EC' | 'oct'

/** A key of a vault: what is shown of it, and what is sealed, both as JWK in Key Vault's names. */
export interface KeyMaterial {
  readonly shown: JsonObject
  readonly secret: JsonObject
}

export interface KeyWish {
  readonly kty: string
  readonly key_size?: number
  readonly crv?: string
  readonly key_ops?: readonly string[]
  readonly public_exponent?: number
}

const generate = promisify(generateKeyPair)
const RSA_BITS = [2048, 3072, 4096]
const OCT_BITS = [128, 192, 256]
const EXPONENT = 65_537
/** Key Vault's name of a curve, and OpenSSL's where it differs. */
const CURVES: Readonly<Record<string, string>> = {
  'P-256': 'P-256',
  'P-384': 'P-384',
  'P-521': 'P-521',
  'P-256K': 'secp256k1',
}
const OPERATIONS: Readonly<Record<KeyType, readonly string[]>> = {
  RSA: ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'],
  EC: ['sign', 'verify'],
  oct: ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey', 'sign', 'verify'],
}

const refuse = (reason: string) => fault('VaultBadParameter', { reason })

/** Makes a key. @throws VaultBadParameter, VaultNotSupported */
export async function makeKey({ kty, ...wish }: KeyWish): Promise<KeyMaterial> {
  const type = keyType(kty)
  const operations = keyOperations(type, wish.key_ops)
  if (type === 'RSA') {
    const bits = sizeOf(wish.key_size ?? 2048, RSA_BITS)
    if (wish.public_exponent !== undefined && wish.public_exponent !== EXPONENT) {
      throw refuse(`public_exponent must be ${EXPONENT}`)
    }
    const { privateKey } = await generate('rsa', { modulusLength: bits, publicExponent: EXPONENT })
    return materialOf(privateKey.export({ format: 'jwk' }), operations)
  }
  if (type === 'EC') {
    const { privateKey } = await generate('ec', { namedCurve: curveOf(wish.crv ?? 'P-256') })
    return materialOf(privateKey.export({ format: 'jwk' }), operations)
  }
  const bits = sizeOf(wish.key_size ?? 256, OCT_BITS)
  return materialOf({ kty: 'oct', k: randomBytes(bits / 8).toString('base64url') }, operations)
}

/** A key that a client brings, as JWK in Key Vault's names. @throws VaultBadParameter, VaultNotSupported */
export function importKey(jwk: JsonObject): KeyMaterial {
  const type = keyType(textAt(jwk.kty) ?? '')
  const operations = keyOperations(type, Array.isArray(jwk.key_ops) ? jwk.key_ops.map(String) : undefined)
  if (type === 'oct') {
    const bytes = Buffer.from(textAt(jwk.k) ?? '', 'base64url')
    sizeOf(bytes.length * 8, OCT_BITS)
    return materialOf({ kty: 'oct', k: bytes.toString('base64url') }, operations)
  }
  const parts = Object.fromEntries(
    Object.entries(jwk).flatMap(([name, value]) =>
      typeof value === 'string' && PARTS.has(name)
        ? [[name, Buffer.from(value, 'base64url').toString('base64url')]]
        : [],
    ),
  )
  const given = type === 'RSA' ? { ...parts, kty: 'RSA' } : { ...parts, kty: 'EC', crv: curveOf(textAt(jwk.crv) ?? '') }
  let own: JsonWebKey
  try {
    own = createPrivateKey({ format: 'jwk', key: given }).export({ format: 'jwk' })
  } catch (cause) {
    throw fault('VaultBadParameter', { reason: 'The key is no private key of its type' }, { cause })
  }
  if (type === 'RSA') sizeOf(bitsOf(own.n ?? ''), RSA_BITS)
  return materialOf(own, operations)
}

const PARTS: ReadonlySet<string> = new Set(['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi', 'x', 'y'])

/** How a key of the vault is made again: what a rotation asks for. */
export function sameKind(shown: JsonObject): KeyWish {
  const operations = Array.isArray(shown.key_ops) ? { key_ops: shown.key_ops.map(String) } : {}
  if (shown.kty === 'RSA') return { kty: 'RSA', key_size: bitsOf(textAt(shown.n) ?? ''), ...operations }
  if (shown.kty === 'EC') return { kty: 'EC', crv: textAt(shown.crv) ?? '', ...operations }
  return { kty: 'oct', key_size: Number(shown.size), ...operations }
}

/** The JWK as node:crypto takes it. */
export const asNodeKey = (jwk: JsonObject): JsonWebKey =>
  (jwk.kty === 'EC' ? { ...jwk, crv: CURVES[textAt(jwk.crv) ?? ''] ?? '' } : jwk) as JsonWebKey

/** @throws VaultBadParameter for an operation that a key of this type can't do */
export function keyOperations(type: KeyType, asked: readonly string[] | undefined): readonly string[] {
  if (asked === undefined || asked.length === 0)
    return OPERATIONS[type].filter((one) => type !== 'oct' || !SIGNS.has(one))
  const wrong = asked.find((one) => !OPERATIONS[type].includes(one))
  if (wrong !== undefined) throw refuse(`key_ops has '${wrong.slice(0, 40)}', which no key of type ${type} can do here`)
  return [...new Set(asked)]
}
const SIGNS: ReadonlySet<string> = new Set(['sign', 'verify'])

/** @throws VaultBadParameter for a type that is none; VaultNotSupported for keys of a hardware module */
export function keyType(kty: string): KeyType {
  if (/-HSM$/i.test(kty)) {
    throw fault('VaultNotSupported', {
      reason: `Keys of type '${kty.slice(0, 20)}' live in a hardware security module, and there is none here. Ask for RSA, EC or oct.`,
    })
  }
  if (kty === 'RSA' || kty === 'EC' || kty === 'oct') return kty
  throw refuse(`kty '${kty.slice(0, 20)}' is none of RSA, EC, oct`)
}

function materialOf(jwk: JsonWebKey, operations: readonly string[]): KeyMaterial {
  const { kty = '', n, e, crv, x, y, d, p, q, dp, dq, qi, k } = jwk
  const name = Object.keys(CURVES).find((one) => CURVES[one] === crv)
  const shown = defined({ kty, key_ops: operations, n, e, crv: name, x, y })
  const size = k === undefined ? {} : { size: Buffer.from(k, 'base64url').length * 8 }
  return { shown: { ...shown, ...size }, secret: { ...shown, ...defined({ d, p, q, dp, dq, qi, k }) } }
}

const defined = (values: Readonly<Record<string, string | readonly string[] | undefined>>): JsonObject =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

function curveOf(crv: string): string {
  const curve = CURVES[crv]
  if (curve === undefined) throw refuse(`crv '${crv.slice(0, 20)}' is none of ${Object.keys(CURVES).join(', ')}`)
  return curve
}

function sizeOf(bits: number, known: readonly number[]): number {
  if (!known.includes(bits)) throw refuse(`key_size ${bits} is none of ${known.join(', ')}`)
  return bits
}

const bitsOf = (modulus: string): number => Buffer.from(modulus, 'base64url').length * 8
