import type { JsonObject } from '../../json.ts'
import type { Deps } from '../deps.ts'
import { encryptionOf, keyWish } from './check-encryption.ts'

type EncryptDeps = Pick<Deps, 'store' | 'access' | 'now' | 'tenantId' | 'customerKeys'>

/**
 * Makes the data key of a workspace that asks for one, before anything of it is written: nothing of what is sealed later
 * must have been on the disk in clear, also where the wish does not come true. `scope` is the folded id.
 */
export async function prepareEncryption(deps: EncryptDeps, scope: string, wish: JsonObject): Promise<void> {
  const encryption = encryptionOf(wish)
  // What an earlier workspace of this name had must not seal this one.
  if (!encryption) return deps.customerKeys.forget(scope)
  const key = await keyWish(deps, encryption, wish)
  if (!('code' in key)) return deps.customerKeys.prepare(scope, key)
  // The wish names nobody who could use a key: it will fail, and is sealed all the same.
  const nobody = { tenantId: deps.tenantId, objectId: '', kind: 'Application', displayName: '' } as const
  const none = { vaultId: '', keyIdentifier: '', location: '', versioned: true, principal: nobody }
  return deps.customerKeys.prepare(scope, none)
}

/** Has the vault's key wrap the workspace's data key: the wished one, whichever did before. @throws CustomerKeyUnavailable */
export async function confirmEncryption(deps: EncryptDeps, scope: string, wish: JsonObject): Promise<void> {
  const encryption = encryptionOf(wish)
  if (!encryption) return
  const key = await keyWish(deps, encryption, wish)
  if ('code' in key) throw key
  await deps.customerKeys.confirm(scope, key)
}
