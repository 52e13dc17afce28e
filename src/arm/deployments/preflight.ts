import { type Fault, Fault as FaultError, fault, isFault } from '../../faults.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { demandPlace } from '../placement.ts'
import { bodyBeforehand } from './beforehand.ts'
import { bodyOf } from './body.ts'
import { isDeployment, nestedPlan } from './nested.ts'
import { checkOutputs } from './outputs.ts'
import type { Plan, PlannedResource } from './plan.ts'
import type { Placed } from './prepared.ts'

/**
 * Looks a deployment over before anything is made: the rights of who deploys (unless `rights` is false), every
 * expression, and where all of a body is known already the facts of its version, its place, and the policies that reach
 * it. Nested deployments too, as far as they are known. Answers the ids of all that would be made.
 *
 * @throws DeploymentNotAuthorized, InvalidExpression, InvalidRequestBody, DisallowedDeployment, InvalidDeploymentResources,
 * and every refusal of a nested template
 */
export async function preflight(
  arm: ArmDeps,
  { placed, plan, rights = true }: Pick<Look, 'placed' | 'plan'> & { readonly rights?: boolean },
): Promise<readonly string[]> {
  const denied: string[] = []
  const refused: Fault[] = []
  const ids = await lookOver(arm, { placed, plan, depth: 1, denied: rights ? denied : undefined, refused })
  if (denied.length > 0) throw fault('DeploymentNotAuthorized', { problems: denied.join(':') })
  if (refused.length === 0) return ids
  const details = refused.map(({ code, message, extra: { target, additionalInfo } }) => ({
    code,
    message,
    ...(target !== undefined && { target }),
    ...(additionalInfo && { additionalInfo }),
  }))
  if (refused.every(({ key }) => key === 'RequestDisallowedByPolicy'))
    throw fault('DisallowedDeployment', {}, { details })
  throw fault('InvalidDeploymentResources', { name: placed.id.name }, { details })
}

interface Look {
  readonly placed: Placed
  readonly plan: Plan
  readonly depth: number
  /** Collects what the caller may not make; undefined where that is not asked. */
  readonly denied: string[] | undefined
  /** Collects what policies and places refuse. */
  readonly refused: Fault[]
}

/** Refusals that Azure collects from all resources. */
const COLLECTED = new Set<string>([
  'InvalidResourceGroupLocation',
  'InvalidResourceLocation',
  'LocationNotAvailableForResourceGroup',
  'LocationNotAvailableForResourceType',
  'LocationRequired',
  'RequestDisallowedByPolicy',
])

async function lookOver(arm: ArmDeps, { placed, plan, depth, denied, refused }: Look): Promise<readonly string[]> {
  const ids: string[] = []
  for (const planned of plan.resources) {
    if (!planned.made) continue
    const type = arm.registry.type(planned.id.type)
    if (type) await saying(planned, async () => demandPlace(type, planned.id))
    ids.push(planned.id.text)
    const problem = denied && (await notAllowed(arm, placed, planned))
    if (problem !== undefined) denied?.push(problem)
    await checkKnownBody(arm, planned, refused)
    if (!isDeployment(planned)) continue
    const nested = await saying(planned, () => nestedPlan(arm, { placed, plan }, planned, depth))
    if (nested)
      ids.push(...(await saying(planned, () => lookOver(arm, { ...nested, depth: depth + 1, denied, refused }))))
  }
  await checkOutputs(placed.prepared.template, plan.scope, placed.prepared.within)
  return ids
}

async function notAllowed({ access, registry }: ArmDeps, placed: Placed, planned: PlannedResource) {
  const { caller } = placed.prepared
  const { id, name, type } = planned
  const action = `${registry.type(id.type)?.right ?? id.type}/write`
  if (await access.allows(caller, action, id.text)) return undefined
  return `Authorization failed for template resource '${name}' of type '${type}'. The client '${caller.appId ?? caller.objectId}' with object id '${caller.objectId}' does not have permission to perform action '${action}' at scope '${id.text}'.`
}

async function checkKnownBody(arm: ArmDeps, planned: PlannedResource, refused: Fault[]): Promise<void> {
  const { body, whole } = await bodyOf(planned, planned.scope, true)
  if (!whole || isDeployment(planned)) return
  try {
    await bodyBeforehand(arm, planned, body)
  } catch (error) {
    if (!isFault(error)) throw error
    if (!COLLECTED.has(error.key)) throw about(planned, error)
    refused.push(error)
  }
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
