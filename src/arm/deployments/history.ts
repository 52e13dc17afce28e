import type { ResourceId } from '../../resource-id.ts'
import type { ArmDeps } from '../arm-deps.ts'

/** How many deployments a scope remembers. */
const MOST = 800

/** Forgets the oldest finished deployments of a scope that has more than Azure keeps. */
export async function forgetOldest({ deps }: ArmDeps, { parent, type, key }: ResourceId): Promise<void> {
  if (!parent) return
  const { items } = await deps.store.resources.children(parent.key, type, { limit: MOST * 2 })
  if (items.length <= MOST) return
  const old = items
    .filter(
      ({ id, provisioningState }) =>
        id.toLowerCase() !== key && /^(Succeeded|Failed|Canceled)$/.test(provisioningState),
    )
    .toSorted((a, b) => (a.system.lastModifiedAt < b.system.lastModifiedAt ? -1 : 1))
    .slice(0, items.length - MOST)
  await deps.store.write(async (within) => {
    for (const { id } of old) await within.resources.remove(id)
  })
}
