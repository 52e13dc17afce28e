import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import { isObject, type JsonObject, textAt } from '../../json.ts'
import type { Principal } from '../../store/identities.ts'
import type { Store } from '../../store/store.ts'
import type { ExternalIssuers } from './external-issuers.ts'
import { hashOf, newHeld } from './issue.ts'
import { userNamed } from './sign-in.ts'

/** An OpenID Connect provider that people of this install sign in with. */
export interface OutsideSettings {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret?: string
}

export interface OutsideProvider {
  /** Its host, as the sign-in page calls it. */
  readonly name: string
  /** Where a browser goes, and what has to come back with it. @throws AADSTS50166 */
  begin(redirectUri: string, state: (memo: JsonObject) => Promise<string>): Promise<string>
  /** The user that a code stands for; made on the first sign-in. @throws AADSTS50166, AADSTS50013, AADSTS50020 */
  finish(code: string, memo: JsonObject): Promise<Principal>
}

const TIMEOUT_MS = 10_000

/** The code flow with PKCE, against a provider that its configuration describes. */
export function outsideProvider(
  deps: { readonly store: Store; readonly issuers: ExternalIssuers; readonly now: () => Date },
  settings: OutsideSettings,
): OutsideProvider {
  const { issuer, clientId } = settings
  // A sign-in that is under way when the server starts anew begins again; its verifier never leaves this process.
  const key = randomBytes(32)
  const verifierOf = (id: string) => createHmac('sha256', key).update(id).digest('base64url')
  return {
    name: new URL(issuer).host,
    async begin(redirectUri, state) {
      const endpoint = textAt((await deps.issuers.configuration(issuer)).authorization_endpoint)
      if (endpoint === undefined) throw fault('AADSTS50166', { issuer, reason: 'it has no authorization endpoint' })
      const [id, nonce] = [newHeld(), newHeld()]
      const address = new URL(endpoint)
      const asked = {
        client_id: clientId,
        response_type: 'code',
        redirect_uri: redirectUri,
        scope: 'openid profile email',
        state: await state({ id, nonceHash: hashOf(nonce), redirectUri }),
        nonce,
        code_challenge: createHash('sha256').update(verifierOf(id)).digest('base64url'),
        code_challenge_method: 'S256',
      }
      for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value)
      return address.href
    },
    async finish(code, { id, nonceHash, redirectUri }) {
      const endpoint = textAt((await deps.issuers.configuration(issuer)).token_endpoint)
      if (endpoint === undefined) throw fault('AADSTS50166', { issuer, reason: 'it has no token endpoint' })
      const answer = await redeem(endpoint, settings, {
        grant_type: 'authorization_code',
        code,
        redirect_uri: textAt(redirectUri) ?? '',
        code_verifier: verifierOf(textAt(id) ?? ''),
      })
      const claims = await deps.issuers.verify(textAt(answer.id_token) ?? '', issuer)
      if (![claims.aud ?? []].flat().includes(clientId))
        throw fault('AADSTS50013', { reason: 'the id token is for another client' })
      if (hashOf(String(claims.nonce)) !== nonceHash)
        throw fault('AADSTS50013', { reason: 'the id token is of another sign-in' })
      return userOf(deps, issuer, claims as JsonObject)
    },
  }
}

async function redeem(endpoint: string, settings: OutsideSettings, form: Record<string, string>): Promise<JsonObject> {
  const { issuer, clientId, clientSecret } = settings
  const body = new URLSearchParams({
    ...form,
    client_id: clientId,
    ...(clientSecret && { client_secret: clientSecret }),
  })
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const answer: unknown = await response.json()
    if (response.ok && isObject(answer)) return answer
    throw new Error(`its token endpoint answered ${response.status}`)
  } catch (cause) {
    throw fault('AADSTS50166', { issuer, reason: cause instanceof Error ? cause.message : String(cause) }, { cause })
  }
}

/**
 * A provider's account is one user for good, by issuer and subject. The first sign-in makes the user, or takes one that
 * was made for it: with the same name and no password. Anybody else's name stays theirs.
 */
async function userOf(
  { store, now }: { readonly store: Store; readonly now: () => Date },
  issuer: string,
  claims: JsonObject,
): Promise<Principal> {
  const { sub } = claims
  const outside = { issuer, subject: String(sub) }
  const isSame = ({ details }: Principal) => {
    const known = details?.outside
    return isObject(known) && known.issuer === outside.issuer && known.subject === outside.subject
  }
  const known = (await store.identities.principals()).find((one) => one.kind === 'User' && isSame(one))
  if (known) return known
  const name = textAt(claims.preferred_username) ?? textAt(claims.email) ?? ''
  if (!/^[^\s@]{1,64}@[\w.-]+$/.test(name))
    throw fault('AADSTS50020', { name, issuer, reason: 'it has no name like a mail address' })
  return store.write(async (within) => {
    const same = await userNamed(within, name)
    const taken =
      same && ((await within.identities.secretsOf(same.objectId)).length > 0 || same.details?.outside !== undefined)
    if (taken) throw fault('AADSTS50020', { name, issuer, reason: "another user's sign-in name is the same" })
    const user: Principal = {
      ...(same ?? {
        objectId: randomUUID(),
        kind: 'User',
        displayName: textAt(claims.name) ?? name,
        createdAt: now().toISOString(),
      }),
      details: {
        accountEnabled: true,
        ...same?.details,
        userPrincipalName: name,
        mailNickname: name.split('@')[0] ?? name,
        outside,
      },
    }
    await within.identities.putPrincipal(user)
    return user
  })
}
