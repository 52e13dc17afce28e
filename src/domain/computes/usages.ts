import type { JsonObject } from '../../json.ts'
import type { Deps } from '../deps.ts'
import { normalRegion } from '../workspaces/region.ts'
import { COMPUTES, poolSpec, readCompute } from './compute.ts'
import { findVmSize } from './find-vm-size.ts'
import { vmSizes } from './vm-sizes.ts'

/** How many vCPUs of each family the nodes that are up in a region have. */
async function coresInUse(
  deps: Pick<Deps, 'engines' | 'store'>,
  subscription: string,
  region: string,
): Promise<ReadonlyMap<string, number>> {
  const used = new Map<string, number>()
  const { items } = await deps.store.resources.ofType(subscription, COMPUTES)
  for (const { id, body } of items) {
    if (normalRegion(String(body.location ?? '')) !== normalRegion(region)) continue
    const { kind, vmSize } = readCompute(body)
    const size = findVmSize(vmSize)
    const pool = await deps.engines.named(kind).observePool(poolSpec(id, body, false).computeId)
    if (size) used.set(size.family, (used.get(size.family) ?? 0) + size.vCPUs * (pool?.nodes.length ?? 0))
  }
  return used
}

const families = [...new Set(vmSizes.map(({ family }) => family))]

/** What `usages` of a region answers: vCPUs in use of each family beside what its quota admits. */
export async function listUsages(
  deps: Pick<Deps, 'engines' | 'store' | 'settings'>,
  subscription: string,
  region: string,
): Promise<JsonObject> {
  const used = await coresInUse(deps, subscription, region)
  return {
    value: families.map((family) => ({
      id: `${subscription}/providers/Microsoft.MachineLearningServices/locations/${region}/usages/${family}`,
      amlWorkspaceLocation: region,
      type: 'Microsoft.MachineLearningServices/vmFamily/dedicatedCores/usages',
      unit: 'Count',
      currentValue: used.get(family) ?? 0,
      limit: deps.settings.quotaCores,
      name: { value: family, localizedValue: family },
    })),
  }
}

/** What `quotas` of a region answers: the most that each family admits. */
export const listQuotas = (deps: Pick<Deps, 'settings'>, subscription: string, region: string): JsonObject => ({
  value: families.map((family) => ({
    id: `${subscription}/providers/Microsoft.MachineLearningServices/locations/${region}/quotas/${family}`,
    amlWorkspaceLocation: region,
    type: 'Microsoft.MachineLearningServices/vmFamily/dedicatedCores/quotas',
    name: { value: family, localizedValue: family },
    limit: deps.settings.quotaCores,
    unit: 'Count',
  })),
})
