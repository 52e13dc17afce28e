import type { IncomingMessage } from 'node:http'
import { explainAccess } from '../../domain/roles/explain-access.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import type { Principal } from '../../store/identities.ts'
import type { Store } from '../../store/store.ts'
import { demandOwner, type PrincipalsDeps } from './principals.ts'

export interface AccessDeps {
  readonly store: Store
}

/**
 * `GET /lazuli/access?principal=&action=&scope=`: which assignment allows the action, or why none does; `kind=dataActions`
 * for the data of a service. The principal is an object id, a client id, or a name that only one has.
 */
export async function explain(
  deps: AccessDeps & PrincipalsDeps,
  request: IncomingMessage,
  query: URLSearchParams,
): Promise<JsonObject> {
  await demandOwner(deps, request.headers.authorization)
  const [who, action, scope] = ['principal', 'action', 'scope'].map((name) => query.get(name)?.trim() ?? '')
  const kind = query.get('kind') || 'actions'
  if (!who || !action || !scope) {
    throw fault('MalformedRequest', { reason: 'it needs principal, action and scope' })
  }
  if (kind !== 'actions' && kind !== 'dataActions') {
    throw fault('MalformedRequest', { reason: 'its kind is neither actions nor dataActions' })
  }
  if (!scope.startsWith('/')) throw fault('MalformedRequest', { reason: 'its scope is no resource id' })
  const { objectId, appId, displayName } = await principalOf(deps.store, who)
  const { allowed, assignments } = await explainAccess(deps.store, { objectId, action, scope, kind })
  return {
    allowed,
    principal: { objectId, displayName, ...(appId !== undefined && { appId }) },
    action,
    kind,
    scope,
    assignments: assignments.map((one) => ({ ...one })),
  }
}

async function principalOf({ identities }: Store, who: string): Promise<Principal> {
  const id = who.toLowerCase()
  const known = (await identities.principal(id)) ?? (await identities.principalByApp(id))
  if (known) return known
  const named = (await identities.principals()).filter(({ displayName }) => displayName.toLowerCase() === id)
  const [only, another] = named
  if (only && !another) return only
  throw fault('UnknownPrincipal', { principal: who, count: named.length })
}
