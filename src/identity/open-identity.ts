import type { DirectoryDeps } from '../domain/directory/directory-deps.ts'
import { seedFirstParty } from '../domain/directory/first-party.ts'
import { type SurfaceHandler, whenAsked } from '../gateway/surface.ts'
import type { Sealing } from '../store/sealing.ts'
import type { Store } from '../store/store.ts'
import { roleAccessControl } from './access-control.ts'
import { type AddedPrincipal, addPrincipal } from './add-principal.ts'
import { type AddedUser, addUser } from './add-user.ts'
import { tokenAuthenticator } from './authenticator.ts'
import { basicAuthenticator } from './basic.ts'
import { bootstrapIdentity, type Install, type WishedInstall } from './bootstrap.ts'
import { clientSecrets, makeClientSecret } from './client-secrets.ts'
import type { AccessControl, Authenticator, ManagedIdentities, TokenIssuer } from './identity.ts'
import { externalIssuers } from './login/external-issuers.ts'
import type { LoginDeps } from './login/login-request.ts'
import { type OutsideSettings, outsideProvider } from './login/outside-provider.ts'
import { signInThrottle } from './login/throttle.ts'
import { storedManagedIdentities } from './managed-identities.ts'
import { ensureServicePrincipals } from './service-principals.ts'
import { openSigningKeys } from './signing-keys.ts'
import { tokenIssuer } from './token-issuer.ts'

/** Everything that identity offers to the rest of the server. */
export interface Identity {
  readonly install: Install
  readonly authenticator: Authenticator
  /** As `authenticator`, for planes whose clients may also send a name and a password. */
  readonly basic: Authenticator
  readonly access: AccessControl
  readonly tokens: TokenIssuer
  readonly identities: ManagedIdentities
  readonly login: SurfaceHandler
  /** What Microsoft Graph works with. */
  readonly directory: DirectoryDeps
  /** Signs with a new key from now on, and answers its id; tokens of older ones live on. */
  rotateSigningKey(): Promise<string>
  addPrincipal(wish: { readonly name: string }): Promise<AddedPrincipal>
  addUser(wish: { readonly name: string; readonly displayName?: string }): Promise<AddedUser>
}

export interface OpenIdentity {
  readonly store: Store
  readonly sealing: Sealing
  /** The data directory, for the bootstrap secret's file. */
  readonly directory: string
  readonly now: () => Date
  readonly wished?: WishedInstall
  /** Lazuli's own origin; asked when it is needed, since the port is known late. */
  readonly ownUrl?: () => string
  /** Where people sign in elsewhere. */
  readonly outside?: OutsideSettings | undefined
}

/** Opens the tenant; the first start makes it, with its key and its bootstrap application. */
export async function openIdentity(options: OpenIdentity): Promise<Identity> {
  const { store, sealing, directory, now, wished, outside, ownUrl = () => 'http://127.0.0.1' } = options
  const [keys, install] = await Promise.all([
    openSigningKeys({ store, sealing, now }),
    bootstrapIdentity({ store, directory, now }, wished),
  ])
  await ensureServicePrincipals({ store, now }, install)
  const { tenantId } = install
  await seedFirstParty({ store, now })
  const authenticator = tokenAuthenticator({ store, keys, tenantId, now })
  const issuers = externalIssuers({ keys, tenantId, now })
  const access = roleAccessControl({ store })
  const changed = (): void => {
    authenticator.forget()
    access.forget()
  }
  const entries: DirectoryDeps = {
    store,
    tenantId,
    now,
    changed,
    administrator: install.objectId,
    secrets: { make: makeClientSecret },
  }
  const signIn: LoginDeps = {
    store,
    keys,
    tenantId,
    now,
    secrets: clientSecrets({ store, now }),
    issuers,
    throttle: signInThrottle({ now }),
    outside: outside && outsideProvider({ store, issuers, now }, outside),
    ownUrl,
  }
  return {
    install,
    authenticator,
    basic: basicAuthenticator(authenticator, signIn),
    access,
    directory: entries,
    tokens: tokenIssuer({ store, keys, tenantId, now }),
    identities: storedManagedIdentities({ store, tenantId, now, forget: authenticator.forget }),
    login: whenAsked(async () => (await import('./login.ts')).loginSurface(signIn)),
    rotateSigningKey: keys.rotate,
    addUser: (wish) => addUser(entries, wish),
    addPrincipal: (wish) => addPrincipal({ store, tenantId, now }, wish),
  }
}
