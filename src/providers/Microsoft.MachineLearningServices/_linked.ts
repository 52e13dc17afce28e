import type { LinkedRequest, LinkedRight } from '../../arm/define-resource.ts'
import type { Deps } from '../../domain/deps.ts'
import { REGISTRIES, REGISTRY_ASSETS } from '../../domain/registries/registry-ids.ts'
import { workspaceDependencies } from '../../domain/workspaces/check-dependencies.ts'
import { dependencyIds, withWholeIds } from '../../domain/workspaces/workspace-fault.ts'
import { type JsonObject, objectAt } from '../../json.ts'
import { foldId, parseResourceId } from '../../resource-id.ts'

const IDENTITIES = 'Microsoft.ManagedIdentity/userAssignedIdentities'

/** Who gives a resource an identity gets to act as it, so Azure asks for the right to assign it. */
export function linkedIdentities({ body, existing }: LinkedRequest): readonly LinkedRight[] {
  const before = new Set(identitiesOf(existing?.body).map(foldId))
  return identitiesOf(body)
    .filter((id) => !before.has(foldId(id)))
    .map((scope) => ({ action: `${IDENTITIES}/assign/action`, scope }))
}

/** Who makes a workspace over an account or a vault must be allowed to see it. */
export function linkedDependencies({ body, existing }: LinkedRequest): readonly LinkedRight[] {
  const before = dependenciesOf(existing?.body).map(({ scope }) => foldId(scope))
  return dependenciesOf(body).filter(({ scope }) => !before.includes(foldId(scope)))
}

/** Who makes something of a registry's assets must be allowed to read them. */
export async function linkedRegistries({ body }: LinkedRequest, { store }: Deps): Promise<readonly LinkedRight[]> {
  const named = JSON.stringify(body).matchAll(/azureml:\/\/registries\/([\w-]+)\//gi)
  const names = new Set([...named].map(([, name = '']) => name.toLowerCase()))
  const found = await Promise.all([...names].map((name) => store.resources.byGlobalName(REGISTRIES, name)))
  // One that is not there is refused in the words of what refers to it.
  return found.flatMap((registry) => (registry ? [{ action: `${REGISTRY_ASSETS}/read`, scope: registry.id }] : []))
}

const identitiesOf = (body: JsonObject | undefined): readonly string[] =>
  Object.entries(objectAt(objectAt(body?.identity).userAssignedIdentities))
    .filter(([, value]) => value !== null)
    .map(([id]) => id)

const dependenciesOf = (body: JsonObject | undefined): readonly LinkedRight[] =>
  Object.entries(dependencyIds(withWholeIds(objectAt(body?.properties)))).flatMap(([property, id]) => {
    const { type } = workspaceDependencies[property as keyof typeof workspaceDependencies] ?? {}
    // What is no id at all is refused in the type's own words.
    return typeof id === 'string' && type && parseResourceId(id) ? [{ action: `${type}/read`, scope: id }] : []
  })
