import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import { foldId, parseResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Repositories } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { deploymentCores } from '../endpoints/deployment-cores.ts'
import { normalRegion } from '../workspaces/region.ts'
import { COMPUTES, LOW_PRIORITY, poolSpec, quotaKey, readCompute } from './compute.ts'
import { vmSizes } from './vm-sizes.ts'

const WORKSPACES = 'Microsoft.MachineLearningServices/workspaces'

/** Every quota that there is: one per family, and one for all nodes of low priority. */
export const families: readonly string[] = [...new Set(vmSizes.map(({ family }) => family)), LOW_PRIORITY]

/** How many vCPUs a family's quota admits in a region of a subscription. */
export function quotaOf({ settings, simulation }: Pick<Deps, 'settings' | 'simulation'>, family: string): number {
  const { quota } = simulation.settings()
  const own = Object.entries(quota?.families ?? {}).find(([name]) => name.toLowerCase() === family.toLowerCase())
  return own?.[1] ?? quota?.cores ?? settings.quotaCores
}

/** What an engine asks: the quota of a pool's key. */
export const quotaOfKey = (deps: Pick<Deps, 'settings' | 'simulation'>, key: string): number =>
  quotaOf(deps, key.slice(key.lastIndexOf(' ') + 1))

export interface CoresInUse {
  /** The compute or the deployment that has them; folded. */
  readonly compute: string
  /** Folded. */
  readonly workspace: string
  readonly family: string
  readonly cores: number
}

/** How many vCPUs the nodes that are up in a region have, by compute, and the instances of its deployments. */
export async function coresInUse(
  deps: Pick<Deps, 'engines' | 'store'>,
  subscription: string,
  region: string,
): Promise<readonly CoresInUse[]> {
  const { items } = await deps.store.resources.ofType(subscription, COMPUTES)
  const here = items.filter(({ body }) => normalRegion(textAt(body.location) ?? '') === normalRegion(region))
  const nodes = await Promise.all(
    here.map(async ({ id, body }) => {
      const { computeId, quota } = poolSpec(id, body, false)
      const pool = await deps.engines.named(readCompute(body).kind).observePool(computeId)
      const family = quotaKey(id, body).split(' ')[2] ?? ''
      const workspace = parseResourceId(id)?.parent?.key ?? ''
      return { compute: foldId(id), workspace, family, cores: (quota?.coresPerNode ?? 0) * (pool?.nodes.length ?? 0) }
    }),
  )
  return [...nodes, ...(await deploymentCores(deps, subscription, normalRegion(region)))]
}

export const coresOf = (used: readonly CoresInUse[], is: (one: CoresInUse) => boolean): number =>
  used.reduce((sum, one) => sum + (is(one) ? one.cores : 0), 0)

/**
 * Refuses a compute whose nodes could not all come up within the quotas of its region and its workspace.
 *
 * @throws ComputeQuotaExceeded
 */
export async function demandQuota(
  deps: Pick<Deps, 'engines' | 'store' | 'settings' | 'simulation'>,
  { id, body }: { readonly id: string; readonly body: JsonObject },
): Promise<void> {
  const [, region = '', family = ''] = quotaKey(id, body).split(' ')
  const wanted = readCompute(body).maxNodes * (poolSpec(id, body, false).quota?.coresPerNode ?? 0)
  const workspace = parseResourceId(id)?.parent?.key ?? ''
  const exceeded = await exceededQuota(deps, { id, workspace, region, family, wanted })
  if (exceeded) throw fault('ComputeQuotaExceeded', { ...exceeded, wanted, family, region })
}

export interface CoresWanted {
  /** Who wants them: what it has already is not counted twice. */
  readonly id: string
  /** Folded. */
  readonly workspace: string
  readonly region: string
  readonly family: string
  readonly wanted: number
}

/** The quota of a region or a workspace that would not admit so many cores more, and how much of it is in use. */
export async function exceededQuota(
  deps: Pick<Deps, 'engines' | 'store' | 'settings' | 'simulation'>,
  { id, workspace, region, family, wanted }: CoresWanted,
): Promise<{ readonly limit: number; readonly used: number } | undefined> {
  const used = await coresInUse(deps, `/subscriptions/${parseResourceId(id)?.subscriptionId}`, region)
  const others = used.filter((one) => one.family === family && one.compute !== foldId(id))
  const share = workspaceQuota(await deps.store.resources.get(workspace), family)
  const quotas = [
    { limit: quotaOf(deps, family), used: coresOf(others, () => true) },
    { limit: share, used: coresOf(others, (one) => one.workspace === workspace) },
  ]
  for (const { limit, used: inUse } of quotas) {
    if (limit !== undefined && inUse + wanted > limit) return { limit, used: inUse }
  }
  return undefined
}

/** The share of a family's quota that a workspace was given; undefined where it has none of its own. */
export function workspaceQuota(workspace: StoredResource | undefined, family: string): number | undefined {
  const limit = objectAt(workspace?.state.quotas)[family]
  return typeof limit === 'number' ? limit : undefined
}

/**
 * Gives workspaces shares of the quotas of a region, each answered by itself: what can't be is told by its `status` and
 * changes nothing.
 *
 * @throws QuotaUpdateInvalid where the body is no list of quotas
 */
export async function updateQuotas(
  deps: Pick<Deps, 'store' | 'settings' | 'simulation'>,
  { subscription, region, body }: { readonly subscription: string; readonly region: string; readonly body: JsonObject },
): Promise<JsonObject> {
  const asked = body.value
  if (!Array.isArray(asked) || !asked.every(isObject)) {
    throw fault('QuotaUpdateInvalid', { reason: 'the body is { value: [{ id, limit, unit }] }' })
  }
  const value = await deps.store.write(async (within) => {
    const done: JsonObject[] = []
    for (const one of asked) {
      const status = await updateQuota(deps, within, { subscription, region, one })
      done.push({
        id: textAt(one.id) ?? '',
        type: `${WORKSPACES}/dedicatedCores/quotas`,
        limit: one.limit,
        unit: 'Count',
        status,
      })
    }
    return done
  })
  return { value }
}

async function updateQuota(
  deps: Pick<Deps, 'settings' | 'simulation'>,
  within: Repositories,
  { subscription, region, one }: { readonly subscription: string; readonly region: string; readonly one: JsonObject },
): Promise<string> {
  const id = parseResourceId(textAt(one.id) ?? '')
  const family = families.find((name) => name.toLowerCase() === id?.name.toLowerCase())
  if (!id?.parent || !/\/quotas$/i.test(id.type) || id.parent.type.toLowerCase() !== WORKSPACES.toLowerCase())
    return 'Failure'
  if (foldId(`/subscriptions/${id.subscriptionId}`) !== foldId(subscription)) return 'Failure'
  if (!family) return 'InvalidVMFamilyName'
  const { limit } = one
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < -1) return 'Failure'
  if (limit > quotaOf(deps, family)) return 'InvalidQuotaExceedsSubscriptionLimit'
  const workspace = await within.resources.get(id.parent.key)
  if (!workspace) return 'Failure'
  if (normalRegion(textAt(workspace.body.location) ?? '') !== normalRegion(region))
    return 'OperationNotEnabledForRegion'
  const { [family]: _before, ...others } = objectAt(workspace.state.quotas)
  // -1 takes a workspace's share away: the region's quota alone counts for it again.
  const quotas = limit === -1 ? others : { ...others, [family]: limit }
  await within.resources.put({ ...workspace, state: { ...workspace.state, quotas } })
  return 'Success'
}
