import { fault } from '../faults.ts'
import { objectAt, textAt } from '../json.ts'
import { groupId, type ResourceId, subscriptionId } from '../resource-id.ts'
import type { StoredResource } from '../store/resources.ts'
import type { Repositories } from '../store/store.ts'
import { getKept } from './kept.ts'
import type { RegisteredProvider, Registry } from './registry.ts'

/** What stands around a resource: all of it is there, or the request is refused. */
export interface Surroundings {
  readonly subscription: StoredResource | undefined
  readonly group: StoredResource | undefined
  /** The resource one step up: the group or subscription itself for a top-level one. */
  readonly parent: StoredResource | undefined
}

export interface Asked {
  readonly id: ResourceId
  /** `read`, `write` …: stands in the refusal. */
  readonly verb: string
  /** The type asked for, without its namespace, as the refusal names it. */
  readonly path: string
  /** True where the parent may be missing. */
  readonly parentMayMiss?: boolean
}

/**
 * Looks from the outside in, so that the refusal names the outermost thing that is missing.
 *
 * @throws SubscriptionNotFound, ResourceGroupNotFound, ParentResourceNotFound
 */
export async function surroundingsOf(
  { registry }: { registry: Registry },
  from: Repositories,
  { id, verb, path, parentMayMiss = false }: Asked,
): Promise<Surroundings> {
  const subscription = await demandSubscription(from, id)
  const inGroup = id.resourceGroup !== undefined && id.type !== 'Microsoft.Resources/resourceGroups'
  const group = inGroup ? await demandGroup(from, id) : undefined
  const parentId = id.parent
  if (!parentId || parentId.key === '') return { subscription, group, parent: undefined }
  if (parentId.type === 'Microsoft.Resources/subscriptions') return { subscription, group, parent: subscription }
  if (parentId.type === 'Microsoft.Resources/resourceGroups') return { subscription, group, parent: group }
  const parent = await getKept(from, registry.type(parentId.type), parentId)
  if (!parent) {
    if (!parentMayMiss) throw fault('ParentResourceNotFound', { verb, type: path, parent: parentId.text })
    // The parent is made along the way, but only below something that is there.
    await surroundingsOf({ registry }, from, { id: parentId, verb, path })
  }
  return { subscription, group, parent }
}

/** @throws SubscriptionNotFound */
export async function demandSubscription(from: Repositories, id: ResourceId): Promise<StoredResource | undefined> {
  if (id.subscriptionId === undefined || id.type === 'Microsoft.Resources/subscriptions') return undefined
  const found = await from.resources.get(subscriptionId(id.subscriptionId).key)
  if (!found) throw fault('SubscriptionNotFound', { subscription: id.subscriptionId })
  return found
}

async function demandGroup(from: Repositories, id: ResourceId): Promise<StoredResource> {
  const found = await from.resources.get(groupId(id.subscriptionId ?? '', id.resourceGroup ?? '').key)
  if (!found) throw fault('ResourceGroupNotFound', { group: id.resourceGroup ?? '' })
  return found
}

/** @throws MissingSubscriptionRegistration where the subscription does not use the provider */
export function demandRegistration(provider: RegisteredProvider, subscription: StoredResource | undefined): void {
  if (!subscription || provider.alwaysRegistered) return
  if (registrationOf(subscription, provider.namespace) === 'Registered') return
  throw fault(
    'MissingSubscriptionRegistration',
    { namespace: provider.namespace },
    {
      details: [
        {
          code: 'MissingSubscriptionRegistration',
          target: provider.namespace,
          message: `The subscription is not registered to use namespace '${provider.namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions.`,
        },
      ],
    },
  )
}

/** Kept with the subscription; a provider that it never heard of came with a later release and is usable at once. */
export const registrationOf = (subscription: StoredResource, namespace: string): string =>
  textAt(objectAt(subscription.state.registrations)[namespace.toLowerCase()]) ?? 'Registered'

/** @throws ResourceGroupBeingDeleted, ParentResourceNotReady where what stands around is on its way out */
export function demandStanding({ group, parent }: Surroundings): void {
  if (group?.provisioningState === 'Deleting') throw fault('ResourceGroupBeingDeleted', { group: group.name })
  if (parent?.provisioningState === 'Deleting') throw fault('ParentResourceNotReady', { parent: parent.id })
}
