import type { SurfaceHandler } from '../gateway/surface.ts'
import type { Sealing } from '../store/sealing.ts'
import type { Store } from '../store/store.ts'
import { roleAccessControl } from './access-control.ts'
import { type AddedPrincipal, addPrincipal } from './add-principal.ts'
import { tokenAuthenticator } from './authenticator.ts'
import { bootstrapIdentity, type Install, type WishedInstall } from './bootstrap.ts'
import { clientSecrets } from './client-secrets.ts'
import type { AccessControl, Authenticator, ManagedIdentities, TokenIssuer } from './identity.ts'
import { loginSurface } from './login.ts'
import { storedManagedIdentities } from './managed-identities.ts'
import { openSigningKeys } from './signing-keys.ts'
import { tokenIssuer } from './token-issuer.ts'

/** Everything that identity offers to the rest of the server. */
export interface Identity {
  readonly install: Install
  readonly authenticator: Authenticator
  readonly access: AccessControl
  readonly tokens: TokenIssuer
  readonly identities: ManagedIdentities
  readonly login: SurfaceHandler
  addPrincipal(wish: { readonly name: string }): Promise<AddedPrincipal>
}

export interface OpenIdentity {
  readonly store: Store
  readonly sealing: Sealing
  /** The data directory, for the bootstrap secret's file. */
  readonly directory: string
  readonly now: () => Date
  readonly wished?: WishedInstall
}

/** Opens the tenant; the first start makes it, with its key and its bootstrap application. */
export async function openIdentity({ store, sealing, directory, now, wished }: OpenIdentity): Promise<Identity> {
  const [keys, install] = await Promise.all([
    openSigningKeys({ store, sealing, now }),
    bootstrapIdentity({ store, directory, now }, wished),
  ])
  const { tenantId } = install
  const authenticator = tokenAuthenticator({ store, keys, tenantId, now })
  return {
    install,
    authenticator,
    access: roleAccessControl({ store }),
    tokens: tokenIssuer({ store, keys, tenantId, now }),
    identities: storedManagedIdentities({ store, tenantId, now, forget: authenticator.forget }),
    login: loginSurface({ store, keys, tenantId, now, secrets: clientSecrets({ store, now }) }),
    addPrincipal: (wish) => addPrincipal({ store, tenantId, now }, wish),
  }
}
