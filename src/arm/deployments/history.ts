import { fault, isFault } from '../../faults.ts'
import { parseResourceId, type ResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { ArmDeps } from '../arm-deps.ts'

/** How many deployments a scope remembers. */
const MOST = 800
/** Above so many the oldest are forgotten by themselves, until there are `KEPT`. */
const FULL = 775
const KEPT = 750

/**
 * Refuses a further deployment where the scope's history is full and cannot be shortened, as a lock may see to.
 *
 * @throws DeploymentQuotaExceeded
 */
export async function demandRoom(arm: ArmDeps, id: ResourceId): Promise<void> {
  const { store } = arm.deps
  if (!id.parent || (await store.resources.get(id.key))) return
  const before = await historyOf(arm, id)
  if (before.length < MOST) return
  await forgetOldest(arm, id)
  const { length: count } = await historyOf(arm, id)
  if (count >= MOST) throw fault('DeploymentQuotaExceeded', { name: id.name, limit: MOST, count })
}

/** Forgets the oldest finished deployments of a scope that has nearly as many as it may; a lock keeps them. */
export async function forgetOldest(arm: ArmDeps, own: ResourceId): Promise<void> {
  const items = await historyOf(arm, own)
  if (items.length <= FULL) return
  const old = items
    .filter(
      ({ id, provisioningState }) =>
        id.toLowerCase() !== own.key && /^(Succeeded|Failed|Canceled)$/.test(provisioningState),
    )
    .toSorted((a, b) => (a.system.lastModifiedAt < b.system.lastModifiedAt ? -1 : 1))
    .slice(0, items.length - KEPT)
  if (await isLocked(arm, old[0])) return
  await arm.deps.store.write(async (within) => {
    for (const { id } of old) await within.resources.remove(id)
  })
}

async function isLocked({ scopeLocks }: ArmDeps, one: StoredResource | undefined): Promise<boolean> {
  const id = one && parseResourceId(one.id)
  if (!id) return false
  try {
    await scopeLocks.demand(id, 'delete')
    return false
  } catch (error) {
    if (isFault(error)) return true
    throw error
  }
}

async function historyOf({ deps }: ArmDeps, { parent, type }: ResourceId): Promise<readonly StoredResource[]> {
  if (!parent) return []
  const { items } = await deps.store.resources.children(parent.key, type, { limit: MOST * 2 })
  return items
}
