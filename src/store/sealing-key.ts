import { createHash, randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { openBytesWith, openWith, sealWith } from './aes-gcm.ts'
import type { Sealing } from './sealing.ts'

const KEY_BYTES = 32
/** What an earlier version wrote: sealed with the install's key itself. */
const DIRECT = 'v1.'
/** `v2.{key id}.{value key, wrapped}.{sealed}`: each value has a key of its own, which the install's key wraps. */
const WRAPPED = /^v2\.([0-9a-f]{8})\.([\w-]{80})\.([\w-]+)$/
const EVERY_WRAPPED = /\bv2\.([0-9a-f]{8})\.([\w-]{80})\./g
const WRAP_CONTEXT = 'value key'

interface InstallKey {
  readonly id: string
  readonly bytes: Buffer
}

/** Sealing whose key can be changed while it is used. */
export interface RotatingSealing extends Sealing {
  /** Seals with a new key from now on, which is on disk when this returns. What is sealed already still opens. */
  rotate(): void
  /** A text with every value in it that an earlier key wraps wrapped by the newest; anything else as it is. */
  rewrap(text: string): string
}

/**
 * Sealing with the keys of a data directory: the file `sealing-key` (mode 0600) is made on the first start, and holds the
 * newest first. Without it nothing that was sealed can be read again: a backup takes it along.
 */
export function openSealing(directory: string): RotatingSealing {
  const path = join(directory, 'sealing-key')
  let keys = readKeys(path)
  const newest = (): InstallKey => {
    const [first] = keys
    if (!first) throw new Error('There is no sealing key')
    return first
  }
  const wrap = (valueKey: Buffer): string => {
    const { id, bytes } = newest()
    return `v2.${id}.${sealWith(bytes, valueKey, WRAP_CONTEXT).toString('base64url')}.`
  }
  const unwrap = (id: string, wrapped: string, context: string): Buffer => {
    const key = keys.find((one) => one.id === id)
    if (!key) throw new Error(`What was sealed for ${context} was sealed with another key`)
    return openBytesWith(key.bytes, Buffer.from(wrapped, 'base64url'), WRAP_CONTEXT)
  }
  return {
    seal(clear, context) {
      const valueKey = randomBytes(KEY_BYTES)
      return wrap(valueKey) + sealWith(valueKey, clear, context).toString('base64url')
    },
    open(sealed, context) {
      const [, id, wrapped, body] = WRAPPED.exec(sealed) ?? []
      if (id !== undefined && wrapped !== undefined && body !== undefined) {
        return openWith(unwrap(id, wrapped, context), Buffer.from(body, 'base64url'), context)
      }
      const oldest = keys.at(-1)
      if (!sealed.startsWith(DIRECT) || !oldest) throw new Error(`What should be sealed for ${context} is not`)
      return openWith(oldest.bytes, Buffer.from(sealed.slice(DIRECT.length), 'base64url'), context)
    },
    rotate() {
      const next = [keyOf(randomBytes(KEY_BYTES)), ...keys]
      const draft = writeDraft(path, Buffer.concat(next.map(({ bytes }) => bytes)))
      renameSync(draft, path)
      syncFolder(path)
      keys = next
    },
    rewrap(text) {
      if (!text.includes('v2.')) return text
      return text.replace(EVERY_WRAPPED, (whole, id: string, wrapped: string) => {
        if (id === newest().id) return whole
        try {
          return wrap(unwrap(id, wrapped, 'rewrapping'))
        } catch {
          // A text that only looks like one.
          return whole
        }
      })
    },
  }
}

const keyOf = (bytes: Buffer): InstallKey => ({
  id: createHash('sha256').update(bytes).digest('hex').slice(0, 8),
  bytes,
})

function readKeys(path: string): readonly InstallKey[] {
  const all = read(path) ?? makeKey(path)
  if (all.length === 0 || all.length % KEY_BYTES !== 0) {
    throw new Error(`${path} is not a sealing key: it must hold 32 bytes for each`)
  }
  return Array.from({ length: all.length / KEY_BYTES }, (_, at) =>
    keyOf(all.subarray(at * KEY_BYTES, (at + 1) * KEY_BYTES)),
  )
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
  const key = randomBytes(KEY_BYTES)
  const draft = writeDraft(path, key)
  // A link, unlike a rename, never replaces a key that another start made meanwhile.
  linkSync(draft, path)
  unlinkSync(draft)
  syncFolder(path)
  return key
}

function writeDraft(path: string, bytes: Buffer): string {
  const draft = `${path}.${process.pid}.new`
  const file = openSync(draft, 'wx', 0o600)
  writeSync(file, bytes)
  fsyncSync(file)
  closeSync(file)
  return draft
}

function syncFolder(path: string): void {
  const folder = openSync(join(path, '..'), 'r')
  fsyncSync(folder)
  closeSync(folder)
}
