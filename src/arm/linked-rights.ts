import type { Deps } from '../domain/deps.ts'
import { fault } from '../faults.ts'
import type { AccessControl, Caller } from '../identity/identity.ts'
import type { JsonObject } from '../json.ts'
import { foldId, type ResourceId } from '../resource-id.ts'
import type { StoredResource } from '../store/resources.ts'
import type { LinkedRight } from './define-resource.ts'
import { referredIds } from './references.ts'
import type { RegisteredType, Registry } from './registry.ts'

export interface LinkedAsk {
  readonly caller: Caller
  readonly id: ResourceId
  readonly type: RegisteredType
  readonly verb: 'put' | 'patch' | 'delete'
  readonly body: JsonObject
  readonly existing: StoredResource | undefined
}

/**
 * Demands the rights that a verb needs at other scopes than its own: what a body newly refers to must be readable, and
 * what the type's declaration says.
 *
 * @throws LinkedAuthorizationFailed
 */
export async function demandLinked(
  { access, registry, deps }: { readonly access: AccessControl; readonly registry: Registry; readonly deps: Deps },
  { caller, id, type, verb, body, existing }: LinkedAsk,
): Promise<void> {
  const wanted = [
    ...referred(registry, type, body, existing),
    ...((await type.declaration.linked?.({ verb, body, existing }, deps)) ?? []),
  ]
  for (const { action, scope } of wanted) {
    if (await access.allows(caller, action, scope)) continue
    throw fault('LinkedAuthorizationFailed', {
      client: caller.appId ?? caller.objectId,
      objectId: caller.objectId,
      action: `${type.right}/${verb === 'delete' ? 'delete' : 'write'}`,
      scope: id.text,
      linkedAction: action,
      linkedScope: scope,
    })
  }
}

function referred(
  registry: Registry,
  type: RegisteredType,
  body: JsonObject,
  existing: StoredResource | undefined,
): readonly LinkedRight[] {
  const before = new Set(referredIds(type, existing?.body ?? {}).map(({ key }) => key))
  return referredIds(type, body)
    .filter(({ key }) => !before.has(foldId(key)))
    .map((one) => ({ action: `${registry.type(one.type)?.right ?? one.type}/read`, scope: one.text }))
}
