import type { JsonObject } from '../json.ts'

/** What a client or a browser holds to get tokens later. Kept by the hash of what is held, never by itself. */
export interface Grant {
  /** SHA-256 of the refresh token, authorization code or device code. */
  readonly id: string
  readonly kind: 'refresh' | 'code' | 'device'
  /** One sign-in and all that followed from it: they end together. */
  readonly family: string
  /** SHA-256 of the code that a person types, of a device code. */
  readonly userCode?: string
  /** Object id of who signed in; of a device code only once somebody has. */
  readonly subject?: string
  readonly body: JsonObject
  readonly expiresAt: string
  /** Set when it was used: a refresh token or a code that comes a second time was stolen. */
  readonly usedAt?: string
}

export interface Grants {
  get(id: string): Promise<Grant | undefined>
  byUserCode(userCode: string): Promise<Grant | undefined>
  put(grant: Grant): Promise<void>
  removeFamily(family: string): Promise<void>
  removeOf(subject: string): Promise<void>
  /** Removes those that ended before a time. */
  removeExpired(before: string): Promise<void>
}
