import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { foldId, parseResourceId } from '../../resource-id.ts'
import { findVmSize } from '../computes/find-vm-size.ts'
import type { CoresInUse } from '../computes/quotas.ts'
import type { Deps } from '../deps.ts'
import { scaleOf } from './deployment-settings.ts'
import { ONLINE_DEPLOYMENTS, regionOf } from './endpoint.ts'

/** How many vCPUs the instances of deployments in a region have. */
export async function deploymentCores(
  { store }: Pick<Deps, 'store'>,
  subscription: string,
  region: string,
): Promise<readonly CoresInUse[]> {
  const { items } = await store.resources.ofType(subscription, ONLINE_DEPLOYMENTS)
  return items
    .filter((one) => regionOf(one) === region && one.provisioningState !== 'Failed')
    .map(({ id, body }) => {
      const size = instanceSize(body)
      return {
        compute: foldId(id),
        workspace: parseResourceId(id)?.parent?.parent?.key ?? '',
        family: size?.family ?? '',
        cores: (size?.vCPUs ?? 0) * scaleOf(body).instances,
      }
    })
}

/** The size of a deployment's instances. */
export const instanceSize = (body: JsonObject) => findVmSize(textAt(objectAt(body.properties).instanceType) ?? '')
