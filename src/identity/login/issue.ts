import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { isEnabled } from '../../domain/directory/directory-object.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, textAt } from '../../json.ts'
import type { Principal } from '../../store/identities.ts'
import { type MadeToken, makeAccessToken, makeIdToken } from '../access-token.ts'
import type { Client } from './client.ts'
import type { LoginDeps, LoginRequest } from './login-request.ts'
import { asksFor, type Resource, type Version } from './resources.ts'

export const LIFETIME_SECONDS = 3600
/** Azure's: a refresh token ends after ninety days without use; each use gives a new one. */
const REFRESH_DAYS = 90

/** A user who has signed in, and how. */
export interface SignedIn {
  readonly user: Principal
  readonly methods: readonly string[]
  /** The sign-in that this goes back to; a new one where there is none yet. */
  readonly family?: string
  /** The scope that the client asked for: whether it wants an id token and a refresh token. */
  readonly scope: string | undefined
  readonly nonce?: string
}

/** What is held by a client is kept by its hash. */
export const hashOf = (held: string): string => createHash('sha256').update(held).digest('base64url')
export const newHeld = (): string => randomBytes(48).toString('base64url')

/** @throws AADSTS50057 for an account that may not sign in any more, AADSTS50034 for one that has gone */
export async function demandUser({ store }: Pick<LoginDeps, 'store'>, objectId: string): Promise<Principal> {
  const user = await store.identities.principal(objectId)
  if (user?.kind !== 'User') throw fault('AADSTS50034')
  if (!isEnabled(user)) throw fault('AADSTS50057')
  return user
}

/** The answer of a token endpoint for a user: an access token, and what else the scope asks for. */
export async function userAnswer(
  deps: LoginDeps,
  request: LoginRequest,
  grant: {
    readonly client: Client
    readonly signedIn: SignedIn
    readonly resource: Resource
    readonly version: Version
  },
): Promise<JsonObject> {
  const { client, signedIn, resource, version } = grant
  const { user, scope } = signedIn
  const made = await makeAccessToken(deps.keys, {
    tenantId: deps.tenantId,
    principal: user,
    audience: resource.audience,
    lifetimeSeconds: LIFETIME_SECONDS,
    now: deps.now(),
    user: {
      clientId: client.appId,
      clientName: client.principal.displayName,
      confidential: client.proof !== '0',
      scopes: resource.scopes,
      methods: signedIn.methods,
    },
    ...(client.credential !== undefined && { credential: client.credential }),
  })
  // Before version 2 every sign-in of a user came with both.
  const [wantsId, wantsRefresh] = [
    version === 'v1' || asksFor(scope, 'openid'),
    version === 'v1' || asksFor(scope, 'offline_access'),
  ]
  return {
    ...tokenAnswer(made, resource, version),
    scope: resource.scopes.map((right) => `${resource.asked}/${right}`).join(' '),
    ...(wantsRefresh && { refresh_token: await newRefreshToken(deps, client, signedIn) }),
    ...(wantsId && { id_token: await idToken(deps, client, signedIn) }),
    ...(request.form.get('client_info') === '1' && { client_info: clientInfo(deps, user) }),
  }
}

/** The part of an answer that users and applications share. Numbers are texts in the first version. */
export function tokenAnswer(made: MadeToken, resource: Resource, version: Version): JsonObject {
  const lifetime = LIFETIME_SECONDS - 1
  if (version === 'v2') {
    return { token_type: 'Bearer', expires_in: lifetime, ext_expires_in: lifetime, access_token: made.token }
  }
  return {
    token_type: 'Bearer',
    expires_in: String(lifetime),
    ext_expires_in: String(lifetime),
    expires_on: String(made.expiresOn),
    not_before: String(made.notBefore),
    resource: resource.asked,
    access_token: made.token,
  }
}

async function newRefreshToken(
  deps: LoginDeps,
  client: Client,
  { user, methods, family, scope }: SignedIn,
): Promise<string> {
  const held = newHeld()
  const until = new Date(deps.now().getTime() + REFRESH_DAYS * 24 * 3600 * 1000)
  await deps.store.write(({ grants }) =>
    grants.put({
      id: hashOf(held),
      kind: 'refresh',
      family: family ?? randomUUID(),
      subject: user.objectId,
      body: {
        client: client.appId,
        methods: [...methods],
        scope: scope ?? null,
        ...(client.credential !== undefined && { credential: client.credential }),
      },
      expiresAt: until.toISOString(),
    }),
  )
  return held
}

const idToken = (deps: LoginDeps, client: Client, { user, nonce }: SignedIn): Promise<string> =>
  makeIdToken(deps.keys, {
    tenantId: deps.tenantId,
    principal: user,
    lifetimeSeconds: LIFETIME_SECONDS,
    now: deps.now(),
    clientId: client.appId,
    issuer: `https://login.microsoftonline.com/${deps.tenantId}/v2.0`,
    ...(nonce !== undefined && { nonce }),
  })

/** By this MSAL tells accounts apart. */
const clientInfo = ({ tenantId }: LoginDeps, { objectId }: Principal): string =>
  Buffer.from(JSON.stringify({ uid: objectId, utid: tenantId })).toString('base64url')

/** The texts of a list in a grant's body. */
export const methodsOf = ({ methods }: JsonObject): readonly string[] =>
  Array.isArray(methods) ? methods.flatMap((one) => textAt(one) ?? []) : []
