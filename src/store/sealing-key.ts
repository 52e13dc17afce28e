import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Sealing } from './sealing.ts'

const IV_BYTES = 12
const TAG_BYTES = 16
const PREFIX = 'v1.'

/**
 * Sealing with the key of a data directory, which is made on the first start (`sealing-key`, mode 0600). Without that
 * file nothing that was sealed can be read again: a backup takes it along.
 */
export function openSealing(directory: string): Sealing {
  const key = readKey(join(directory, 'sealing-key'))
  return {
    seal(clear, context) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context))
      const sealed = Buffer.concat([cipher.update(clear, 'utf8'), cipher.final()])
      return PREFIX + Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')
    },
    open(sealed, context) {
      if (!sealed.startsWith(PREFIX)) throw new Error(`What should be sealed for ${context} is not`)
      const bytes = Buffer.from(sealed.slice(PREFIX.length), 'base64url')
      if (bytes.length < IV_BYTES + TAG_BYTES) throw new Error(`What was sealed for ${context} is cut short`)
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(context))
        .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
      try {
        return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      } catch (cause) {
        throw new Error(`What was sealed for ${context} was sealed with another key or for another place`, { cause })
      }
    },
  }
}

function readKey(path: string): Buffer {
  const key = read(path) ?? makeKey(path)
  if (key.length !== 32) throw new Error(`${path} is not a sealing key: it must hold 32 bytes`)
  return key
}

function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** The key is on disk, whole, before anything is sealed with it. */
function makeKey(path: string): Buffer {
  const key = randomBytes(32)
  const draft = `${path}.${process.pid}.new`
  const file = openSync(draft, 'wx', 0o600)
  writeSync(file, key)
  fsyncSync(file)
  closeSync(file)
  // A link, unlike a rename, never replaces a key that another start made meanwhile.
  linkSync(draft, path)
  unlinkSync(draft)
  const folder = openSync(join(path, '..'), 'r')
  fsyncSync(folder)
  closeSync(folder)
  return key
}
