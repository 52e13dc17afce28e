import { type FaultDetail, fault } from '../faults.ts'
import { isObject, type Json, type JsonObject, objectAt } from '../json.ts'
import { foldId, parseResourceId, providerId, type ResourceId } from '../resource-id.ts'
import type { StoredResource } from '../store/resources.ts'
import { openSecret } from '../store/sealing.ts'
import type { Repositories } from '../store/store.ts'
import type { ArmDeps } from './arm-deps.ts'
import type { MoveAsked } from './define-resource.ts'
import { errorOf } from './errors.ts'
import { referredIds } from './references.ts'
import type { RegisteredType } from './registry.ts'
import { isWithin } from './scope-key.ts'
import { sealAll } from './secrets.ts'
import { absent } from './verbs/write.ts'

/** Azure moves no more at once. */
const MOST = 800
const ROLE_ASSIGNMENTS = 'Microsoft.Authorization/roleAssignments'

interface Moving {
  readonly id: ResourceId
  readonly type: RegisteredType
  readonly resource: StoredResource
  readonly to: ResourceId
}

/**
 * Moves resources with all that is below them to another group: all of them, in one transaction, or none. What refers
 * from outside to one of them must come along. Role assignments at what is moved stay behind and go, as in Azure.
 *
 * @throws every refusal of a move; without `commit` that is all it does
 */
export async function moveResources(arm: ArmDeps, asked: MoveAsked): Promise<void> {
  const { deps, registry } = arm
  const target = await targetOf(arm, asked)
  const moving = await Promise.all(demandIds(asked).map((id) => movingOf(arm, asked, id, target)))
  const unmovable = new Set(moving.filter(({ type }) => !type.declaration.moves).map(({ type }) => type.type))
  if (unmovable.size > 0) throw fault('ResourceMoveNotSupported', { types: [...unmovable].join(',') })
  await demandFree(arm, moving, target)
  const bodies = new Map<string, JsonObject>()
  for (const { to, type, resource } of moving) {
    const { body } = resource
    bodies.set(to.key, await arm.policies.apply({ id: to, type, body, apiVersion: asked.apiVersion }))
  }
  await demandNoReferrers(arm, deps.store, moving)
  if (!asked.commit) return
  await deps.store.write(async (within) => {
    for (const { id, resource } of moving) {
      const now = await within.resources.get(id.key)
      if (now?.etag !== resource.etag || now.provisioningState !== resource.provisioningState) {
        throw fault('AnotherOperationInProgress', { id: resource.id, state: now?.provisioningState ?? 'Deleting' })
      }
    }
    const group = await within.resources.get(target.key)
    if (!group || group.provisioningState === 'Deleting') throw fault('ResourceGroupNotFound', { group: target.name })
    await demandNoReferrers({ registry }, within, moving)
    for (const one of moving) await moveOne(arm, within, one, { moving, body: bodies.get(one.to.key) })
  })
}

/** @throws InvalidRequestContent */
function demandIds({ ids, from }: MoveAsked): readonly ResourceId[] {
  const refuse = (reason: string) => fault('InvalidRequestContent', { reason })
  if (ids.length === 0) throw refuse("'resources' names no resource")
  if (ids.length > MOST) throw refuse(`'resources' names more than ${MOST} resources`)
  const parsed = ids.map((text) => {
    const id = parseResourceId(text)
    if (!id) throw refuse(`'${text}' is no resource id`)
    if (id.parent?.key !== from.key) throw refuse(`'${text}' is no top-level resource of the group '${from.name}'`)
    return id
  })
  if (new Set(parsed.map(({ key }) => key)).size < parsed.length) throw refuse("'resources' names one of them twice")
  return parsed
}

/** @throws InvalidRequestContent, ResourceGroupNotFound, LinkedAuthorizationFailed, ScopeLocked */
async function targetOf(arm: ArmDeps, { target, from, caller }: MoveAsked): Promise<ResourceId> {
  const id = parseResourceId(target)
  if (id?.type !== 'Microsoft.Resources/resourceGroups') {
    throw fault('InvalidRequestContent', { reason: `'targetResourceGroup' is no id of a resource group: '${target}'` })
  }
  if (id.key === from.key) {
    throw fault('InvalidRequestContent', { reason: 'the source and the target resource group are the same' })
  }
  const action = 'Microsoft.Resources/subscriptions/resourceGroups/write'
  if (!(await arm.access.allows(caller, action, id.text))) {
    throw fault('LinkedAuthorizationFailed', {
      client: caller.appId ?? caller.objectId,
      objectId: caller.objectId,
      action: 'Microsoft.Resources/subscriptions/resourceGroups/moveResources/action',
      scope: from.text,
      linkedAction: action,
      linkedScope: id.text,
    })
  }
  const group = await arm.deps.store.resources.get(id.key)
  if (!group) throw fault('ResourceGroupNotFound', { group: id.name })
  if (group.provisioningState === 'Deleting') throw fault('ResourceGroupBeingDeleted', { group: group.name })
  await arm.scopeLocks.demand(id, 'write')
  return parseResourceId(group.id) ?? id
}

