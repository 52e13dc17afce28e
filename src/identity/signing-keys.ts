import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { type CryptoKey, calculateJwkThumbprint, exportJWK, importJWK, type JWK } from 'jose'
import type { Sealing } from '../store/sealing.ts'
import type { Store } from '../store/store.ts'

/** The keys of this tenant: the newest signs, every one verifies. */
export interface SigningKeys {
  readonly signing: { readonly kid: string; readonly key: CryptoKey }
  verifying(kid: string): CryptoKey | undefined
  /** What the JWKS endpoints publish. */
  published(): readonly JWK[]
}

const ALGORITHM = 'RS256'
const context = (kid: string): string => `signing-key:${kid}`

/** Reads the tenant's keys, and makes the first one on the first start. */
export async function openSigningKeys(deps: { store: Store; sealing: Sealing; now: () => Date }): Promise<SigningKeys> {
  if ((await deps.store.identities.signingKeys()).length === 0) await makeKey(deps)
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
  return {
    signing: { kid: newest.kid, key: await asKey(secret) },
    verifying: (kid) => verifying.get(kid),
    published: () => published,
  }
}

async function makeKey({ store, sealing, now }: { store: Store; sealing: Sealing; now: () => Date }): Promise<void> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const publicJwk = await exportJWK(pair.publicKey)
  const kid = await calculateJwkThumbprint(publicJwk)
  const secret = JSON.stringify(await exportJWK(pair.privateKey))
  await store.write((within) =>
    within.identities.putSigningKey({
      kid,
      publicJwk: JSON.stringify(publicJwk),
      sealedPrivateJwk: sealing.seal(secret, context(kid)),
      createdAt: now().toISOString(),
    }),
  )
}

async function asKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, ALGORITHM)
  if (key instanceof Uint8Array) throw new Error('A signing key is no RSA key')
  return key
}
