import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const IV_BYTES = 12
const TAG_BYTES = 16

/** AES-256-GCM with a random nonce; `context` is authenticated with the text. Nonce, tag and text in one. */
export function sealWith(key: Uint8Array, clear: string | Uint8Array, context: string): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context))
  const body = typeof clear === 'string' ? cipher.update(clear, 'utf8') : cipher.update(clear)
  const sealed = Buffer.concat([body, cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), sealed])
}

/** @throws Error where the bytes were not sealed with this key and context */
export const openWith = (key: Uint8Array, sealed: Uint8Array, context: string): string =>
  openBytesWith(key, sealed, context).toString('utf8')

/** @throws Error where the bytes were not sealed with this key and context */
export function openBytesWith(key: Uint8Array, sealed: Uint8Array, context: string): Buffer {
  if (sealed.length < IV_BYTES + TAG_BYTES) throw new Error(`What was sealed for ${context} is cut short`)
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(context))
    .setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
  } catch (cause) {
    throw new Error(`What was sealed for ${context} was sealed with another key or for another place`, { cause })
  }
}
