import { fault } from '../../faults.ts'
import type { Store } from '../../store/store.ts'
import type { VaultKind, VaultObject } from '../../store/vault-objects.ts'
import { isPurgeProtected, retentionDays, type Vault } from './vault.ts'
import { type FoundVersion, findVersion, keyOf, type Named, type VaultDeps } from './vault-object.ts'

const DAY_MS = 86_400_000
const absent = {
  secrets: 'VaultDeletedSecretNotFound',
  keys: 'VaultDeletedKeyNotFound',
  certificates: 'VaultDeletedCertificateNotFound',
} as const

/**
 * Deletes an object with what belongs to it, and answers it as it was; `deleted` of the object is absent where the
 * vault keeps nothing that is deleted.
 *
 * @throws VaultObjectIsManaged for a certificate's key or secret; as `findObject`
 */
export async function deleteObject(deps: VaultDeps, named: Named): Promise<FoundVersion> {
  const now = deps.now()
  const days = retentionDays(named.vault)
  return deps.store.write(async (within) => {
    const found = await findVersion(within, named)
    if (found.version.body.managed === true) throw fault('VaultObjectIsManaged', { name: named.name })
    const deleted = { at: now.toISOString(), purgeAt: new Date(now.getTime() + days * DAY_MS).toISOString() }
    for (const part of partsOf(named.kind)) {
      const key = keyOf({ ...named, kind: part })
      const object = await within.vaults.object(key)
      if (!object) continue
      if (days === 0) await within.vaults.removeObject(key)
      else await within.vaults.putObject({ ...object, deleted })
    }
    return days === 0 ? found : { ...found, object: { ...found.object, deleted } }
  })
}

/** An object that is deleted and can be recovered. @throws VaultDeletedSecretNotFound and its like */
export async function findDeleted(deps: Pick<VaultDeps, 'store' | 'now'>, named: Named): Promise<FoundVersion> {
  const { vaults } = deps.store
  const object = await vaults.object(keyOf(named))
  const version = object && isStillThere(object, deps.now()) && (await vaults.version(keyOf(named), object.version))
  // A certificate's parts are deleted and recovered with it alone.
  if (!object || !version || version.body.managed === true) throw fault(absent[named.kind], { name: named.name })
  return { object, version }
}

/** Brings a deleted object back. @throws as `findDeleted` */
export async function recoverObject(deps: VaultDeps, named: Named): Promise<FoundVersion> {
  const found = await findDeleted(deps, named)
  await deps.store.write(async (within) => {
    for (const part of partsOf(named.kind)) {
      const object = await within.vaults.object(keyOf({ ...named, kind: part }))
      if (!object) continue
      const { deleted: _over, ...live } = object
      await within.vaults.putObject(live)
    }
  })
  const { deleted: _over, ...object } = found.object
  return { object, version: found.version }
}

/** Removes a deleted object for good. @throws VaultPurgeForbidden; as `findDeleted` */
export async function purgeObject(deps: VaultDeps, named: Named): Promise<void> {
  await findDeleted(deps, named)
  if (isPurgeProtected(named.vault)) throw fault('VaultPurgeForbidden')
  await removeParts(deps.store, named.vault, named)
}

/** Removes what was deleted so long ago that nobody may recover it. */
export async function purgeDue({ store, now }: Pick<VaultDeps, 'store' | 'now'>): Promise<void> {
  for (const object of await store.vaults.due(now().toISOString())) {
    await store.write(({ vaults }) => vaults.removeObject(object))
  }
}

const removeParts = (store: Store, vault: Vault, { kind, name }: Pick<Named, 'kind' | 'name'>): Promise<void> =>
  store.write(async ({ vaults }) => {
    for (const part of partsOf(kind)) await vaults.removeObject(keyOf({ vault, kind: part, name }))
  })

const isStillThere = ({ deleted }: VaultObject, now: Date): boolean =>
  deleted !== undefined && deleted.purgeAt > now.toISOString()

/** A certificate goes and comes with its key and its secret. */
const partsOf = (kind: VaultKind): readonly VaultKind[] =>
  kind === 'certificates' ? ['certificates', 'keys', 'secrets'] : [kind]
