import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt } from '../../json.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { placedOf } from './asked.ts'
import { bodyOf } from './body.ts'
import { isForRuntime, resolveValue } from './expressions/resolve.ts'
import { withAbsoluteLink } from './links.ts'
import { isInner } from './outer-template.ts'
import { type Plan, type PlannedResource, planDeployment } from './plan.ts'
import type { Placed } from './prepared.ts'

/** Deeper than any sensible template; one that links to itself ends here. */
const DEEPEST = 10

export const isDeployment = ({ id }: Pick<PlannedResource, 'id'>): boolean =>
  /^microsoft\.resources\/deployments$/i.test(id.type)

export interface Nested {
  readonly placed: Placed
  readonly plan: Plan
}

/**
 * What a nested deployment is going to do, as far as that is known before it runs; undefined where it is not, since
 * its names or conditions depend on what other resources become.
 *
 * @throws every refusal of a template
 */
export async function nestedPlan(
  arm: ArmDeps,
  around: Nested,
  planned: PlannedResource,
  depth: number,
): Promise<Nested | undefined> {
  if (depth > DEEPEST) {
    throw fault('InvalidTemplate', { reason: `Deployments are nested more than ${DEEPEST} deep at '${planned.place}'` })
  }
  try {
    const found = await nestedBody(planned)
    if (!found) return undefined
    const { caller, link, base } = around.placed.prepared
    const { secrets } = around.placed
    const body = withAbsoluteLink(found.body, link ?? base)
    const asked = {
      id: planned.id,
      body,
      caller,
      around: { secrets: secrets.within(JSON.stringify(body)), base: link ?? base },
    }
    const groups = await groupsAround(around, planned)
    const within = `${planned.place}.properties.template`
    const placed = await placedOf(arm, asked, { secrets, unknown: found.unknown, groups, within })
    return { placed, plan: await planDeployment(arm, placed) }
  } catch (error) {
    if (isForRuntime(error)) return undefined
    throw error
  }
}

/** Groups that the deployments around make: the nested one may be to stand in one of them. */
async function groupsAround({ placed, plan }: Nested, { id }: PlannedResource): Promise<Record<string, JsonObject>> {
  const groups = { ...placed.prepared.groups }
  const makes = plan.resources.find((one) => one.made && one.id.key === id.parent?.key)
  if (makes && id.parent) groups[id.parent.key] = (await bodyOf(makes, makes.scope, true)).body
  return groups
}

async function nestedBody(
  planned: PlannedResource,
): Promise<{ readonly body: JsonObject; readonly unknown: readonly string[] } | undefined> {
  const { raw, scope, place } = planned
  const { parameters, ...properties } = objectAt(raw.properties)
  // Of outer scope, what is not known yet may stand anywhere in it.
  const without = { ...planned, raw: { ...raw, properties } }
  const { body, whole } = await bodyOf(without, scope, true)
  if (!whole) return undefined
  if (!isInner(properties) && isObject(properties.template)) return { body, unknown: [] }
  if (parameters !== undefined && !isObject(parameters)) {
    const given = await resolveValue(parameters, { scope, place: `${place}.properties.parameters` })
    return { body: { ...body, properties: { ...objectAt(body.properties), parameters: given } }, unknown: [] }
  }
  const given: [string, JsonObject][] = []
  const unknown: string[] = []
  for (const [name, one] of Object.entries(objectAt(parameters))) {
    let known = true
    const value = await resolveValue(one ?? null, {
      scope,
      place: `${place}.properties.parameters.${name}`,
      onRuntime: () => {
        known = false
      },
    })
    // A secret of a vault is read when its turn comes: the vault may be one that the same template makes.
    if (known && objectAt(value).reference === undefined) given.push([name, objectAt(value)])
    else unknown.push(name)
  }
  return {
    body: { ...body, properties: { ...objectAt(body.properties), parameters: Object.fromEntries(given) } },
    unknown,
  }
}
