/**
 * Bytes of accounts with customer-managed keys, sealed with AES-256-CTR: as long as in clear, and readable from any
 * place. Each piece has a nonce of its own, noted in its row with the account whose key it is.
 */
import { createCipheriv, randomBytes } from 'node:crypto'
import { fault } from '../faults.ts'
import { accountScope, type DataKeyRing } from '../store/data-keys.ts'

const ALGORITHM = 'aes-256-ctr'
const BLOCK_BYTES = 16
/** The rest of the first block counts: 2^32 blocks are 64 GiB, and no piece is longer than 5,000 MiB. */
const NONCE_BYTES = 12

/** Seals the bytes of one piece, in their order. */
export interface Seal {
  /** What the piece's row keeps to have it opened again. */
  readonly note: string
  seal(bytes: Uint8Array): Uint8Array
}

export interface Seals {
  /** @throws KeyVaultEncryptionKeyNotFound while the account's key is away */
  demand(account: string): void
  /** For a new piece of an account; undefined where its bytes are kept as they come. @throws as `demand` */
  begin(account: string): Seal | undefined
  /** Opens the bytes of a piece from a place on, in their order. @throws as `demand` */
  opener(note: string, from: number): (bytes: Uint8Array) => Uint8Array
  /** Whether bytes of the one account may stand in the other: they are opened with the key of the first. */
  mayShare(from: string, to: string): boolean
}

/** Without a ring nothing is sealed. */
export function seals(ring: DataKeyRing | undefined): Seals {
  const cipherAt = (scope: string, nonce: Buffer, from: number) => {
    const start = Buffer.alloc(BLOCK_BYTES)
    nonce.copy(start)
    start.writeUInt32BE(Math.floor(from / BLOCK_BYTES), NONCE_BYTES)
    const cipher = createCipheriv(ALGORITHM, keyOf(scope), start)
    if (from % BLOCK_BYTES > 0) cipher.update(Buffer.alloc(from % BLOCK_BYTES))
    return cipher
  }
  const keyOf = (scope: string): Uint8Array => {
    if (!ring?.isOpen(scope)) throw fault('KeyVaultEncryptionKeyNotFound')
    return ring.bytesKeyOf(scope)
  }
  const isSealed = (account: string): boolean => ring?.has(accountScope(account)) ?? false
  return {
    demand(account) {
      if (isSealed(account)) keyOf(accountScope(account))
    },
    begin(account) {
      if (!isSealed(account)) return undefined
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = cipherAt(accountScope(account), nonce, 0)
      return {
        note: `${nonce.toString('base64url')} ${accountScope(account)}`,
        seal: (bytes) => cipher.update(bytes),
      }
    },
    opener(note, from) {
      const at = note.indexOf(' ')
      const cipher = cipherAt(note.slice(at + 1), Buffer.from(note.slice(0, at), 'base64url'), from)
      return (bytes) => cipher.update(bytes)
    },
    mayShare: (from, to) => accountScope(from) === accountScope(to) || !(isSealed(from) || isSealed(to)),
  }
}
