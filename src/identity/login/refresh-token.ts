import { fault } from '../../faults.ts'
import { textAt } from '../../json.ts'
import type { Grant } from '../../store/grants.ts'
import { type Client, clientOf, isPublic, required } from './client.ts'
import { demandUser, hashOf, methodsOf, userAnswer } from './issue.ts'
import type { LoginDeps, LoginRequest } from './login-request.ts'
import { userResource, type Version } from './resources.ts'

/**
 * Programs that share a cache of tokens (az in two shells) may use the same refresh token at once. Whoever comes with
 * one later than this after it was used has stolen it, or was stolen from.
 */
const TOGETHER_MS = 60_000

/** A refresh token, which is good once: the answer holds the next one. It gets tokens for any resource. */
export async function refreshToken(deps: LoginDeps, request: LoginRequest, version: Version): Promise<object> {
  const { form } = request
  const held = required(form, 'refresh_token')
  const client = await clientOf(deps, request)
  if (client.proof === '0' && !isPublic(client)) throw fault('AADSTS7000218')
  const grant = await used(deps, client, held)
  const scope = form.get('scope') ?? textAt(grant.body.scope)
  const resource = await userResource(deps, request, { scope, resource: form.get('resource') ?? undefined })
  const user = await demandUser(deps, grant.subject ?? '')
  const signedIn = {
    user,
    methods: methodsOf(grant.body),
    family: grant.family,
    scope: `${scope ?? ''} offline_access`,
  }
  return userAnswer(deps, request, { client, resource, version, signedIn })
}

/**
 * Marks the token as used.
 *
 * @throws AADSTS70000 for one that is none, another client's, or used before: then all that came of its sign-in ends;
 *   AADSTS700082 for one that is too old
 */
async function used({ store, now }: LoginDeps, client: Client, held: string): Promise<Grant> {
  const at = now()
  const outcome = await store.write(async ({ grants, identities }) => {
    const known = await grants.get(hashOf(held))
    if (known?.kind !== 'refresh' || known.body.client !== client.appId) return 'unknown'
    if (known.expiresAt <= at.toISOString()) return 'expired'
    const secret = textAt(known.body.credential)
    if (secret !== undefined && !(await identities.secret(secret))) return 'unknown'
    if (known.usedAt !== undefined && at.getTime() - Date.parse(known.usedAt) > TOGETHER_MS) {
      await grants.removeFamily(known.family)
      return 'stolen'
    }
    if (known.usedAt === undefined) await grants.put({ ...known, usedAt: at.toISOString() })
    return known
  })
  if (outcome === 'expired') throw fault('AADSTS700082')
  if (outcome === 'stolen')
    throw fault('AADSTS70000', { reason: 'The refresh token was used before: its sign-in has ended' })
  if (outcome === 'unknown') throw fault('AADSTS70000', { reason: 'The refresh token is not one of this client' })
  return outcome
}
