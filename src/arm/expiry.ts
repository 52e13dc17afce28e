import { parseResourceId } from '../resource-id.ts'
import type { ArmDeps } from './arm-deps.ts'
import { purgeTree } from './purge.ts'

const DAY_MS = 86_400_000
const EVERY_MS = 3_600_000

/** Forgets old events, and purges what was soft-deleted longer ago than its type keeps it: now, every hour until it is stopped, and when the clock is set. */
export function expireDeleted(arm: ArmDeps): { stop(): void } {
  const sweep = (): void => {
    expireOnce(arm).catch((error: unknown) => arm.deps.log.error({ err: error }, 'Soft-deleted resources stay longer'))
  }
  sweep()
  arm.deps.simulation.onChange(sweep)
  const timer = setInterval(sweep, EVERY_MS)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

/** How long events of the activity log are kept, as in Azure. */
const ACTIVITY_DAYS = 90

export async function expireOnce(arm: ArmDeps): Promise<void> {
  const { deps, registry } = arm
  const now = deps.now().getTime()
  const oldest = new Date(now - ACTIVITY_DAYS * DAY_MS).toISOString()
  await deps.store.write((within) => within.activities.forgetBefore(oldest))
  for (const type of registry.providers.flatMap(({ types }) => types)) {
    const { softDelete } = type.declaration
    if (!softDelete) continue
    const { items } = await deps.store.resources.ofType('', type.type, { includeDeleted: true })
    for (const resource of items) {
      const id = parseResourceId(resource.id)
      if (resource.deletedAt === undefined || !id) continue
      const { days } = softDelete(resource, new URLSearchParams())
      if (Date.parse(resource.deletedAt) + days * DAY_MS <= now) await purgeTree(arm, { id, type })
    }
  }
}
