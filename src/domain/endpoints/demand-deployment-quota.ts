import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import { exceededQuota } from '../computes/quotas.ts'
import type { Deps } from '../deps.ts'
import { instanceSize } from './deployment-cores.ts'
import { scaleOf } from './deployment-settings.ts'
import { regionOf } from './endpoint.ts'

/**
 * Refuses a deployment whose instances could not all come up within the quotas of its region and its workspace.
 *
 * @throws EndpointQuotaExceeded
 */
export async function demandDeploymentQuota(
  deps: Pick<Deps, 'engines' | 'store' | 'settings' | 'simulation'>,
  { id, body }: { readonly id: string; readonly body: JsonObject },
): Promise<void> {
  const size = instanceSize(body)
  if (!size) return
  const region = regionOf({ body })
  const wanted = size.vCPUs * scaleOf(body).instances
  const workspace = parseResourceId(id)?.parent?.parent?.key ?? ''
  const exceeded = await exceededQuota(deps, { id, workspace, region, family: size.family, wanted })
  if (!exceeded) return
  throw fault('EndpointQuotaExceeded', { ...exceeded, size: size.name, region, wanted, family: size.family })
}