async function movingOf(arm: ArmDeps, { from }: MoveAsked, id: ResourceId, target: ResourceId): Promise<Moving> {
  const type = arm.registry.type(id.type)
  const resource = type && (await arm.deps.store.resources.get(id.key))
  if (!type || !resource) {
    if (type) throw absent(id, type)
    throw fault('ResourceNotFound', { type: id.type, name: id.name, group: from.name })
  }
  const to = providerId(target, type.provider.namespace, type.path, resource.name)
  return { id: parseResourceId(resource.id) ?? id, type, resource, to }
}

/** @throws ScopeLocked, AnotherOperationInProgress, ResourceMoveTargetExists */
async function demandFree(arm: ArmDeps, moving: readonly Moving[], target: ResourceId): Promise<void> {
  const { resources } = arm.deps.store
  for (const { id, to, resource, type } of moving) {
    await arm.scopeLocks.demand(id, 'delete')
    if (arm.reconciler.activeOn(resource.id) !== undefined) {
      throw fault('AnotherOperationInProgress', { id: resource.id, state: resource.provisioningState })
    }
    if ((await resources.get(to.key)) ?? (await resources.getDeleted(to.key))) {
      throw fault('ResourceMoveTargetExists', { name: resource.name, type: type.type, group: target.name })
    }
  }
}

/**
 * Whoever refers to what moves would refer to nothing.
 *
 * @throws ResourceMoveValidationFailed which names each
 */
async function demandNoReferrers(
  { registry }: Pick<ArmDeps, 'registry'>,
  from: Repositories,
  moving: readonly Moving[],
): Promise<void> {
  const isMoved = (key: string) => moving.some(({ id }) => isWithin(key, id.key))
  const details: FaultDetail[] = []
  for (const type of registry.providers.flatMap(({ types }) => types)) {
    if (!type.declaration.references || type.declaration.backing) continue
    const { items } = await from.resources.ofType('', type.type)
    for (const item of items) {
      if (isMoved(foldId(item.id))) continue
      const referred = referredIds(type, item.body).find(({ key }) => isMoved(key))
      if (!referred) continue
      const { code, message } = errorOf(fault('ResourceMoveReferred', { id: referred.text, by: item.id }))
      details.push({ code: String(code), message: String(message), target: referred.text })
    }
  }
  if (details.length > 0) throw fault('ResourceMoveValidationFailed', {}, { details })
}

async function moveOne(
  { deps }: ArmDeps,
  within: Repositories,
  { id, resource, to }: Moving,
  { moving, body }: { readonly moving: readonly Moving[]; readonly body: JsonObject | undefined },
): Promise<void> {
  const rows = [...(await within.resources.below(id.text)), resource]
  for (const row of rows) {
    await within.resources.remove(row.id)
    if (row.type === ROLE_ASSIGNMENTS) continue
    const newId = to.text + row.id.slice(id.text.length)
    const clear = Object.keys(row.secrets).map((path) => [path, openSecret(deps.sealing, row, path) ?? ''] as const)
    await within.resources.put({
      ...row,
      id: newId,
      body: objectAt(renamed(row.id === resource.id && body ? body : row.body, moving)),
      state: objectAt(renamed(row.state, moving)),
      // What is secret is sealed for the id that it stands at.
      secrets: sealAll(deps.sealing, newId, Object.fromEntries(clear)),
    })
    const principal = await within.identities.principalByResource(foldId(row.id))
    if (principal) await within.identities.putPrincipal({ ...principal, resourceId: foldId(newId) })
  }
}

/** Ids of what moves, wherever a value is one, as they are afterwards. */
function renamed(value: Json | undefined, moving: readonly Moving[]): Json {
  if (typeof value === 'string') {
    const key = value.startsWith('/') ? foldId(value) : undefined
    const found = key === undefined ? undefined : moving.find(({ id }) => isWithin(key, id.key))
    return found ? found.to.text + value.slice(found.id.text.length) : value
  }
  if (Array.isArray(value)) return value.map((item: Json) => renamed(item, moving))
  if (!isObject(value)) return value ?? null
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, renamed(item, moving)]))
}
