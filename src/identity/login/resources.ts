import { firstPartyRoles } from '../../domain/directory/first-party.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, textAt } from '../../json.ts'
import { audienceOf } from '../audiences.ts'
import { required } from './client.ts'
import type { LoginDeps, LoginRequest } from './login-request.ts'

export type Version = 'v1' | 'v2'

/** What a token is asked for. */
export interface Resource {
  /** As the client wrote it. */
  readonly asked: string
  /** The token's `aud`. */
  readonly audience: string
  /** A user's rights in it: `user_impersonation` for everything that the user may. */
  readonly scopes: readonly string[]
}

/** Scopes that are about the user, and belong to no resource. */
const USER_SCOPES = new Set(['openid', 'profile', 'offline_access', 'email'])
const GRAPH = 'https://graph.microsoft.com'

/**
 * The resource of an application's request.
 *
 * @throws AADSTS900144, AADSTS70011, AADSTS1002012, AADSTS500011
 */
export async function applicationResource(deps: LoginDeps, request: LoginRequest, version: Version): Promise<Resource> {
  if (version === 'v1') return v1Resource(deps, request)
  const asked = required(request.form, 'scope')
  const [scope, ...more] = resourceScopes(asked)
  if (scope === undefined || more.length > 0) throw fault('AADSTS70011', { scope: asked })
  // Only the suffix goes: az asks for `https://management.core.windows.net//.default` and means a slash.
  if (!scope.endsWith('/.default')) throw fault('AADSTS1002012', { scope })
  const resource = scope.slice(0, -'/.default'.length)
  return { asked: resource, audience: await audience(deps, request, resource), scopes: [] }
}

/**
 * The resource of a user's request; Microsoft Graph where nothing but the user is asked for.
 *
 * @throws AADSTS70011, AADSTS500011
 */
export async function userResource(
  deps: LoginDeps,
  request: LoginRequest,
  asked: { readonly scope?: string | undefined; readonly resource?: string | undefined },
): Promise<Resource> {
  const named = asked.resource ?? ''
  if (asked.scope === undefined && named !== '') {
    return { asked: named, audience: await audience(deps, request, named), scopes: ['user_impersonation'] }
  }
  const wanted = resourceScopes(asked.scope ?? '').map(apart)
  const [first] = wanted
  if (!first) return { asked: GRAPH, audience: GRAPH, scopes: ['User.Read'] }
  if (wanted.some(({ resource }) => resource !== first.resource))
    throw fault('AADSTS70011', { scope: asked.scope ?? '' })
  const scopes = wanted.map(({ right }) => (right === '.default' ? 'user_impersonation' : right))
  return {
    asked: first.resource,
    audience: await audience(deps, request, first.resource),
    scopes: [...new Set(scopes)],
  }
}

/** Whether a scope asks for something about the user: `openid`, `offline_access`. */
export const asksFor = (scope: string | undefined, what: 'openid' | 'offline_access'): boolean =>
  (scope ?? '').split(/\s+/).includes(what)

/** The roles of a resource that an application has been given, by their values. */
export async function rolesIn({ store }: LoginDeps, principal: string, resource: string): Promise<readonly string[]> {
  const links = await store.directory.linksFrom(principal, 'appRoles')
  const values = await Promise.all(
    links.map(async ({ target, detail }) => {
      const offering = await store.identities.principal(target)
      const application = await store.directory.applicationByApp(offering?.appId ?? '')
      const names = [offering?.appId, ...urisOf(application?.details ?? {})]
      const offered = [...firstPartyRoles(offering?.appId), ...rolesOf(application?.details ?? {})]
      const isGraph = audienceOf(resource) !== undefined && audienceOf(offering?.appId ?? '') === audienceOf(resource)
      if (!isGraph && !names.includes(resource)) return []
      return offered.filter(({ id }) => id === detail).flatMap(({ value }) => textAt(value) ?? [])
    }),
  )
  return values.flat()
}

const rolesOf = ({ appRoles }: JsonObject): readonly JsonObject[] =>
  Array.isArray(appRoles) ? (appRoles as JsonObject[]) : []
const urisOf = ({ identifierUris }: JsonObject): readonly string[] =>
  Array.isArray(identifierUris) ? identifierUris.map(String) : []

async function v1Resource(deps: LoginDeps, request: LoginRequest): Promise<Resource> {
  const asked = required(request.form, 'resource')
  return { asked, audience: await audience(deps, request, asked), scopes: [] }
}

const resourceScopes = (asked: string): readonly string[] =>
  asked.split(/\s+/).filter((scope) => scope !== '' && !USER_SCOPES.has(scope))

/** A scope is a resource, a slash and a right; a right alone is Microsoft Graph's. */
function apart(scope: string): { readonly resource: string; readonly right: string } {
  const slash = scope.lastIndexOf('/')
  return slash < 0
    ? { resource: GRAPH, right: scope }
    : { resource: scope.slice(0, slash), right: scope.slice(slash + 1) }
}

/**
 * The `aud` of a token for a resource. The own origin is the resource manager's: az takes its audience from there.
 * Applications of the tenant are resources too, by their client id and their URIs.
 */
async function audience(deps: LoginDeps, { context }: LoginRequest, resource: string): Promise<string> {
  if (audienceOf(resource)) return resource
  const plain = resource.toLowerCase().replace(/\/+$/, '')
  if (plain === context.origin.arm().toLowerCase()) return 'https://management.azure.com/'
  const applications = await deps.store.directory.applications()
  const found = applications.find(
    ({ appId, details }) => appId === plain || urisOf(details).some((uri) => uri.toLowerCase() === plain),
  )
  if (found) return resource
  throw fault('AADSTS500011', { resource, tenant: deps.tenantId })
}
