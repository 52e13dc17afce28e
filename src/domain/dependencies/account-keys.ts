import { randomBytes } from 'node:crypto'
import type { StoredResource } from '../../store/resources.ts'
import { openSecret, type Sealing } from '../../store/sealing.ts'

/** Where an account's two keys stand among its secrets. */
export const accountKeyPaths = { key1: 'key1', key2: 'key2' } as const

/** A key as Azure makes them: 64 random bytes in base64. */
export const newAccountKey = (): string => randomBytes(64).toString('base64')

/** The first key of a storage account, or undefined while the account is still being made. */
export const accountKey = (sealing: Sealing, account: StoredResource): string | undefined =>
  openSecret(sealing, account, accountKeyPaths.key1)
