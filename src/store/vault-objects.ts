import type { JsonObject } from '../json.ts'
import type { Page } from './store.ts'

export type VaultKind = 'secrets' | 'keys' | 'certificates'

/** Which object of which vault. Names compare folded. */
export interface VaultObjectKey {
  /** The vault's folded ARM id. */
  readonly vault: string
  readonly kind: VaultKind
  readonly name: string
}

/** A secret, key or certificate, whatever its version. */
export interface VaultObject extends VaultObjectKey {
  /** The current version: the one that was made last. */
  readonly version: string
  /** What belongs to the object and not to one version: a rotation policy, a certificate's policy and pending operation. */
  readonly body: JsonObject
  /** Set while it is deleted and can be recovered. Times are ISO 8601 in UTC. */
  readonly deleted?: { readonly at: string; readonly purgeAt: string }
}

/** A version of an object: its attributes and public parts, and beside them what is sealed. */
export interface VaultVersion extends VaultObjectKey {
  readonly version: string
  /** `attributes` (times in epoch seconds), `tags`, `contentType`, a key's public `key`, a certificate's `cer`. */
  readonly body: JsonObject
  /** The secret's value or the private key, sealed for `vaultContext`; certificates have none of their own. */
  readonly sealed?: string
}

export interface ListVault {
  readonly after?: string
  readonly limit?: number
}

/** The contents of key vaults. The rules stand in `domain/vaults`; nothing here checks anything. */
export interface VaultObjects {
  object(key: VaultObjectKey): Promise<VaultObject | undefined>
  /** By name; `deleted` says which of the two lists. Each with its current version. */
  objects(
    vault: string,
    kind: VaultKind,
    options: ListVault & { readonly deleted: boolean },
  ): Promise<Page<{ readonly object: VaultObject; readonly current: VaultVersion }>>
  putObject(object: VaultObject): Promise<void>
  /** With all of its versions. */
  removeObject(key: VaultObjectKey): Promise<void>
  version(key: VaultObjectKey, version: string): Promise<VaultVersion | undefined>
  /** Oldest first. */
  versions(key: VaultObjectKey, options?: ListVault): Promise<Page<VaultVersion>>
  /** Inserts or replaces; a version that is there keeps its place in the order. */
  putVersion(version: VaultVersion): Promise<void>
  /** Deleted objects whose time is over. */
  due(time: string): Promise<readonly VaultObject[]>
  removeVault(vault: string): Promise<void>
}
