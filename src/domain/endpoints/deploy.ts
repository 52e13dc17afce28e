import { type Fault, fault } from '../../faults.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { DeploymentFailure, DeploymentView } from '../../serving/engine.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Deps } from '../deps.ts'
import { deploymentVariables } from './deployment-variables.ts'
import { ONLINE_DEPLOYMENTS } from './endpoint.ts'
import { resolveDeployment } from './resolve-deployment.ts'

type Needs = Pick<Deps, 'store' | 'blobs' | 'serving' | 'sealing' | 'address'>

/** Hands a deployment to the engine as it stands now. @throws what a reference is refused with */
export async function deploy(deps: Needs, deployment: StoredResource): Promise<void> {
  const endpoint = await deps.store.resources.get(parseResourceId(deployment.id)?.parent?.text ?? '')
  if (!endpoint) throw fault('DeploymentInvalid', { reason: 'The endpoint of the deployment is gone.' })
  await deps.serving.apply(await resolveDeployment(deps, deployment, deploymentVariables(deps, endpoint)))
}

/** Why a deployment is none, in Azure's codes. */
export function deploymentFault(name: string, { reason, message }: DeploymentFailure): Fault {
  if (reason === 'Environment') return fault('DeploymentEnvironmentFailed', { deployment: name, message })
  if (reason === 'Unsupported') return fault('DeploymentUnsupported', { reason: message.replace(/\.$/, '') })
  if (reason === 'Model' || reason === 'Code') return fault('DeploymentFilesFailed', { deployment: name, message })
  return fault('DeploymentNotReady', { deployment: name, reason, message })
}

export const isUp = (view: DeploymentView): boolean => view.state === 'Ready' || view.state === 'Zero'

/** Hands every deployment that stands to the engine, as a started server must: what it has already stays as it is. */
export async function restoreDeployments(deps: Needs & Pick<Deps, 'log'>): Promise<void> {
  let after: string | undefined
  do {
    const page = await deps.store.resources.ofType('', ONLINE_DEPLOYMENTS, {
      limit: 200,
      ...(after !== undefined && { after }),
    })
    for (const deployment of page.items) {
      // What is being made is handed over by its own operation; what failed is not tried again unasked.
      if (deployment.closed || deployment.provisioningState !== 'Succeeded') continue
      try {
        await deploy(deps, deployment)
      } catch (error) {
        deps.log.error({ err: error, deployment: deployment.id }, 'a deployment could not be restored')
      }
    }
    after = page.next
  } while (after !== undefined)
}
