import { randomBytes } from 'node:crypto'
import { type JWTPayload, SignJWT } from 'jose'
import { type JsonObject, textAt } from '../json.ts'
import type { Principal } from '../store/identities.ts'
import type { SigningKeys } from './signing-keys.ts'

/** The issuer of every access token here: all resources that tokens are made for take the v1 form. */
export const issuerOf = (tenantId: string): string => `https://sts.windows.net/${tenantId}/`

/** The claim that names the secret with which a token was got: the token ends when that is removed. */
export const CREDENTIAL_CLAIM = 'lz_cred'

/** How a user came to a token: by which client, with which rights, and how the sign-in went. */
export interface UserSignIn {
  readonly clientId: string
  readonly clientName: string
  /** Whether the client proved who it is. */
  readonly confidential: boolean
  /** `user_impersonation`, `User.Read`. */
  readonly scopes: readonly string[]
  /** Authentication methods: `pwd`, `fed`. */
  readonly methods: readonly string[]
}

export interface TokenWish {
  readonly tenantId: string
  readonly principal: Principal
  /** `aud`, as the client asked for it. */
  readonly audience: string
  readonly lifetimeSeconds: number
  readonly now: Date
  /** Set for a run's own token. */
  readonly run?: { readonly workspace: string; readonly id: string }
  /** Set for a user's token. */
  readonly user?: UserSignIn
  /** The roles of the resource that an application has been given. */
  readonly roles?: readonly string[]
  /** `0` for none, `1` for a secret, `2` for a certificate or a federated token. */
  readonly proof?: '0' | '1' | '2'
  /** The id of the secret that the token was got with. */
  readonly credential?: string
}

export interface MadeToken {
  readonly token: string
  /** Epoch seconds. */
  readonly notBefore: number
  readonly expiresOn: number
}

/** Azure backdates tokens, for clients whose clocks are behind. */
const BACKDATED_SECONDS = 300

/** Signs an access token with the claims that clients read. */
export async function makeAccessToken(keys: SigningKeys, wish: TokenWish): Promise<MadeToken> {
  const { principal, tenantId, user } = wish
  const issued = Math.floor(wish.now.getTime() / 1000) - BACKDATED_SECONDS
  const expiresOn = issued + BACKDATED_SECONDS + wish.lifetimeSeconds
  const token = await signed(keys, {
    aud: wish.audience,
    iss: issuerOf(tenantId),
    iat: issued,
    nbf: issued,
    exp: expiresOn,
    idp: issuerOf(tenantId),
    oid: principal.objectId,
    sub: principal.objectId,
    tid: tenantId,
    uti: randomBytes(16).toString('base64url'),
    ver: '1.0',
    ...(user ? userClaims(principal, user) : applicationClaims(principal, wish)),
    ...(wish.credential !== undefined && { [CREDENTIAL_CLAIM]: wish.credential }),
    ...(wish.run && { scope: wish.run.workspace, runId: wish.run.id }),
  })
  return { token, notBefore: issued, expiresOn }
}

/** Signs an id token: what tells a client who has signed in. */
export function makeIdToken(
  keys: SigningKeys,
  wish: Pick<TokenWish, 'tenantId' | 'principal' | 'lifetimeSeconds' | 'now'> & {
    readonly clientId: string
    readonly nonce?: string
    readonly issuer: string
  },
): Promise<string> {
  const { principal, tenantId } = wish
  const issued = Math.floor(wish.now.getTime() / 1000) - BACKDATED_SECONDS
  return signed(keys, {
    aud: wish.clientId,
    iss: wish.issuer,
    iat: issued,
    nbf: issued,
    exp: issued + BACKDATED_SECONDS + wish.lifetimeSeconds,
    name: principal.displayName,
    oid: principal.objectId,
    preferred_username: signInName(principal),
    sub: principal.objectId,
    tid: tenantId,
    uti: randomBytes(16).toString('base64url'),
    ver: '2.0',
    ...(wish.nonce !== undefined && { nonce: wish.nonce }),
  })
}

/** The name that a user signs in with. */
export const signInName = ({ details, displayName }: Principal): string =>
  textAt((details ?? ({} as JsonObject)).userPrincipalName) ?? displayName

const signed = (keys: SigningKeys, claims: JWTPayload): Promise<string> => {
  const { kid, key } = keys.signing()
  return new SignJWT(claims).setProtectedHeader({ typ: 'JWT', alg: 'RS256', x5t: kid, kid }).sign(key)
}

function applicationClaims(principal: Principal, { roles = [], proof = '1' }: TokenWish): JWTPayload {
  return {
    appid: principal.appId ?? principal.objectId,
    appidacr: proof,
    app_displayname: principal.displayName,
    idtyp: 'app',
    ...(roles.length > 0 && { roles }),
    ...(principal.resourceId !== undefined && { xms_mirid: principal.resourceId }),
  }
}

function userClaims(principal: Principal, user: UserSignIn): JWTPayload {
  const name = signInName(principal)
  return {
    acr: '1',
    amr: user.methods,
    appid: user.clientId,
    appidacr: user.confidential ? '1' : '0',
    app_displayname: user.clientName,
    idtyp: 'user',
    name: principal.displayName,
    scp: user.scopes.join(' '),
    unique_name: name,
    upn: name,
  }
}
