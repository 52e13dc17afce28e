import { fault } from '../../faults.ts'
import type { Caller } from '../../identity/identity.ts'
import type { ResourceId } from '../../resource-id.ts'
import type { ActivitySource, StoredOperation } from '../../store/operations.ts'
import { openSecret } from '../../store/sealing.ts'
import { activitySource, noteBegun, putEnded } from '../activity.ts'
import type { Address } from '../address.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { answer, present } from '../envelope.ts'
import { operationOn } from '../facts/operation-on.ts'
import { getKept, markKept, peekKept } from '../kept.ts'
import { demandLinked } from '../linked-rights.ts'
import { locationOf } from '../locations.ts'
import { canceled, newOperation, operationHeaders } from '../operations.ts'
import { checkPreconditions, type Preconditions, preconditionsOf } from '../preconditions.ts'
import { purgeTree } from '../purge.ts'
import type { RegisteredType } from '../registry.ts'
import { surroundingsOf } from '../surroundings.ts'
import type { ResolvedVersion } from '../versions.ts'
import { demandVerb } from './demand-verb.ts'
import { type Exchange, readContext, warningOf } from './exchange.ts'
import { PATIENCE_MS } from './put.ts'
import { absent } from './write.ts'

export interface Remove {
  readonly id: ResourceId
  readonly type: RegisteredType
  readonly caller: Caller
  readonly query: URLSearchParams
  readonly apiVersion: string
  readonly preconditions: Preconditions
  /** Set where the caller's rights count: for what a client asks, and not for what the server does by itself. */
  readonly demandsRights?: boolean
  /** What the activity log tells of it; of the caller alone where a client's delete has none. */
  readonly activity?: ActivitySource | undefined
}

export interface Removed {
  /** Undefined where nothing was there. */
  readonly operation: StoredOperation | undefined
  readonly location: string
}

/** What a client waits for an answer, by far. */
const LONG_PATIENCE_MS = 30_000

/** DELETE of one resource with all that is below it. */
export async function deleteResource(
  arm: ArmDeps,
  exchange: Exchange,
  { id, type }: Address & { at: 'resource' },
): Promise<void> {
  const { query, caller, response, context, request } = exchange
  const version = arm.versions.resolve(query.get('api-version'), type.provider, type.path)
  await arm.access.demand(caller, `${type.right}/delete`, id.text)
  demandVerb(arm.facts, type, 'delete')
  const preconditions = preconditionsOf(request.headers)
  const shown = type.declaration.showsDeleted ? await getKept(arm.deps.store, type, id) : undefined
  const { operation, location } = await removeResource(arm, {
    id,
    type,
    caller,
    query,
    apiVersion: version.asked,
    preconditions,
    demandsRights: true,
    activity: exchange.activity,
  })
  const headers = warningOf(version)
  if (!operation) {
    if (await purged(arm, id, type, query)) return answer(response, context, { status: 200, headers })
    if (type.type === 'Microsoft.Resources/resourceGroups') throw fault('ResourceGroupNotFound', { group: id.name })
    return answer(response, context, { status: 204, headers })
  }
  const later = type.declaration.statuses?.deleted === 202
  const ended = await arm.reconciler.settled(operation, later ? 0 : patienceOf(arm, type, version))
  if (ended.status === 'Succeeded' && !later) {
    const body = shown && (await present(arm, type, shown, readContext(exchange, version)))
    return answer(response, context, { status: 200, body, headers })
  }
  const place = { location, apiVersion: version.asked }
  answer(response, context, {
    status: 202,
    headers: { ...headers, ...operationHeaders(operation, context.origin, place) },
  })
}

/** How long a delete is waited for: where its version knows no 202, until it is over, or nearly so. */
function patienceOf({ facts }: ArmDeps, { provider, path }: RegisteredType, version: ResolvedVersion): number {
  const known = version.facts === undefined ? undefined : facts.type(provider.namespace, path, version.facts)
  const responses = operationOn(known, 'DELETE')?.responses
  return responses && !('202' in responses) ? LONG_PATIENCE_MS : PATIENCE_MS
}

/** Whether this delete, which found nothing, meant the soft-deleted resource of this id and asked for good: it is gone then. */
async function purged(arm: ArmDeps, id: ResourceId, type: RegisteredType, query: URLSearchParams): Promise<boolean> {
  const { softDelete } = type.declaration
  const deleted = softDelete && (await arm.deps.store.resources.peek(id.key, { deleted: true }))
  if (!deleted || softDelete(deleted, query).days > 0) return false
  await arm.scopeLocks.demand(id, 'delete')
  await purgeTree(arm, { id, type })
  return true
}

/**
 * Marks a resource as going and begins its removal. What was being made of it is called off.
 *
 * @throws every refusal of a delete
 */
export async function removeResource(arm: ArmDeps, asked: Remove): Promise<Removed> {
  const { deps, reconciler } = arm
  const { store } = deps
  const { id, type } = asked
  const around = await surroundingsOf(arm, store, { id, verb: 'delete', path: type.path })
  // One whose key is away can be deleted all the same: nothing of what it holds is needed for that.
  const existing = await peekKept(store, type, id)
  const location = locationOf(existing?.body, around)
  if (!existing) return { operation: undefined, location }
  if (asked.demandsRights) {
    await demandLinked(arm, { caller: asked.caller, id, type, verb: 'delete', body: {}, existing })
  }
  await arm.scopeLocks.demand(id, 'delete')
  checkPreconditions(asked.preconditions, existing.id, existing)
  const activeId = reconciler.activeOn(existing.id)
  const active = activeId === undefined ? undefined : await store.operations.get(activeId)
  if (active?.verb === 'delete' && active.status === 'InProgress') return { operation: active, location }
  await type.declaration.checkRemove?.(deps, {
    id,
    wish: existing.body,
    state: existing.state,
    resource: existing,
    secret: (path) => openSecret(deps.sealing, existing, path),
    arm: arm.inner,
    query: asked.query,
  })
  const activity =
    asked.activity ??
    (asked.demandsRights
      ? activitySource({
          caller: asked.caller,
          action: `${type.right}/delete`,
          resourceId: existing.id,
          method: 'DELETE',
        })
      : undefined)
  const operation = newOperation({
    resourceId: existing.id,
    verb: 'delete',
    activity,
    apiVersion: asked.apiVersion,
    caller: asked.caller,
    input: Object.fromEntries(asked.query),
    now: deps.now(),
  })
  await store.write(async (within) => {
    const kept = await peekKept(within, type, id)
    if (!kept) throw absent(id, type)
    if (active) {
      const current = await within.operations.get(active.id)
      if (current?.status === 'InProgress') await putEnded(within, canceled(current, deps.now()), deps.now())
    }
    await markKept(within, type, { resource: kept, provisioningState: 'Deleting' })
    await within.operations.put(operation)
    await noteBegun(within, activity, { goesOn: true, statusCode: 'Accepted', now: deps.now() })
  })
  reconciler.begin(operation)
  return { operation, location }
}
