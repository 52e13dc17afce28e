import { type Fault, Fault as FaultError, isFault } from '../../faults.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { checkBody } from '../facts/check-body.ts'
import { bodyOf } from './body.ts'
import type { Plan, PlannedResource } from './plan.ts'

/**
 * Checks the body of every resource before anything is made: its expressions, and where all of it is known already
 * the facts of its version.
 *
 * @throws InvalidExpression, InvalidRequestBody, ResourceNameRule
 */
export async function preflight(arm: ArmDeps, plan: Plan): Promise<void> {
  for (const planned of plan.resources) {
    if (!planned.made) continue
    const { body, whole } = await bodyOf(planned, planned.scope, true)
    const type = arm.registry.type(planned.id.type)
    if (!type || !whole) continue
    const version = arm.versions.resolve(planned.apiVersion, type.provider, type.path)
    try {
      checkBody(arm.facts, type, version, { verb: 'put', body })
    } catch (error) {
      throw isFault(error) ? about(planned, error) : error
    }
  }
}

/** The refusal of one resource, said of the resource. */
const about = ({ id, place }: PlannedResource, { key, message, code, status, extra }: Fault): Fault =>
  Object.assign(new FaultError(key, `${place} ('${id.text}'): ${message}`, { ...extra, target: id.text }), {
    code,
    status,
  })
