import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { openWith, sealWith } from './aes-gcm.ts'
import type { Sealing } from './sealing.ts'

const PREFIX = 'v1.'

/**
 * Sealing with the key of a data directory, which is made on the first start (`sealing-key`, mode 0600). Without that
 * file nothing that was sealed can be read again: a backup takes it along.
 */
export function openSealing(directory: string): Sealing {
  const key = readKey(join(directory, 'sealing-key'))
  return {
    seal: (clear, context) => PREFIX + sealWith(key, clear, context).toString('base64url'),
    open(sealed, context) {
      if (!sealed.startsWith(PREFIX)) throw new Error(`What should be sealed for ${context} is not`)
      return openWith(key, Buffer.from(sealed.slice(PREFIX.length), 'base64url'), context)
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
