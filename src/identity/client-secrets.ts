import { createHmac, randomBytes, randomUUID, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { fault } from '../faults.ts'
import type { ClientSecret } from '../store/identities.ts'
import type { Store } from '../store/store.ts'

const derive = promisify<string, Buffer, number, Buffer>(scrypt)
const HASH_BYTES = 32
/** How many right secrets are remembered, as keyed hashes in memory: scrypt costs 30 ms of a core by design. */
const KEPT = 1_000

/** A new secret for an application: the text, which is shown once, and what is kept of it. */
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
  /** @throws AADSTS7000215 where the secret is none of the application's, AADSTS7000222 where it is one that has expired */
  check(appId: string, text: string): Promise<void>
}

export function clientSecrets({ store, now }: { store: Store; now: () => Date }): ClientSecrets {
  const memoryKey = randomBytes(32)
  const right = new Map<string, string>()
  return {
    async check(appId, text) {
      const secrets = await store.identities.secretsOf(appId)
      const mark = createHmac('sha256', memoryKey).update(`${appId}\0${text}`).digest('base64')
      const remembered = secrets.find(({ id }) => id === right.get(mark))
      const found = remembered ?? (await matching(secrets, text))
      if (!found) throw fault('AADSTS7000215', { client: appId })
      if (found.expiresAt !== undefined && found.expiresAt <= now().toISOString()) {
        throw fault('AADSTS7000222', { client: appId })
      }
      if (right.size >= KEPT) right.clear()
      right.set(mark, found.id)
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
