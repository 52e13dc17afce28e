import { createHmac, randomBytes, randomUUID, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { fault } from '../faults.ts'
import type { ClientSecret } from '../store/identities.ts'
import type { Store } from '../store/store.ts'

const derive = promisify<string, Buffer, number, Buffer>(scrypt)
const HASH_BYTES = 32
/** How many right secrets are remembered, as keyed hashes in memory: scrypt costs 30 ms of a core by design. */
const KEPT = 1_000
const TOLERANCE_MS = 300_000

/** A new secret for an application, or a user's password: the text, which is shown once, and what is kept of it. */
export async function makeClientSecret(
  appId: string,
  text: string = newSecretText(),
): Promise<{ readonly text: string; readonly kept: ClientSecret }> {
  const salt = randomBytes(16)
  const hashed = await derive(text, salt, HASH_BYTES)
  return {
    text,
    kept: { id: randomUUID(), appId, salt: salt.toString('base64url'), hash: hashed.toString('base64url') },
  }
}

/** Forty characters with Azure's mark in the fourth to sixth place: what secret scanners look for. */
export function newSecretText(): string {
  const random = randomBytes(36).toString('base64url').replaceAll('-', '~')
  return `${random.slice(0, 3)}8Q~${random.slice(3, 37)}`
}

export interface ClientSecrets {
  /**
   * The secret that a text is, of those that the holders have: a client id, a service principal, a user.
   *
   * @throws AADSTS7000215 where it is none of theirs, AADSTS7000222 where it is one that has expired
   */
  check(holders: readonly string[], text: string): Promise<ClientSecret>
  /** Whether the text is a user's password. Takes as long for a user that there is not. */
  isPassword(objectId: string | undefined, text: string): Promise<boolean>
}

export function clientSecrets({ store, now }: { store: Store; now: () => Date }): ClientSecrets {
  const memoryKey = randomBytes(32)
  const right = new Map<string, string>()
  const secretsOf = async (holders: readonly string[]) =>
    (await Promise.all(holders.map((holder) => store.identities.secretsOf(holder)))).flat()

  async function found(holders: readonly string[], text: string): Promise<ClientSecret | undefined> {
    const secrets = await secretsOf(holders)
    const mark = createHmac('sha256', memoryKey)
      .update(`${holders.join(' ')}\0${text}`)
      .digest('base64')
    const known = secrets.find(({ id }) => id === right.get(mark)) ?? (await matching(secrets, text))
    if (!known) return undefined
    if (right.size >= KEPT) right.clear()
    right.set(mark, known.id)
    return known
  }

  return {
    async check(holders, text) {
      const known = await found(holders, text)
      const [client = ''] = holders
      if (!known) throw fault('AADSTS7000215', { client })
      const time = now().getTime()
      if (known.expiresAt !== undefined && Date.parse(known.expiresAt) <= time) throw fault('AADSTS7000222', { client })
      // Clients say the start by their own clock.
      if (known.startsAt !== undefined && Date.parse(known.startsAt) > time + TOLERANCE_MS) {
        throw fault('AADSTS7000215', { client })
      }
      return known
    },
    async isPassword(objectId, text) {
      if (objectId !== undefined && (await secretsOf([objectId])).length > 0) {
        return (await found([objectId], text)) !== undefined
      }
      await derive(text, memoryKey, HASH_BYTES)
      return false
    },
  }
}

async function matching(secrets: readonly ClientSecret[], text: string): Promise<ClientSecret | undefined> {
  let found: ClientSecret | undefined
  for (const secret of secrets) {
    const hashed = await derive(text, Buffer.from(secret.salt, 'base64url'), HASH_BYTES)
    if (timingSafeEqual(hashed, Buffer.from(secret.hash, 'base64url'))) found = secret
  }
  return found
}
