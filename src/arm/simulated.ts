import { setTimeout as wait } from 'node:timers/promises'
import type { SimulatedProvisioning, Simulation } from '../domain/simulation/simulation.ts'
import { type Fault, fault } from '../faults.ts'
import type { StoredOperation } from '../store/operations.ts'

/**
 * Holds a request up, or refuses it, as the simulation is set.
 *
 * @throws SimulatedTooManyRequests, SimulatedServiceUnavailable
 */
export async function simulatedFate(simulation: Simulation, method: string): Promise<void> {
  const { delayMs, refusal, retryAfterSeconds } = simulation.requestFate(method)
  if (delayMs > 0) await wait(delayMs)
  if (refusal) throw fault(refusal, {}, { headers: { 'Retry-After': String(retryAfterSeconds) } })
}

/** What an operation keeps of its simulated provisioning, so that a restart goes on with the same outcome. */
export const keptProvisioning = (
  provisioning: SimulatedProvisioning | undefined,
  now: Date,
): Pick<StoredOperation, 'simulated'> =>
  provisioning
    ? {
        simulated: {
          until: new Date(now.getTime() + provisioning.seconds * 1000).toISOString(),
          ...(provisioning.failure && { failure: provisioning.failure }),
        },
      }
    : {}

/** How often a held operation looks at the clock, which may be set meanwhile. */
const LOOK_MS = 100

/** How long an operation is still held, in milliseconds, or the failure that it ends with; undefined for neither. */
export function simulatedHold({ simulated }: StoredOperation, now: Date): number | Fault | undefined {
  if (!simulated) return undefined
  const left = Date.parse(simulated.until) - now.getTime()
  if (left > 0) return Math.min(left, LOOK_MS)
  const { failure } = simulated
  return failure && Object.assign(fault('SimulatedFailure', { message: failure.message }), { code: failure.code })
}
