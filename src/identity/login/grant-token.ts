import { fault } from '../../faults.ts'
import { makeAccessToken } from '../access-token.ts'
import { authorizationCode } from './authorization-code.ts'
import { confidentialClientOf, required } from './client.ts'
import { deviceCode } from './device-code.ts'
import { LIFETIME_SECONDS, tokenAnswer } from './issue.ts'
import type { LoginDeps, LoginRequest } from './login-request.ts'
import { onBehalfOf } from './on-behalf-of.ts'
import { password } from './password.ts'
import { refreshToken } from './refresh-token.ts'
import { applicationResource, rolesIn, type Version } from './resources.ts'
import { tenantNamed } from './tenant.ts'

/** Answers a token for what a request brings. */
type Grant = (deps: LoginDeps, request: LoginRequest, version: Version) => Promise<object>

const clientCredentials: Grant = async (deps, request, version) => {
  // An application belongs to one tenant, which it has to name.
  if (tenantNamed(deps, request.tenant) === undefined) throw fault('AADSTS50059')
  const resource = await applicationResource(deps, request, version)
  const { principal, proof, credential } = await confidentialClientOf(deps, request)
  const made = await makeAccessToken(deps.keys, {
    tenantId: deps.tenantId,
    principal,
    audience: resource.audience,
    lifetimeSeconds: LIFETIME_SECONDS,
    now: deps.now(),
    roles: await rolesIn(deps, principal.objectId, resource.asked),
    proof,
    ...(credential !== undefined && { credential }),
  })
  return tokenAnswer(made, resource, version)
}

const grants: Readonly<Record<string, Grant>> = {
  client_credentials: clientCredentials,
  password,
  refresh_token: refreshToken,
  authorization_code: authorizationCode,
  'urn:ietf:params:oauth:grant-type:device_code': deviceCode,
  device_code: deviceCode,
  'urn:ietf:params:oauth:grant-type:jwt-bearer': onBehalfOf,
}

/**
 * The token endpoint: grants what `grant_type` names.
 *
 * @throws every AADSTS fault of the token endpoint
 */
export async function grantToken(deps: LoginDeps, request: LoginRequest, version: Version): Promise<object> {
  tenantNamed(deps, request.tenant)
  const named = required(request.form, 'grant_type')
  const grant = Object.hasOwn(grants, named) ? grants[named] : undefined
  if (!grant) throw fault('AADSTS70003', { grant: named })
  return grant(deps, request, version)
}
