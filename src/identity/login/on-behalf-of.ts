import { errors, jwtVerify } from 'jose'
import { fault } from '../../faults.ts'
import { issuerOf } from '../access-token.ts'
import { type Client, confidentialClientOf, required } from './client.ts'
import { demandUser, userAnswer } from './issue.ts'
import type { LoginDeps, LoginRequest } from './login-request.ts'
import { userResource, type Version } from './resources.ts'

/** A service that a user's token was sent to gets one for the next service, for the same user. */
export async function onBehalfOf(deps: LoginDeps, request: LoginRequest, version: Version): Promise<object> {
  const { form } = request
  if (required(form, 'requested_token_use') !== 'on_behalf_of') {
    throw fault('AADSTS70003', { grant: form.get('requested_token_use') ?? '' })
  }
  const assertion = required(form, 'assertion')
  const client = await confidentialClientOf(deps, request)
  const user = await demandUser(deps, await subjectOf(deps, client, assertion))
  const scope = form.get('scope') ?? undefined
  const resource = await userResource(deps, request, { scope, resource: form.get('resource') ?? undefined })
  return userAnswer(deps, request, { client, resource, version, signedIn: { user, methods: ['pwd'], scope } })
}

/** @throws AADSTS50013 for a token that is none of this tenant's, AADSTS500131 for one that was not made for the client */
async function subjectOf(deps: LoginDeps, client: Client, assertion: string): Promise<string> {
  const { payload } = await jwtVerify(
    assertion,
    ({ kid }) => {
      const key = deps.keys.verifying(kid ?? '')
      if (!key) throw new errors.JWKSNoMatchingKey()
      return key
    },
    { algorithms: ['RS256'], issuer: issuerOf(deps.tenantId), currentDate: deps.now() },
  ).catch((cause: unknown) => {
    throw cause instanceof errors.JOSEError ? fault('AADSTS50013', { reason: cause.message }, { cause }) : cause
  })
  const { identifierUris } = client.details
  const names = [
    client.appId,
    `api://${client.appId}`,
    ...(Array.isArray(identifierUris) ? identifierUris.map(String) : []),
  ]
  if (!names.includes(String(payload.aud))) {
    throw fault('AADSTS500131', { audience: String(payload.aud), client: client.appId })
  }
  if (payload.idtyp !== 'user' || typeof payload.oid !== 'string') {
    throw fault('AADSTS50013', { reason: 'the assertion is no token of a user' })
  }
  return payload.oid
}
