import { fault, isFault } from '../../faults.ts'
import { inSentence, isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import { providerId, type ResourceId } from '../../resource-id.ts'
import { openSecret } from '../../store/sealing.ts'
import { partOf } from '../activity.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { DEPLOYMENT_SEALED } from '../deployment-calls.ts'
import { errorOf } from '../errors.ts'
import { writeResource } from '../verbs/write.ts'
import { type OnError, type Placed, unsealed } from './prepared.ts'

/** How far falling back to the earlier deployment is. */
export interface Rollback {
  readonly status: 'Running' | 'Succeeded' | 'Failed'
  readonly follows?: string
  readonly error?: JsonObject
}

const DEPLOYMENTS = 'Microsoft.Resources/deployments'

/**
 * The deployment that a failed one falls back to, as it was asked for.
 *
 * @throws InvalidDeployment where the scope has none, or the wish is not understood
 */
export async function onErrorOf(arm: ArmDeps, id: ResourceId, asked: Json | undefined): Promise<OnError | undefined> {
  if (asked === undefined || asked === null) return undefined
  const { type, deploymentName } = objectAt(asked)
  const refuse = (reason: string) => fault('InvalidDeployment', { reason })
  if (!id.parent || id.resourceGroup === undefined) throw refuse('onErrorDeployment is for resource groups only')
  const kind = (['LastSuccessful', 'SpecificDeployment'] as const).find(
    (one) => one.toLowerCase() === textAt(type)?.toLowerCase(),
  )
  if (!kind) throw refuse(`the type '${inSentence(type)}' of its onErrorDeployment is unknown`)
  const name = textAt(deploymentName)
  if ((kind === 'SpecificDeployment') !== (name !== undefined)) {
    throw refuse("its onErrorDeployment names a deployment where the type is 'SpecificDeployment', and only there")
  }
  if (name?.toLowerCase() === id.name.toLowerCase()) throw refuse('its onErrorDeployment names itself')
  const options = { newestFirst: true, limit: 800 }
  const { items } = await arm.deps.store.resources.children(id.parent.key, DEPLOYMENTS, options)
  const found = items
    .filter((one) => one.provisioningState === 'Succeeded' && one.name.toLowerCase() !== id.name.toLowerCase())
    .find((one) => name === undefined || one.name.toLowerCase() === name.toLowerCase())
  if (found) return { type: kind, deploymentName: found.name }
  throw refuse(
    name === undefined
      ? 'the resource group has no successful deployment to fall back to'
      : `the resource group has no successful deployment '${name}' to fall back to`,
  )
}

/** One step of falling back: the earlier deployment is run again, with its own parameters and in Complete mode. */
export async function advanceRollback(arm: ArmDeps, placed: Placed, before: Rollback | undefined): Promise<Rollback> {
  try {
    if (!before || (before.status === 'Running' && before.follows === undefined)) return await begin(arm, placed)
    if (before.status !== 'Running' || before.follows === undefined) return before
    const operation = await arm.deps.store.operations.get(before.follows)
    if (operation?.status === 'InProgress') return before
    if (operation?.status === 'Succeeded') return { status: 'Succeeded' }
    return { status: 'Failed', error: operation?.error ?? errorOf(fault('OperationCanceled')) }
  } catch (error) {
    if (!isFault(error)) throw error
    // Begun before a crash, maybe by this one: asked again until it has ended.
    if (error.key === 'AnotherOperationInProgress' || error.key === 'DeploymentRunning') return { status: 'Running' }
    return { status: 'Failed', error: errorOf(error) }
  }
}

async function begin(arm: ArmDeps, { id, prepared }: Placed): Promise<Rollback> {
  const { deps, registry, versions } = arm
  const name = prepared.onError?.deploymentName ?? ''
  const type = registry.type(DEPLOYMENTS)
  if (!id.parent || !type) throw new Error('A deployment has lost its group')
  const earlier = providerId(id.parent, 'Microsoft.Resources', 'deployments', name)
  const kept = await deps.store.resources.get(earlier.key)
  if (!kept) throw fault('ResourceNotFound', { type: DEPLOYMENTS, name, group: id.resourceGroup ?? '' })
  const { template, parameters, secrets, link, base } = unsealed(openSecret(deps.sealing, kept, DEPLOYMENT_SEALED))
  await arm.access.demand(prepared.caller, `${type.right}/write`, earlier.text)
  const given = Object.entries(parameters).map(([key, value]) => [key, { value: value ?? null }] as const)
  const { operation } = await writeResource(arm, {
    id: earlier,
    type,
    verb: 'put',
    body: { properties: { mode: 'Complete', template, parameters: Object.fromEntries(given) } },
    version: versions.resolve(versions.newest(type), type.provider, type.path),
    caller: prepared.caller,
    demandsRights: true,
    activity: partOf(prepared, { action: `${type.right}/write`, resourceId: earlier.text, method: 'PUT' }),
    query: new URLSearchParams(),
    around: { ...(secrets && { secrets }), base: link ?? base },
    preconditions: { match: undefined, noneMatch: undefined },
  })
  return operation ? { status: 'Running', follows: operation.id } : { status: 'Succeeded' }
}

/** What the state of a deployment says of its falling back. */
export function rollbackOf({ rollback }: JsonObject): Rollback | undefined {
  if (!isObject(rollback)) return undefined
  const status = (['Running', 'Succeeded', 'Failed'] as const).find((one) => one === rollback.status)
  if (!status) return undefined
  const { follows, error } = rollback
  return { status, ...(typeof follows === 'string' && { follows }), ...(isObject(error) && { error }) }
}
