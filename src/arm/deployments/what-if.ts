import { isObject, type Json, type JsonObject } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { present } from '../envelope.ts'
import { getKept } from '../kept.ts'
import { bodyOf } from './body.ts'
import { leftovers } from './complete-mode.ts'
import { sameValue } from './expressions/values.ts'
import { planDeployment } from './plan.ts'
import type { Placed } from './prepared.ts'

/** What a deployment would change, resource by resource; nothing is made. Expressions that only a run knows stay as they are. */
export async function whatIf(arm: ArmDeps, placed: Placed): Promise<JsonObject> {
  const { caller, mode } = placed.prepared
  const plan = await planDeployment(arm, placed)
  const changes: JsonObject[] = []
  const context = { origin: arm.origin, query: new URLSearchParams(), caller }
  for (const planned of plan.resources) {
    if (!planned.made) continue
    const { id } = planned
    const type = arm.registry.type(id.type)
    if (!type) continue
    const { body } = await bodyOf(planned, planned.scope, true)
    await arm.access.demand(caller, `${type.right}/read`, id.text)
    const kept = await getKept(arm.deps.store, type, id)
    const after: JsonObject = { id: id.text, name: id.name, type: type.type, apiVersion: planned.apiVersion, ...body }
    if (!kept) {
      changes.push({ resourceId: id.text, changeType: 'Create', before: null, after, delta: null })
      continue
    }
    const before = await present(arm, type, kept, { ...context, apiVersion: planned.apiVersion })
    const delta = type.path === 'deployments' ? [] : differences(before, body, '')
    changes.push({ resourceId: kept.id, changeType: delta.length > 0 ? 'Modify' : 'NoChange', before, after, delta })
  }
  for (const resource of await leftovers(arm, placed.id, plan)) {
    const type = arm.registry.type(resource.type)
    const id = parseResourceId(resource.id)
    if (!type || !id || !(await arm.access.allows(caller, `${type.right}/read`, id.text))) continue
    const before = await present(arm, type, resource, { ...context, apiVersion: arm.versions.newest(type) })
    const changeType = mode === 'Complete' ? 'Delete' : 'Ignore'
    changes.push({
      resourceId: resource.id,
      changeType,
      before,
      after: mode === 'Complete' ? null : before,
      delta: null,
    })
  }
  return {
    status: 'Succeeded',
    properties: { correlationId: placed.id.name, changes, potentialChanges: [], diagnostics: [] },
  }
}

/** What the template says otherwise; what it does not say stays. */
function differences(before: JsonObject, after: JsonObject, path: string): JsonObject[] {
  return Object.entries(after).flatMap(([key, value]) => {
    if (value === undefined) return []
    const at = path === '' ? key : `${path}.${key}`
    const own = Object.keys(before).find((one) => one.toLowerCase() === key.toLowerCase())
    const under: Json | undefined = own === undefined ? undefined : before[own]
    if (isObject(value) && isObject(under)) return differences(under, value, at)
    if (under === undefined)
      return [{ path: at, propertyChangeType: 'Create', before: null, after: value, children: null }]
    if (sameValue(under, value)) return []
    return [{ path: at, propertyChangeType: 'Modify', before: under, after: value, children: null }]
  })
}
