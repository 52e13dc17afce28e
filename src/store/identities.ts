/** A principal of the tenant: an application with its service principal, a managed identity, or a user. */
export interface Principal {
  /** The object id that role assignments name (`oid` in tokens). */
  readonly objectId: string
  readonly kind: 'Application' | 'ManagedIdentity' | 'User'
  /** The client id (`appid`); a managed identity has one too. */
  readonly appId?: string
  readonly displayName: string
  /** The ARM resource that this managed identity belongs to. */
  readonly resourceId?: string
  readonly createdAt: string
}

/** A client secret, kept hashed. */
export interface ClientSecret {
  readonly id: string
  readonly appId: string
  readonly salt: string
  readonly hash: string
  readonly expiresAt?: string
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
  signingKeys(): Promise<readonly SigningKey[]>
  putSigningKey(key: SigningKey): Promise<void>
  /** Install-wide facts by name: tenant id, subscription id, bootstrap client id. */
  fact(name: string): Promise<string | undefined>
  putFact(name: string, value: string): Promise<void>
}
