import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { type CryptoKey, calculateJwkThumbprint, exportJWK, importJWK, type JWK } from 'jose'
import type { SigningKey } from '../store/identities.ts'
import type { Sealing } from '../store/sealing.ts'
import type { Store } from '../store/store.ts'

/** The keys of this tenant: the newest signs, every one verifies. */
export interface SigningKeys {
  signing(): { readonly kid: string; readonly key: CryptoKey }
  verifying(kid: string): CryptoKey | undefined
  /** What the JWKS endpoints publish. */
  published(): readonly JWK[]
  /**
   * Signs with a new key from now on, and answers its id. Tokens of the older ones live on: a key goes only once no
   * token that it signed can still be valid.
   */
  rotate(): Promise<string>
}

const ALGORITHM = 'RS256'
const context = (kid: string): string => `signing-key:${kid}`
const DAY_MS = 24 * 3600 * 1000
/** A key signs for so long, then a start makes the next one; Azure's roll every few weeks. */
const SIGNS_DAYS = 90
/** A run's token is the longest-lived: thirty days of a job and a day. What was signed before that is over. */
const VERIFIES_DAYS = 32

interface Known {
  readonly signing: { readonly kid: string; readonly key: CryptoKey }
  readonly verifying: ReadonlyMap<string, CryptoKey>
  readonly published: readonly JWK[]
}

interface KeyDeps {
  readonly store: Store
  readonly sealing: Sealing
  readonly now: () => Date
}

/** Reads the tenant's keys; makes the first one on the first start, and a new one when the newest is old. */
export async function openSigningKeys(deps: KeyDeps): Promise<SigningKeys> {
  const newest = (await deps.store.identities.signingKeys()).at(-1)
  if (!newest || ageDays(deps, newest.createdAt) > SIGNS_DAYS) await makeKey(deps)
  let known = await readKeys(deps)
  return {
    signing: () => known.signing,
    verifying: (kid) => known.verifying.get(kid),
    published: () => known.published,
    async rotate() {
      await makeKey(deps)
      known = await readKeys(deps)
      return known.signing.kid
    },
  }
}

const ageDays = ({ now }: KeyDeps, at: string): number => (now().getTime() - Date.parse(at)) / DAY_MS

async function readKeys(deps: KeyDeps): Promise<Known> {
  const stored = await deps.store.identities.signingKeys()
  const verifying = new Map<string, CryptoKey>()
  const published: JWK[] = []
  for (const { kid, publicJwk } of stored) {
    const jwk = JSON.parse(publicJwk) as JWK
    verifying.set(kid, await asKey(jwk))
    published.push({ ...jwk, use: 'sig', kid, x5t: kid })
  }
  const newest = stored.at(-1)
  if (!newest) throw new Error('A signing key was made and is not there')
  const secret = JSON.parse(deps.sealing.open(newest.sealedPrivateJwk, context(newest.kid))) as JWK
  return { signing: { kid: newest.kid, key: await asKey(secret) }, verifying, published }
}

/** Makes a key, and removes those that nothing valid can be signed with any more. */
async function makeKey(deps: KeyDeps): Promise<void> {
  const { store, sealing, now } = deps
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const publicJwk = await exportJWK(pair.publicKey)
  const kid = await calculateJwkThumbprint(publicJwk)
  const secret = JSON.stringify(await exportJWK(pair.privateKey))
  await store.write(async ({ identities }) => {
    const before = await identities.signingKeys()
    for (const { kid: over } of superseded(deps, before)) await identities.removeSigningKey(over)
    await identities.putSigningKey({
      kid,
      publicJwk: JSON.stringify(publicJwk),
      sealedPrivateJwk: sealing.seal(secret, context(kid)),
      createdAt: now().toISOString(),
    })
  })
}

/** A key stopped signing when its successor was made. */
const superseded = (deps: KeyDeps, keys: readonly SigningKey[]): readonly SigningKey[] =>
  keys.filter((_, index) => {
    const next = keys[index + 1]
    return next !== undefined && ageDays(deps, next.createdAt) > VERIFIES_DAYS
  })

async function asKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, ALGORITHM)
  if (key instanceof Uint8Array) throw new Error('A signing key is no RSA key')
  return key
}
