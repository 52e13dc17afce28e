import { isFault } from '../../faults.ts'
import { foldId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Deps } from '../deps.ts'
import { COMPUTES, readCompute } from './compute.ts'
import { dueTurn, instanceProperties, sentSchedules, type Turn } from './instance-times.ts'

/** Starts or stops an instance as a client's POST would; resolves when that has begun. */
export type TurnInstance = (id: string, turn: Turn) => Promise<void>

export type InstanceDeps = Pick<Deps, 'store' | 'engines' | 'log'> & { readonly turn: TurnInstance }

/** Starts and stops an instance where its schedules or its idling ask for it in a span. */
export async function turnIfDue(
  deps: InstanceDeps,
  instance: StoredResource,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<void> {
  if (instance.provisioningState !== 'Succeeded' || !hasTimes(instance)) return
  const pool = await deps.engines.named('ComputeInstance').observePool(foldId(instance.id))
  const turn = await dueTurn(instance, { from, to, idleSince: pool?.nodes[0]?.idleSince })
  if (!turn) return
  try {
    await deps.turn(instance.id, turn)
  } catch (error) {
    if (!isFault(error)) throw error
    deps.log.warn({ compute: instance.id, turn, code: error.code, reason: error.message }, 'an instance was not turned')
  }
}

const hasTimes = ({ type, body }: StoredResource): boolean =>
  type === COMPUTES &&
  readCompute(body).kind === 'ComputeInstance' &&
  (sentSchedules(body).length > 0 || instanceProperties(body).idleTimeBeforeShutdown !== undefined)
