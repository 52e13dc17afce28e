import { fault, isFault } from '../../faults.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import { putEnded } from '../activity.ts'
import type { ArmDeps } from '../arm-deps.ts'
import { canceled } from '../operations.ts'
import { stepsOf } from './operation-records.ts'
import type { Step } from './prepared.ts'

/**
 * Ends a deployment's operation, and those of the deployments nested in it: none begins anything any more. What is
 * being made goes on by itself, as in Azure.
 *
 * @throws DeploymentNotRunning
 */
export async function cancelDeployment(arm: ArmDeps, resource: StoredResource): Promise<void> {
  const { deps, reconciler } = arm
  const refuse = () => fault('DeploymentNotRunning', { name: resource.name, state: resource.provisioningState })
  const running = reconciler.activeOn(resource.id)
  if (running === undefined) throw refuse()
  const under = await deps.store.write(async (within) => {
    const operation = await within.operations.get(running)
    const kept = await within.resources.get(parseResourceId(resource.id)?.key ?? '')
    if (operation?.status !== 'InProgress' || operation.verb === 'delete' || !kept) throw refuse()
    const why = fault('DeploymentCanceled', { name: resource.name })
    await putEnded(within, canceled(operation, deps.now(), why), deps.now())
    await within.resources.put({ ...kept, provisioningState: 'Canceled' })
    return Object.values(stepsOf(kept.state))
  })
  await cancelNested(arm, under)
}

/** Calls off the deployments that a cancelled one has under way. */
export async function cancelNested(arm: ArmDeps, under: readonly Step[]): Promise<void> {
  for (const { id, status } of under) {
    if (status !== 'Running' || !/\/providers\/microsoft\.resources\/deployments\/[^/]+$/i.test(id)) continue
    const nested = await arm.deps.store.resources.get(id)
    if (!nested) continue
    try {
      await cancelDeployment(arm, nested)
    } catch (error) {
      // It may have ended meanwhile.
      if (!isFault(error)) throw error
    }
  }
}
