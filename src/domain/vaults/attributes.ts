import { fault } from '../../faults.ts'
import { type JsonObject, objectAt } from '../../json.ts'

/** What a client may say of an object's attributes. Times are epoch seconds. */
export interface WishedAttributes {
  readonly enabled?: boolean
  readonly nbf?: number
  readonly exp?: number
}

const MOST_TAGS = 15
const MOST_TAG_LENGTH = 256

export const seconds = (time: Date): number => Math.floor(time.getTime() / 1000)

/** The attributes of a new version, or of one that changes: what is not said stays. @throws VaultBadParameter */
export function attributesOf(before: JsonObject, wish: WishedAttributes | undefined, now: Date): JsonObject {
  const at = seconds(now)
  const merged: JsonObject = {
    enabled: true,
    ...before,
    ...(wish?.enabled !== undefined && { enabled: wish.enabled }),
    ...(wish?.nbf !== undefined && { nbf: wish.nbf }),
    ...(wish?.exp !== undefined && { exp: wish.exp }),
    created: before.created ?? at,
    updated: at,
  }
  const { nbf, exp } = merged
  if (typeof nbf === 'number' && typeof exp === 'number' && exp <= nbf) {
    throw fault('VaultBadParameter', { reason: 'The expiration date must be after the activation date' })
  }
  return merged
}

/** @throws VaultBadParameter where there are more or longer tags than Azure takes */
export function demandTags(tags: Readonly<Record<string, string>> | undefined): void {
  const all = Object.entries(tags ?? {})
  const long = all.find(([name, value]) => name.length > MOST_TAG_LENGTH || value.length > MOST_TAG_LENGTH)
  if (all.length > MOST_TAGS) throw fault('VaultBadParameter', { reason: `There may be ${MOST_TAGS} tags at most` })
  if (long) throw fault('VaultBadParameter', { reason: `The tag '${long[0].slice(0, 40)}' is too long` })
}

export const isEnabled = (version: JsonObject): boolean => objectAt(version.attributes).enabled !== false
