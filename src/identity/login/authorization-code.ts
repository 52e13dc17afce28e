import { createHash, timingSafeEqual } from 'node:crypto'
import { fault } from '../../faults.ts'
import { type JsonObject, textAt } from '../../json.ts'
import { type Client, clientOf, isPublic, redirectUris, required } from './client.ts'
import { demandUser, hashOf, methodsOf, userAnswer } from './issue.ts'
import type { LoginDeps, LoginRequest } from './login-request.ts'
import { userResource, type Version } from './resources.ts'

/** The code that a browser brought to the client. It is good once: one that comes again ends what it gave. */
export async function authorizationCode(deps: LoginDeps, request: LoginRequest, version: Version): Promise<object> {
  const { form } = request
  const held = required(form, 'code')
  const client = await clientOf(deps, request)
  const code = await redeemed(deps, client, held)
  const { body, subject = '', family } = code
  if (form.get('redirect_uri') !== body.redirectUri) throw fault('AADSTS500112')
  checkProof(client, body, form.get('code_verifier'))
  const user = await demandUser(deps, subject)
  const scope = form.get('scope') ?? textAt(body.scope)
  const resource = await userResource(deps, request, { scope, resource: form.get('resource') ?? textAt(body.resource) })
  const nonce = textAt(body.nonce)
  const signedIn = { user, methods: methodsOf(body), family, scope, ...(nonce !== undefined && { nonce }) }
  return userAnswer(deps, request, { client, resource, version, signedIn })
}

/** @throws AADSTS54005 for a code that was used, AADSTS70008 for one that is unknown or too old */
async function redeemed({ store, now }: LoginDeps, client: Client, held: string) {
  const outcome = await store.write(async ({ grants }) => {
    const known = await grants.get(hashOf(held))
    if (known?.kind !== 'code' || known.body.client !== client.appId || known.expiresAt <= now().toISOString())
      return 'unknown'
    if (known.usedAt !== undefined) {
      await grants.removeFamily(known.family)
      return 'used'
    }
    await grants.put({ ...known, usedAt: now().toISOString() })
    return known
  })
  if (outcome === 'used') throw fault('AADSTS54005')
  if (outcome === 'unknown') throw fault('AADSTS70008')
  return outcome
}

/** PKCE. A client that proves nothing else has to prove that it began the sign-in. */
function checkProof(client: Client, { challenge, method }: JsonObject, verifier: string | null): void {
  if (client.proof === '0' && !isPublic(client) && redirectUris(client.details, 'spa').length === 0) {
    throw fault('AADSTS7000218')
  }
  const expected = textAt(challenge)
  if (expected === undefined) {
    if (client.proof === '0') throw fault('AADSTS9002325')
    return
  }
  if (verifier === null) throw fault('AADSTS50148')
  const shown = method === 'plain' ? verifier : createHash('sha256').update(verifier).digest('base64url')
  const [one, other] = [Buffer.from(shown), Buffer.from(expected)]
  if (one.length !== other.length || !timingSafeEqual(one, other)) throw fault('AADSTS501481')
}
