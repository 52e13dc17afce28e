import type { JsonObject } from '../../json.ts'
import type { Store } from '../../store/store.ts'

/** Who asks the directory. */
export interface DirectoryCaller {
  readonly objectId: string
  readonly appId?: string
  readonly kind: 'Application' | 'ManagedIdentity' | 'User'
}

/** Makes and checks what is kept of secrets; identity's, handed in. */
export interface SecretMaker {
  make(holder: string, text?: string): Promise<{ readonly text: string; readonly kept: SecretKept }>
}

export interface SecretKept {
  readonly id: string
  readonly appId: string
  readonly salt: string
  readonly hash: string
}

/** What the directory's use-cases work with. */
export interface DirectoryDeps {
  readonly store: Store
  readonly secrets: SecretMaker
  readonly tenantId: string
  /** The application of the first start, which administers the tenant. */
  readonly administrator: string
  readonly now: () => Date
  /** Called when a principal, a membership or a credential has changed: tokens and rights are looked at anew. */
  readonly changed: () => void
}

/** A change of one object, as a client sends it. */
export interface DirectoryChange {
  readonly caller: DirectoryCaller
  readonly id: string
  readonly body: JsonObject
}
