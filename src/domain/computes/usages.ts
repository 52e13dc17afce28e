import type { JsonObject } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Deps } from '../deps.ts'
import { normalRegion } from '../workspaces/region.ts'
import { LOW_PRIORITY } from './compute.ts'
import { coresInUse, coresOf, families, quotaOf, workspaceQuota } from './quotas.ts'

const NAMESPACE = 'Microsoft.MachineLearningServices'

/** A quota's own type: of a family, or of all nodes of low priority. */
const typeOf = (family: string, kind: 'usages' | 'quotas'): string =>
  family === LOW_PRIORITY ? `${NAMESPACE}/lowPriorityCores/${kind}` : `${NAMESPACE}/vmFamily/dedicatedCores/${kind}`

/** What `usages` of a region answers: vCPUs in use of each family beside what its quota admits, and so for workspaces. */
export async function listUsages(
  deps: Pick<Deps, 'engines' | 'store' | 'settings' | 'simulation'>,
  subscription: string,
  region: string,
): Promise<JsonObject> {
  const used = await coresInUse(deps, subscription, region)
  const own = families.map((family) => ({
    id: `${subscription}/providers/${NAMESPACE}/locations/${region}/usages/${family}`,
    amlWorkspaceLocation: region,
    type: typeOf(family, 'usages'),
    unit: 'Count',
    currentValue: coresOf(used, (one) => one.family === family),
    limit: quotaOf(deps, family),
    name: { value: family, localizedValue: family },
  }))
  const shares = (await workspaceShares(deps, subscription, region)).map(({ workspace, family, limit }) => ({
    id: `${workspace.id}/usages/${family}`,
    amlWorkspaceLocation: region,
    type: `${NAMESPACE}/workspaces/dedicatedCores/usages`,
    unit: 'Count',
    currentValue: coresOf(used, (one) => one.family === family && one.workspace === workspace.id.toLowerCase()),
    limit,
    name: { value: family, localizedValue: family },
  }))
  return { value: [...own, ...shares] }
}

/** What `quotas` of a region answers: the most that each family admits, and the shares of workspaces. */
export async function listQuotas(
  deps: Pick<Deps, 'store' | 'settings' | 'simulation'>,
  subscription: string,
  region: string,
): Promise<JsonObject> {
  const own = families.map((family) => ({
    id: `${subscription}/providers/${NAMESPACE}/locations/${region}/quotas/${family}`,
    amlWorkspaceLocation: region,
    type: typeOf(family, 'quotas'),
    name: { value: family, localizedValue: family },
    limit: quotaOf(deps, family),
    unit: 'Count',
  }))
  const shares = (await workspaceShares(deps, subscription, region)).map(({ workspace, family, limit }) => ({
    id: `${workspace.id}/quotas/${family}`,
    amlWorkspaceLocation: region,
    type: `${NAMESPACE}/workspaces/dedicatedCores/quotas`,
    name: { value: family, localizedValue: family },
    limit,
    unit: 'Count',
  }))
  return { value: [...own, ...shares] }
}

interface Share {
  readonly workspace: StoredResource
  readonly family: string
  readonly limit: number
}

async function workspaceShares(
  { store }: Pick<Deps, 'store'>,
  subscription: string,
  region: string,
): Promise<readonly Share[]> {
  const { items } = await store.resources.ofType(subscription, `${NAMESPACE}/workspaces`)
  return items
    .filter(({ body }) => normalRegion(String(body.location ?? '')) === normalRegion(region))
    .flatMap((workspace) =>
      families.flatMap((family) => {
        const limit = workspaceQuota(workspace, family)
        return limit === undefined ? [] : [{ workspace, family, limit }]
      }),
    )
}
