import { type Fault, fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId, sameId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Deps } from '../deps.ts'
import { type DependencyProperty, dependencyFault, workspaceDependencies } from './check-dependencies.ts'
import { encryptionFault } from './check-encryption.ts'
import { identityFault } from './workspace-identity.ts'
import { kindOf } from './workspace-kinds.ts'

/** What keeps a workspace wish from coming true: its dependencies, its identities or its encryption. */
export async function workspaceFault(
  deps: Pick<Deps, 'store' | 'access' | 'now' | 'tenantId'>,
  id: string,
  wish: JsonObject,
): Promise<Fault | undefined> {
  const { resources } = deps.store
  const properties = objectAt(wish.properties)
  const identity = objectAt(wish.identity)
  return (
    (await dependencyFault(resources, dependencyIds(properties))) ??
    (await identityFault(resources, identity)) ??
    primaryIdentityFault(properties, identity) ??
    (await encryptionFault(deps, id, wish))
  )
}

/** The ids that a workspace names, by property. An empty one is none, as templates write it. */
export function dependencyIds(properties: JsonObject): Partial<Record<DependencyProperty, string>> {
  const named = (Object.keys(workspaceDependencies) as DependencyProperty[]).map((property) => [
    property,
    textAt(properties[property]) || undefined,
  ])
  return Object.fromEntries(named.filter(([, id]) => id !== undefined))
}

/** The same properties with each id in the one form that readers parse: with its leading slash. */
export function withWholeIds(properties: JsonObject): JsonObject {
  const whole = Object.entries(dependencyIds(properties)).map(([property, id]) => [
    property,
    parseResourceId(id)?.text ?? id,
  ])
  return { ...properties, ...Object.fromEntries(whole) }
}

/** @throws WorkspacePropertyImmutable where the wish moves a workspace off its storage account, key vault or hub, or makes it another kind */
export function demandSameFoundation(existing: StoredResource, wish: JsonObject): void {
  if (kindOf(existing.body) !== kindOf(wish)) {
    throw fault('WorkspacePropertyImmutable', { property: 'kind', workspace: existing.name })
  }
  const before = objectAt(existing.body.properties)
  const after = objectAt(wish.properties)
  for (const property of ['storageAccount', 'keyVault', 'hubResourceId'] as const) {
    const [was, is] = [textAt(before[property]), textAt(after[property])]
    if (was && is && !sameId(was, is)) {
      throw fault('WorkspacePropertyImmutable', { property, workspace: existing.name })
    }
  }
}

function primaryIdentityFault(properties: JsonObject, identity: JsonObject): Fault | undefined {
  const primary = textAt(properties.primaryUserAssignedIdentity)
  if (!primary) return undefined
  const named = Object.keys(objectAt(identity.userAssignedIdentities))
  if (named.some((id) => sameId(id, primary))) return undefined
  return fault('WorkspaceIdentityInvalid', {
    reason: `primaryUserAssignedIdentity '${primary}' is none of the workspace's userAssignedIdentities.`,
  })
}
