import type { JsonObject } from '../../json.ts'
import { groupId } from '../../resource-id.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { withoutEnvelope } from '../envelope.ts'
import { checkBody } from '../facts/check-body.ts'
import { getKept } from '../kept.ts'
import { placeBody } from '../locations.ts'
import { onlyIfMissing, type PlannedResource } from './plan.ts'

/**
 * A resource's body as its PUT will have it, as far as that stands before anything is made: checked against the facts of
 * its version, in its place, and changed by the policies that reach it.
 *
 * @throws InvalidRequestBody, InvalidResourceLocation and the like, RequestDisallowedByPolicy
 */
export async function bodyBeforehand(arm: ArmDeps, planned: PlannedResource, body: JsonObject): Promise<JsonObject> {
  const { id, apiVersion } = planned
  const type = arm.registry.type(id.type)
  if (!type) return body
  const version = arm.versions.resolve(apiVersion, type.provider, type.path)
  const checked = withoutEnvelope(checkBody(arm.facts, type, version, { verb: 'put', body }))
  const existing = await getKept(arm.deps.store, type, id)
  if (existing && onlyIfMissing(planned)) return body
  const placed = placeBody(type, id, checked, existing)
  // A policy may ask what group it is: one that is still to come is asked when the resource's turn has come.
  if (!(await groupStands(arm, planned))) return placed
  return arm.policies.apply({ id, type, body: placed, apiVersion: version.asked })
}

async function groupStands({ deps }: ArmDeps, { id }: PlannedResource): Promise<boolean> {
  if (id.resourceGroup === undefined || id.type.toLowerCase() === 'microsoft.resources/resourcegroups') return true
  return (await deps.store.resources.get(groupId(id.subscriptionId ?? '', id.resourceGroup).key)) !== undefined
}
