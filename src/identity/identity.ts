import type { Origin } from '../gateway/surface.ts'

/** Who asks: a verified token's bearer. */
export interface Caller {
  readonly tenantId: string
  readonly objectId: string
  readonly appId?: string
  readonly kind: 'Application' | 'ManagedIdentity' | 'User'
  readonly displayName: string
  /** Set for a run's own token: it may act on that run and its workspace alone. */
  readonly run?: { readonly workspace: string; readonly id: string }
}

/** The audience families that tokens here are made for; each plane names those that it takes. */
export type Audience = 'arm' | 'machine-learning' | 'storage' | 'vault' | 'graph' | 'run' | 'exchange'

/** Verifies bearer tokens: signature, issuer, audience, expiry, key. Warm answers come from a bounded cache. */
export interface Authenticator {
  /**
   * The bearer of an `Authorization` header. A refusal's challenge names the sign-in service of `origin`, or Azure's.
   *
   * @throws AuthenticationFailed, AuthenticationFailedInvalidHeader, ExpiredAuthenticationToken, InvalidAuthenticationToken,
   *   InvalidAuthenticationTokenTenant, InvalidAuthenticationTokenAudience: 401 with `WWW-Authenticate`
   */
  authenticate(
    authorization: string | undefined,
    audiences: readonly Audience[],
    origin?: Pick<Origin, 'login'>,
  ): Promise<Caller>
}

/** The one decision point for rights, on every plane. */
export interface AccessControl {
  /** @throws AuthorizationFailed where no assignment at the scope or above allows the action */
  demand(caller: Caller, action: string, scope: string, kind?: 'actions' | 'dataActions'): Promise<void>
  allows(caller: Caller, action: string, scope: string, kind?: 'actions' | 'dataActions'): Promise<boolean>
  /** Whether the caller has a role at the scope or anywhere below it: it sees a subscription then, as in Azure. */
  holdsWithin(caller: Caller, scope: string): Promise<boolean>
}

export interface SignedToken {
  readonly token: string
  /** Epoch seconds. */
  readonly expiresOn: number
}

export interface IssuedToken {
  readonly token: string
  readonly clientId: string
  /** Epoch seconds. */
  readonly notBefore: number
  readonly expiresOn: number
}

/** Makes tokens and principals for other planes. */
export interface TokenIssuer {
  /** A token for a run, to be used inside it: an ARM-audience JWT with `exp` later than the run's end. */
  issueRunToken(run: { workspace: string; id: string; objectId: string }, lifetimeSeconds: number): Promise<string>
  /**
   * A token of a principal's for a resource. Who calls this has made sure that the principal may be acted for.
   *
   * @throws RunIdentityMissing where it has gone, AADSTS500011 for a resource that there is not
   */
  issueFor(objectId: string, resource: string): Promise<IssuedToken>
  /** What a run proves itself with when it asks for tokens of its identities. */
  issueRunSecret(run: { workspace: string; id: string }, lifetimeSeconds: number): Promise<string>
  /** The run that a secret is of; undefined for what is none. */
  readRunSecret(secret: string): Promise<{ workspace: string; id: string } | undefined>
  /** A token that opens one online endpoint and nothing else. `endpoint` is whatever names it for good. */
  issueEndpointToken(asked: { endpoint: string; objectId: string }, lifetimeSeconds: number): Promise<SignedToken>
  /** What a token opens and until when, in epoch milliseconds; undefined for what is none, or over. */
  readEndpointToken(token: string): Promise<{ endpoint: string; objectId: string; until: number } | undefined>
}

/** Managed identities of resources. */
export interface ManagedIdentities {
  /** The principal of a resource's identity: made on the first call, the same ever after. */
  ensure(resourceId: string, displayName: string): Promise<{ principalId: string; clientId: string; tenantId: string }>
  remove(resourceId: string): Promise<void>
}
