import type { PoolView } from '../../compute/engine.ts'
import type { JsonObject } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Deps } from '../deps.ts'
import { poolSpec } from './compute.ts'

/** Whether the instance's one node is up. */
export const isUp = (pool: PoolView | undefined): boolean =>
  pool?.nodes.some(({ state }) => state === 'idle' || state === 'running') ?? false

/** Starts or stops an instance; answers whether that is reached. Repeating it does no harm. */
export async function turnInstance(
  deps: Pick<Deps, 'engines'>,
  instance: StoredResource,
  to: 'on' | 'off',
): Promise<boolean> {
  const engine = deps.engines.named('ComputeInstance')
  const spec = poolSpec(instance.id, instance.body, to === 'off')
  await engine.applyPool(spec)
  const pool = await engine.observePool(spec.computeId)
  return to === 'on' ? isUp(pool) : (pool?.nodes.length ?? 0) === 0
}

/** The note of an instance's last operation, as Azure keeps it; a schedule's call says so in its body. */
export const lastOperation = (
  operationName: 'Start' | 'Stop' | 'Restart',
  { operationTrigger }: JsonObject,
  at: Date,
): JsonObject => ({
  operationName,
  operationTime: at.toISOString(),
  operationStatus: 'Succeeded',
  operationTrigger: operationTrigger === 'Schedule' || operationTrigger === 'IdleShutdown' ? operationTrigger : 'User',
})
