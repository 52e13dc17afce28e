import { type Fault, Fault as FaultError, fault, isFault } from '../../faults.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { checkBody } from '../facts/check-body.ts'
import { demandPlace } from '../placement.ts'
import { bodyOf } from './body.ts'
import { isDeployment, nestedPlan } from './nested.ts'
import { checkOutputs } from './outputs.ts'
import type { Plan, PlannedResource } from './plan.ts'
import type { Placed } from './prepared.ts'

/**
 * Looks a deployment over before anything is made: the rights of who deploys, every expression, and where all of a body
 * is known already the facts of its version. Nested deployments too, as far as they are known. Answers the ids of all
 * that would be made.
 *
 * @throws DeploymentNotAuthorized, InvalidExpression, InvalidRequestBody, and every refusal of a nested template
 */
export async function preflight(arm: ArmDeps, placed: Placed, plan: Plan): Promise<readonly string[]> {
  const denied: string[] = []
  const ids = await lookOver(arm, { placed, plan, depth: 1, denied })
  if (denied.length > 0) throw fault('DeploymentNotAuthorized', { problems: denied.join(':') })
  return ids
}

interface Look {
  readonly placed: Placed
  readonly plan: Plan
  readonly depth: number
  /** Collects what the caller may not make. */
  readonly denied: string[]
}

async function lookOver(arm: ArmDeps, { placed, plan, depth, denied }: Look): Promise<readonly string[]> {
  const ids: string[] = []
  for (const planned of plan.resources) {
    if (!planned.made) continue
    const type = arm.registry.type(planned.id.type)
    if (type) await saying(planned, async () => demandPlace(type, planned.id))
    ids.push(planned.id.text)
    const problem = await notAllowed(arm, placed, planned)
    if (problem !== undefined) denied.push(problem)
    await checkKnownBody(arm, planned)
    if (!isDeployment(planned)) continue
    const nested = await saying(planned, () => nestedPlan(arm, { placed, plan }, planned, depth))
    if (nested) ids.push(...(await saying(planned, () => lookOver(arm, { ...nested, depth: depth + 1, denied }))))
  }
  await checkOutputs(placed.prepared.template, plan.scope)
  return ids
}

async function notAllowed({ access, registry }: ArmDeps, placed: Placed, planned: PlannedResource) {
  const { caller } = placed.prepared
  const { id, name, type } = planned
  const action = `${registry.type(id.type)?.right ?? id.type}/write`
  if (await access.allows(caller, action, id.text)) return undefined
  return `Authorization failed for template resource '${name}' of type '${type}'. The client '${caller.appId ?? caller.objectId}' with object id '${caller.objectId}' does not have permission to perform action '${action}' at scope '${id.text}'.`
}

async function checkKnownBody(arm: ArmDeps, planned: PlannedResource): Promise<void> {
  const { body, whole } = await bodyOf(planned, planned.scope, true)
  const type = arm.registry.type(planned.id.type)
  if (!type || !whole) return
  const version = arm.versions.resolve(planned.apiVersion, type.provider, type.path)
  await saying(planned, async () => checkBody(arm.facts, type, version, { verb: 'put', body }))
}

/** Runs a check of one resource; its refusal is said of the resource. */
async function saying<T>(planned: PlannedResource, check: () => Promise<T>): Promise<T> {
  try {
    return await check()
  } catch (error) {
    throw isFault(error) ? about(planned, error) : error
  }
}

const about = ({ id, place }: PlannedResource, { key, message, code, status, extra }: Fault): Fault =>
  Object.assign(new FaultError(key, `${place} ('${id.text}'): ${message}`, { ...extra, target: id.text }), {
    code,
    status,
  })
