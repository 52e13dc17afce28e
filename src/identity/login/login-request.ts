import type { RequestContext } from '../../gateway/surface.ts'
import type { Store } from '../../store/store.ts'
import type { ClientSecrets } from '../client-secrets.ts'
import type { SigningKeys } from '../signing-keys.ts'
import type { ExternalIssuers } from './external-issuers.ts'
import type { OutsideProvider } from './outside-provider.ts'
import type { Throttle } from './throttle.ts'

/** What the sign-in service works with. */
export interface LoginDeps {
  readonly store: Store
  readonly keys: SigningKeys
  readonly secrets: ClientSecrets
  readonly tenantId: string
  readonly now: () => Date
  readonly issuers: ExternalIssuers
  readonly throttle: Throttle
  /** Where people sign in elsewhere, if the install names such a place. */
  readonly outside: OutsideProvider | undefined
  /** Lazuli's own origin: pages for people are there, since their browsers do not come through the proxy. */
  readonly ownUrl: () => string
}

export interface LoginRequest {
  readonly tenant: string
  /** The last part of the path, as it was sent. */
  readonly last: string
  readonly query: URLSearchParams
  readonly form: URLSearchParams
  readonly authorization: string | undefined
  readonly context: RequestContext
}

/** What a page answers: JSON, a page for people, or the way to somewhere else. */
export type LoginAnswer =
  | { readonly json: object }
  | {
      readonly html: string
      readonly status?: number
      /** Origins beside its own that its forms lead to. */
      readonly formsTo?: readonly string[]
    }
  | { readonly location: string }
