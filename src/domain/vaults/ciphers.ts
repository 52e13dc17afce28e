import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'
import { fault } from '../../faults.ts'
import { type JsonObject, textAt } from '../../json.ts'
import { asNodeKey } from './key-material.ts'

/** What goes into a cipher and comes out, beside the key. */
export interface Sealed {
  readonly value: Buffer
  readonly iv?: Buffer
  readonly tag?: Buffer
  readonly aad?: Buffer
}

interface Cipher {
  readonly kty: 'RSA' | 'oct'
  /** Bits of the key, for AES. */
  readonly bits?: number
  encrypt(key: JsonObject, clear: Sealed): Sealed
  decrypt(key: JsonObject, sealed: Sealed): Buffer
}

const GCM_IV = 12
const GCM_TAG = 16
/** The initial value of RFC 3394, section 2.2.3.1. */
const WRAP_IV = Buffer.alloc(8, 0xa6)

const rsa = (padding: number, oaepHash?: string): Cipher => {
  const how = { padding, ...(oaepHash !== undefined && { oaepHash }) }
  return {
    kty: 'RSA',
    encrypt: ({ n, e }, { value }) => {
      const key = createPublicKey({ format: 'jwk', key: { kty: 'RSA', n: textAt(n) ?? '', e: textAt(e) ?? '' } })
      return { value: publicEncrypt({ key, ...how }, value) }
    },
    decrypt: (jwk, { value }) =>
      privateDecrypt({ key: createPrivateKey({ format: 'jwk', key: asNodeKey(jwk) }), ...how }, value),
  }
}

const bytesOf = (key: JsonObject): Buffer => Buffer.from(textAt(key.k) ?? '', 'base64url')

const gcm = (bits: 128 | 192 | 256): Cipher => ({
  kty: 'oct',
  bits,
  encrypt(key, { value, iv = randomBytes(GCM_IV), aad }) {
    if (iv.length !== GCM_IV) throw new Error('iv')
    const cipher = createCipheriv(`aes-${bits}-gcm`, bytesOf(key), iv)
    if (aad) cipher.setAAD(aad)
    const sealed = Buffer.concat([cipher.update(value), cipher.final()])
    return { value: sealed, iv, tag: cipher.getAuthTag(), ...(aad && { aad }) }
  },
  decrypt(key, { value, iv, tag, aad }) {
    if (!iv || !tag) throw new Error('iv and tag')
    const decipher = createDecipheriv(`aes-${bits}-gcm`, bytesOf(key), iv, { authTagLength: GCM_TAG }).setAuthTag(tag)
    if (aad) decipher.setAAD(aad)
    return Buffer.concat([decipher.update(value), decipher.final()])
  },
})

const cbc = (bits: 128 | 192 | 256, padded: boolean): Cipher => ({
  kty: 'oct',
  bits,
  encrypt(key, { value, iv }) {
    if (!iv) throw new Error('iv')
    const cipher = createCipheriv(`aes-${bits}-cbc`, bytesOf(key), iv).setAutoPadding(padded)
    return { value: Buffer.concat([cipher.update(value), cipher.final()]), iv }
  },
  decrypt(key, { value, iv }) {
    if (!iv) throw new Error('iv')
    const decipher = createDecipheriv(`aes-${bits}-cbc`, bytesOf(key), iv).setAutoPadding(padded)
    return Buffer.concat([decipher.update(value), decipher.final()])
  },
})

const keyWrap = (bits: 128 | 192 | 256): Cipher => ({
  kty: 'oct',
  bits,
  encrypt(key, { value }) {
    const cipher = createCipheriv(`id-aes${bits}-wrap`, bytesOf(key), WRAP_IV)
    return { value: Buffer.concat([cipher.update(value), cipher.final()]) }
  },
  decrypt(key, { value }) {
    const decipher = createDecipheriv(`id-aes${bits}-wrap`, bytesOf(key), WRAP_IV)
    return Buffer.concat([decipher.update(value), decipher.final()])
  },
})

/** RFC 7518's algorithms for keys and content, as Key Vault names them. */
const ciphers: Readonly<Record<string, Cipher>> = {
  RSA1_5: rsa(constants.RSA_PKCS1_PADDING),
  'RSA-OAEP': rsa(constants.RSA_PKCS1_OAEP_PADDING, 'sha1'),
  'RSA-OAEP-256': rsa(constants.RSA_PKCS1_OAEP_PADDING, 'sha256'),
  A128GCM: gcm(128),
  A192GCM: gcm(192),
  A256GCM: gcm(256),
  A128CBC: cbc(128, false),
  A192CBC: cbc(192, false),
  A256CBC: cbc(256, false),
  A128CBCPAD: cbc(128, true),
  A192CBCPAD: cbc(192, true),
  A256CBCPAD: cbc(256, true),
  A128KW: keyWrap(128),
  A192KW: keyWrap(192),
  A256KW: keyWrap(256),
}

/** @throws VaultBadParameter */
export const encryptWith = (key: JsonObject, alg: string, clear: Sealed): Sealed =>
  fitting(alg, () => cipherFor(key, alg).encrypt(key, clear))

/** @throws VaultBadParameter, always the same where the text does not open */
export const decryptWith = (key: JsonObject, alg: string, sealed: Sealed): Buffer =>
  fitting(alg, () => cipherFor(key, alg).decrypt(key, sealed))

function cipherFor(key: JsonObject, alg: string): Cipher {
  const cipher = Object.hasOwn(ciphers, alg) ? ciphers[alg] : undefined
  if (!cipher) throw fault('VaultBadParameter', { reason: `'${alg.slice(0, 20)}' is no algorithm for encryption` })
  if (cipher.kty !== key.kty || (cipher.bits !== undefined && cipher.bits !== bytesOf(key).length * 8)) {
    const kind = key.kty === 'oct' ? `oct of ${bytesOf(key).length * 8} bits` : key.kty
    throw fault('VaultBadParameter', { reason: `'${alg}' is not supported for a key of type ${kind}` })
  }
  return cipher
}

/** One text for whatever is wrong with the bytes: a refusal must not tell how far a decryption came. */
function fitting<Result>(alg: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (error instanceof Error && error.name === 'Fault') throw error
    throw fault('VaultBadParameter', { reason: `The parameters do not fit ${alg} with this key` }, { cause: error })
  }
}
