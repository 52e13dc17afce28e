import { createSecretKey, type KeyObject } from 'node:crypto'
import { objectAt, textAt } from '../json.ts'
import type { StoredResource } from '../store/resources.ts'
import { openSecret, type Sealing } from '../store/sealing.ts'
import type { Store } from '../store/store.ts'

/** A storage account as the blob service needs it. */
export interface StorageAccount {
  readonly name: string
  /** The ARM id: where rights are asked at. */
  readonly id: string
  /** `key1` and `key2`, ready to sign with. */
  readonly keys: readonly KeyObject[]
  readonly allowsSharedKey: boolean
  readonly allowsPublicAccess: boolean
  readonly sku: string
  readonly kind: string
}

/** Accounts by name. They are ARM's resources; here they are only read. */
export interface StorageAccounts {
  get(name: string): Promise<StorageAccount | undefined>
}

const TYPE = 'Microsoft.Storage/storageAccounts'
/** How many accounts are kept. */
const KEPT = 1_000

/**
 * The contract with the account's declaration: `secrets.key1` and `secrets.key2` of the resource, sealed, each the
 * base64 of 64 random bytes. An account without keys is still being made.
 */
const KEYS = ['key1', 'key2'] as const

/** Kept until any account changes: a regenerated key is the only one at once. */
export function storageAccounts({ store, sealing }: { store: Store; sealing: Sealing }): StorageAccounts {
  const known = new Map<string, StorageAccount>()
  let epoch = 0
  store.onResourceChange(TYPE, () => {
    epoch += 1
    known.clear()
  })
  return {
    async get(name) {
      const kept = known.get(name)
      if (kept) return kept
      const asked = epoch
      const resource = await store.resources.byGlobalName(TYPE, name)
      if (!resource || resource.deletedAt !== undefined) return undefined
      const account = accountOf(resource, sealing)
      if (known.size >= KEPT) known.clear()
      // What was read before a change must not be kept after it.
      if (asked === epoch) known.set(name, account)
      return account
    },
  }
}

function accountOf(resource: StoredResource, sealing: Sealing): StorageAccount {
  const properties = objectAt(resource.body.properties)
  const keys = KEYS.flatMap((path) => openSecret(sealing, resource, path) ?? [])
  return {
    name: resource.name.toLowerCase(),
    id: resource.id,
    keys: keys.map((key) => createSecretKey(Buffer.from(key, 'base64'))),
    allowsSharedKey: properties.allowSharedKeyAccess !== false,
    allowsPublicAccess: properties.allowBlobPublicAccess === true,
    sku: textAt(objectAt(resource.body.sku).name) ?? 'Standard_LRS',
    kind: textAt(resource.body.kind) ?? 'StorageV2',
  }
}
