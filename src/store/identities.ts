import type { JsonObject } from '../json.ts'

/** A principal of the tenant: an application's service principal, a managed identity, a user, or a group. */
export interface Principal {
  /** The object id that role assignments name (`oid` in tokens). */
  readonly objectId: string
  readonly kind: 'Application' | 'ManagedIdentity' | 'User' | 'Group'
  /** The client id (`appid`); a managed identity has one too. */
  readonly appId?: string
  readonly displayName: string
  /** The ARM resource that this managed identity belongs to. */
  readonly resourceId?: string
  readonly createdAt: string
  /** What clients set of it, by Microsoft Graph's names; nothing secret. */
  readonly details?: JsonObject
}

/** A client secret of an application, or a user's password; kept hashed. */
export interface ClientSecret {
  readonly id: string
  /** Whose it is: the client id; the object id of a user, or of a service principal with secrets of its own. */
  readonly appId: string
  readonly salt: string
  readonly hash: string
  readonly startsAt?: string
  readonly expiresAt?: string
  readonly displayName?: string
  /** The first three characters, by which people tell secrets apart. */
  readonly hint?: string
}

/** A key pair that signs tokens; the private part is sealed. */
export interface SigningKey {
  readonly kid: string
  readonly publicJwk: string
  readonly sealedPrivateJwk: string
  readonly createdAt: string
}

export interface Identities {
  principal(objectId: string): Promise<Principal | undefined>
  principalByApp(appId: string): Promise<Principal | undefined>
  /** The managed identity that belongs to a resource. */
  principalByResource(resourceId: string): Promise<Principal | undefined>
  principals(): Promise<readonly Principal[]>
  putPrincipal(principal: Principal): Promise<void>
  removePrincipal(objectId: string): Promise<void>
  secretsOf(appId: string): Promise<readonly ClientSecret[]>
  putSecret(secret: ClientSecret): Promise<void>
  secret(id: string): Promise<ClientSecret | undefined>
  removeSecret(id: string): Promise<void>
  signingKeys(): Promise<readonly SigningKey[]>
  putSigningKey(key: SigningKey): Promise<void>
  removeSigningKey(kid: string): Promise<void>
  /** Install-wide facts by name: tenant id, subscription id, bootstrap client id. */
  fact(name: string): Promise<string | undefined>
  putFact(name: string, value: string): Promise<void>
}
