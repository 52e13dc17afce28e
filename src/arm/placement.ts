import { fault } from '../faults.ts'
import type { ResourceId } from '../resource-id.ts'
import type { Scope } from './define-resource.ts'
import type { RegisteredType } from './registry.ts'

const WORDS: Readonly<Record<Scope, string>> = {
  tenant: 'tenant',
  subscription: 'subscription',
  resourceGroup: 'resource group',
  resource: 'resource',
}

/**
 * Refuses an id that stands where its type has no place: a storage account right below a subscription, say.
 *
 * @throws ResourceTypeNotInScope
 */
export function demandPlace(type: RegisteredType, id: ResourceId): void {
  let top: RegisteredType | undefined = type
  let at: ResourceId | undefined = id
  for (; top?.parent && at; top = top.parent) at = at.parent
  const scope = scopeKind(at?.parent)
  if (top && !top.at.includes(scope)) {
    throw fault('ResourceTypeNotInScope', {
      type: top.type,
      scope: WORDS[scope],
      allowed: top.at.map((each) => WORDS[each]).join(', '),
    })
  }
}

function scopeKind(scope: ResourceId | undefined): Scope {
  if (!scope || scope.key === '') return 'tenant'
  if (scope.type === 'Microsoft.Resources/subscriptions') return 'subscription'
  // Written as an ordinary resource's, a group's id is none of a group.
  return scope.type === 'Microsoft.Resources/resourceGroups' && scope.resourceGroup !== undefined
    ? 'resourceGroup'
    : 'resource'
}
