import { isFault } from '../../faults.ts'
import { type Json, objectAt, textAt } from '../../json.ts'
import { foldId, parseResourceId, type ResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import { partOf } from '../activity.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { errorOf } from '../errors.ts'
import { removalWaves } from '../removal-order.ts'
import { removeResource } from '../verbs/remove.ts'
import type { Plan, PlannedResource } from './plan.ts'
import type { Prepared, Step } from './prepared.ts'

/** Resources of the deployment's group that its template does not name. Deployments themselves stay. */
export async function leftovers(
  arm: ArmDeps,
  { parent }: ResourceId,
  plan: Pick<Plan, 'resources'>,
): Promise<readonly StoredResource[]> {
  const { deps } = arm
  if (!parent || parent.resourceGroup === undefined) return []
  // One whose condition is false is not wanted; one that is said to exist is.
  const own = plan.resources.filter(({ made, existing }) => made || existing).map(({ id }) => id.key)
  const named = [...own, ...(await madeBelow(arm, plan.resources.filter(isNested)))]
  const found: StoredResource[] = []
  let after: string | undefined
  do {
    const page = await deps.store.resources.under(parent.key, { limit: 500, ...(after !== undefined && { after }) })
    for (const one of page.items) {
      const key = one.id.toLowerCase()
      const stays =
        named.some((name) => name === key || name.startsWith(`${key}/`)) ||
        /\/(deployments|roleassignments)$/i.test(one.type)
      if (!stays) found.push(one)
    }
    after = page.next
  } while (after !== undefined)
  return found
}

/** Of these, what may go first: what others of them refer to (a hub, a workspace's storage account) goes after those. */
export async function firstToGo(
  { deps, registry }: ArmDeps,
  { parent }: ResourceId,
  left: readonly StoredResource[],
): Promise<readonly StoredResource[]> {
  if (!parent) return left
  const below = await Promise.all(left.map(({ id }) => deps.store.resources.below(id)))
  for (const wave of removalWaves(registry, parent, [...left, ...below.flat()])) {
    const first = left.filter((one) => wave.some(({ id }) => id === one.id))
    if (first.length > 0) return first
  }
  return left
}

const isNested = ({ id, made }: PlannedResource): boolean =>
  made && /^microsoft\.resources\/deployments$/i.test(id.type)

/** What nested deployments made, at any depth: they are parts of the template. */
async function madeBelow(
  { deps }: ArmDeps,
  nested: readonly Pick<PlannedResource, 'id'>[],
): Promise<readonly string[]> {
  const found: string[] = []
  const left = nested.map(({ id }) => id.key)
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const resource = await deps.store.resources.get(next)
    const made = resource?.state.outputResources
    for (const one of Array.isArray(made) ? (made as readonly Json[]) : []) {
      const key = foldId(textAt(objectAt(one).id) ?? '')
      if (found.includes(key)) continue
      found.push(key)
      if (/\/providers\/microsoft\.resources\/deployments\/[^/]+$/.test(key)) left.push(key)
    }
  }
  return found
}

/** Removes one, with the rights of who deploys, and answers the step that tells of it. */
export async function removeLeftover(arm: ArmDeps, resource: StoredResource, prepared: Prepared): Promise<Step> {
  const { caller } = prepared
  const startedAt = arm.deps.now().toISOString()
  const step = { id: resource.id, operation: 'Delete' as const, startedAt }
  const id = parseResourceId(resource.id)
  const type = id && arm.registry.type(id.type)
  try {
    if (!id || !type) throw new Error(`'${resource.id}' is of no type that is declared`)
    await arm.access.demand(caller, `${type.right}/delete`, id.text)
    const { operation } = await removeResource(arm, {
      id,
      type,
      caller,
      demandsRights: true,
      activity: partOf(prepared, { action: `${type.right}/delete`, resourceId: id.text, method: 'DELETE' }),
      query: new URLSearchParams(),
      apiVersion: arm.versions.newest(type),
      preconditions: { match: undefined, noneMatch: undefined },
    })
    if (operation) return { ...step, status: 'Running', follows: operation.id }
    return { ...step, status: 'Succeeded', endedAt: startedAt }
  } catch (error) {
    if (!isFault(error)) throw error
    return { ...step, status: 'Failed', endedAt: startedAt, statusCode: String(error.status), error: errorOf(error) }
  }
}
