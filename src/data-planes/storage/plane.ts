import type { StorageAccounts } from '../../blobs/accounts.ts'
import type { Core } from '../../blobs/core.ts'
import type { AccessControl, Authenticator, Caller } from '../../identity/identity.ts'
import type { Call } from './call.ts'
import type { SharedAccess } from './shared-access.ts'

/** What the storage services' wire stands on. */
export interface PlaneDeps {
  readonly core: Core
  readonly accounts: StorageAccounts
  readonly authenticator: Authenticator
  readonly access: AccessControl
  readonly now: () => Date
  readonly tenantId: string
}

export interface Plane extends PlaneDeps {
  /** Answers a call as if it had come by itself: what a batch does with its parts. */
  readonly serve: (call: Call) => Promise<void>
}

/** Who asks, and by what. */
export type Asker =
  | { readonly by: 'key' }
  | { readonly by: 'sas'; readonly access: SharedAccess }
  | { readonly by: 'token'; readonly caller: Caller }
  | { readonly by: 'anonymous' }

/** A call that may be done. */
export interface GrantedCall extends Call {
  readonly asker: Asker
  /** The asker may make blobs, not replace them. */
  readonly createOnly: boolean
}

/** An action that a role may allow, below `Microsoft.Storage/storageAccounts/`. */
export interface Right {
  readonly action: string
  readonly kind: 'actions' | 'dataActions'
}

/** Something that the blob service does, and who may have it done. */
export interface Operation {
  readonly name: string
  readonly level: 'service' | 'container' | 'blob'
  /** Permissions of an account SAS, any of which is enough; '' where none is. */
  readonly accountSas: string
  /** Likewise of a service SAS. */
  readonly serviceSas: string
  /** Any of these is enough. */
  readonly rights: readonly Right[]
  /** What of a container must be public for everybody to do this. */
  readonly public?: 'container' | 'blob'
  /**
   * What an access control list must allow of the path, of its folder, or of the folder that is listed, where no role
   * does; `owner` where only the owner may.
   */
  readonly lists?: { readonly asked: string; readonly of: 'path' | 'parent' | 'listed' } | 'owner'
  /** It may be asked of a snapshot or a version. */
  readonly past?: true
  /** It is not here yet, and says so to everybody who is known: there is nothing to grant. */
  readonly later?: true
  readonly run: (plane: Plane, call: GrantedCall) => Promise<void> | void
}
