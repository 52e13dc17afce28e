import { isObject, type Json, type JsonObject, objectAt } from '../../json.ts'
import { resolveValue } from './expressions/resolve.ts'
import type { Scope } from './expressions/scope.ts'
import { demandIncremental, isInner, outerTemplate } from './outer-template.ts'
import type { PlannedResource } from './plan.ts'

/** What a template says about a resource and is no part of it. */
const ABOUT = new Set([
  '@options',
  'apiVersion',
  'asserts',
  'comments',
  'condition',
  'copy',
  'dependsOn',
  'existing',
  'import',
  'metadata',
  'name',
  'resourceGroup',
  'resources',
  'scope',
  'subscriptionId',
  'type',
])

export interface Bodied {
  readonly body: JsonObject
  /** False where an expression is left that only a running deployment can answer. */
  readonly whole: boolean
}

/** The body of the PUT that makes a resource. `patient` leaves what only a running deployment knows as it stands. */
export async function bodyOf(planned: PlannedResource, scope: Scope, patient: boolean): Promise<Bodied> {
  const { raw, place } = planned
  let whole = true
  const resolving = {
    scope,
    place,
    ...(patient && {
      onRuntime: () => {
        whole = false
      },
    }),
  }
  const own = Object.fromEntries(Object.entries(raw).filter(([key]) => !ABOUT.has(key)))
  const nested = /^microsoft\.resources\/deployments$/i.test(planned.id.type)
  if (!nested) {
    const body = withoutNulls(await resolveValue(own, resolving))
    return { body: objectAt(body), whole }
  }
  const { template, ...properties } = objectAt(own.properties)
  const body = objectAt(await resolveValue({ ...own, properties }, resolving))
  const asked = objectAt(body.properties)
  demandIncremental(asked, place)
  const at = { ...resolving, place: `${place}.properties.template` }
  const inside = isInner(asked) || template === undefined ? template : await outerTemplate(template, at)
  return { body: { ...body, properties: { ...asked, ...(inside !== undefined && { template: inside }) } }, whole }
}

/** A member that is null is one that was not given: templates write `json('null')` for it. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  const kept = Object.entries(value).flatMap(([key, item]) =>
    item === null || item === undefined ? [] : [[key, withoutNulls(item)] as const],
  )
  return Object.fromEntries(kept)
}
