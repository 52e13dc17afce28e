import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { VaultVersion } from '../../store/vault-objects.ts'
import { isEnabled, seconds } from './attributes.ts'
import { decryptWith, encryptWith, type Sealed } from './ciphers.ts'
import { importKey, type KeyMaterial, type KeyWish, keyOperations, keyType, makeKey } from './key-material.ts'
import { type Described, described, updateVersion } from './secrets.ts'
import {
  addVersion,
  demandName,
  type FoundVersion,
  findVersion,
  keyOf,
  type Named,
  openVersion,
  type VaultDeps,
  vaultContext,
} from './vault-object.ts'

export type KeyUse = 'encrypt' | 'decrypt' | 'sign' | 'verify' | 'wrapKey' | 'unwrapKey'

/** The curves behind them are loaded with the first signature; wrapping, which the start may need, has no use for them. */
const signatures = () => import('./signatures.ts')

/** What a key may do outside of its time: what was made in it must stay readable. */
const ALWAYS: ReadonlySet<KeyUse> = new Set(['decrypt', 'verify', 'unwrapKey'])

/** Makes a key's next version. @throws VaultBadParameter, VaultNotSupported, VaultObjectIsDeletedButRecoverable */
export async function createKey(deps: VaultDeps, named: Named, wish: KeyWish & Described): Promise<FoundVersion> {
  demandName(named)
  return putKey(deps, named, await makeKey(wish), wish)
}

/** Takes over a key that a client brings. @throws as `createKey` */
export async function bringKey(deps: VaultDeps, named: Named, jwk: JsonObject, wish: Described): Promise<FoundVersion> {
  demandName(named)
  return putKey(deps, named, importKey(jwk), wish)
}

export async function putKey(
  deps: VaultDeps,
  named: Named,
  { shown, secret }: KeyMaterial,
  wish: Described,
): Promise<FoundVersion> {
  const now = deps.now()
  const sealed = deps.sealing.seal(JSON.stringify(secret), vaultContext(keyOf(named)))
  const body = { ...described({}, wish, now), key: shown }
  return deps.store.write((within) => addVersion(within, { ...named, body, sealed }, now))
}

/** A version as it is shown. @throws VaultKeyDisabled; as `findVersion` */
export async function getKey(deps: Pick<VaultDeps, 'store'>, named: Named, version: string): Promise<FoundVersion> {
  const found = await findVersion(deps.store, named, version)
  if (!isEnabled(found.version.body)) throw fault('VaultKeyDisabled', { operation: 'get' })
  return found
}

/** Changes what describes a key and what it may do. @throws VaultBadParameter; as `findVersion` */
export async function updateKey(
  deps: VaultDeps,
  named: Named,
  version: string,
  change: Described & { readonly key_ops?: readonly string[] },
): Promise<FoundVersion> {
  if (change.key_ops === undefined) return updateVersion(deps, named, version, change)
  const { version: found } = await findVersion(deps.store, named, version)
  const operations = keyOperations(keyType(textAt(objectAt(found.body.key).kty) ?? ''), change.key_ops)
  return updateVersion(deps, named, version, { ...change, key_ops: operations })
}

/** A key that may be used so now, with its private part. @throws the refusals of `demandUse`; as `findVersion` */
export async function keyFor(
  deps: VaultDeps,
  named: Named,
  { version, use }: { readonly version: string; readonly use: KeyUse },
): Promise<FoundVersion & { readonly secret: JsonObject }> {
  const found = await findVersion(deps.store, named, version)
  demandUse(found.version, use, deps.now())
  return { ...found, secret: objectAt(JSON.parse(openVersion(deps, found.version))) }
}

/** @throws VaultKeyDisabled, VaultKeyNotYetValid, VaultKeyExpired, VaultKeyOperationForbidden */
export function demandUse({ body }: Pick<VaultVersion, 'body'>, use: KeyUse, now: Date): void {
  if (!isEnabled(body)) throw fault('VaultKeyDisabled', { operation: use })
  const { nbf, exp } = objectAt(body.attributes)
  const at = seconds(now)
  if (!ALWAYS.has(use) && typeof nbf === 'number' && at < nbf) throw fault('VaultKeyNotYetValid', { operation: use })
  if (!ALWAYS.has(use) && typeof exp === 'number' && at >= exp) throw fault('VaultKeyExpired', { operation: use })
  const { key_ops: allowed } = objectAt(body.key)
  if (!Array.isArray(allowed) || !allowed.includes(use)) throw fault('VaultKeyOperationForbidden', { operation: use })
}

export interface UseKey extends Sealed {
  readonly version: string
  readonly alg: string
}

type Used<Result> = Promise<FoundVersion & { readonly result: Result }>

/** @throws as `keyFor`; VaultBadParameter */
export async function encrypt(deps: VaultDeps, named: Named, use: 'encrypt' | 'wrapKey', asked: UseKey): Used<Sealed> {
  const { secret, ...found } = await keyFor(deps, named, { ...asked, use })
  return { ...found, result: encryptWith(secret, asked.alg, asked) }
}

/** @throws as `keyFor`; VaultBadParameter */
export async function decrypt(
  deps: VaultDeps,
  named: Named,
  use: 'decrypt' | 'unwrapKey',
  asked: UseKey,
): Used<Buffer> {
  const { secret, ...found } = await keyFor(deps, named, { ...asked, use })
  return { ...found, result: decryptWith(secret, asked.alg, asked) }
}

/** @throws as `keyFor`; VaultBadParameter */
export async function sign(deps: VaultDeps, named: Named, { version, alg, value }: UseKey): Used<Buffer> {
  const { secret, ...found } = await keyFor(deps, named, { version, use: 'sign' })
  const { signDigest } = await signatures()
  return { ...found, result: signDigest(secret, alg, value) }
}

/** @throws as `keyFor`; VaultBadParameter */
export async function verify(
  deps: VaultDeps,
  named: Named,
  asked: { readonly version: string; readonly alg: string; readonly digest: Buffer; readonly signature: Buffer },
): Used<boolean> {
  const { secret, ...found } = await keyFor(deps, named, { ...asked, use: 'verify' })
  const { verifyDigest } = await signatures()
  return { ...found, result: verifyDigest(secret, asked.alg, asked) }
}
