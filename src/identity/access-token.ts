import { randomBytes } from 'node:crypto'
import { SignJWT } from 'jose'
import type { Principal } from '../store/identities.ts'
import type { SigningKeys } from './signing-keys.ts'

/** The issuer of every token here: all resources that tokens are made for take the v1 form. */
export const issuerOf = (tenantId: string): string => `https://sts.windows.net/${tenantId}/`

export interface TokenWish {
  readonly tenantId: string
  readonly principal: Principal
  /** `aud`, as the client asked for it. */
  readonly audience: string
  readonly lifetimeSeconds: number
  readonly now: Date
  /** Set for a run's own token. */
  readonly run?: { readonly workspace: string; readonly id: string }
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
  const { principal, tenantId } = wish
  const issued = Math.floor(wish.now.getTime() / 1000) - BACKDATED_SECONDS
  const expiresOn = issued + BACKDATED_SECONDS + wish.lifetimeSeconds
  const token = await new SignJWT({
    aud: wish.audience,
    iss: issuerOf(tenantId),
    iat: issued,
    nbf: issued,
    exp: expiresOn,
    appid: principal.appId ?? principal.objectId,
    appidacr: '1',
    app_displayname: principal.displayName,
    idp: issuerOf(tenantId),
    idtyp: 'app',
    oid: principal.objectId,
    sub: principal.objectId,
    tid: tenantId,
    uti: randomBytes(16).toString('base64url'),
    ver: '1.0',
    ...(principal.resourceId !== undefined && { xms_mirid: principal.resourceId }),
    ...(wish.run && { scope: wish.run.workspace, runId: wish.run.id }),
  })
    .setProtectedHeader({ typ: 'JWT', alg: 'RS256', x5t: keys.signing.kid, kid: keys.signing.kid })
    .sign(keys.signing.key)
  return { token, notBefore: issued, expiresOn }
}
