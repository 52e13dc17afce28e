import type { InnerCalls } from './arm/define-resource.ts'
import type { JsonObject } from './json.ts'
import type { Store } from './store/store.ts'

const REGION = 'eastus'
const DONE = 'first-resources'

/**
 * Makes what a first start brings: the subscription with its providers registered, group `lazuli`, workspace `default`
 * with what it stands on, cluster `cpu-cluster`. By the same way as a client's PUTs.
 *
 * Once only: what a user has deleted since stays deleted. A first start that died half-way is gone through again.
 */
export async function makeFirstResources(deps: {
  readonly store: Store
  readonly arm: InnerCalls
  readonly subscriptionId: string
  readonly tenantId: string
}): Promise<void> {
  const { store, arm } = deps
  if (await store.identities.fact(DONE)) return
  const subscription = `/subscriptions/${deps.subscriptionId}`
  await arm.put(subscription, { displayName: 'Lazuli' })
  const group = `${subscription}/resourceGroups/lazuli`
  await arm.put(group, { location: REGION })

  const made = await standsOn(arm, group, deps)
  const workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/default`
  await arm.put(workspace, {
    location: REGION,
    identity: { type: 'SystemAssigned' },
    sku: { name: 'Basic', tier: 'Basic' },
    properties: { friendlyName: 'default', ...made },
  })
  await arm.put(`${workspace}/computes/cpu-cluster`, {
    location: REGION,
    properties: {
      computeType: 'AmlCompute',
      properties: {
        vmSize: 'Standard_DS3_v2',
        vmPriority: 'Dedicated',
        osType: 'Linux',
        scaleSettings: { minNodeCount: 0, maxNodeCount: 4, nodeIdleTimeBeforeScaleDown: 'PT2M' },
      },
    },
  })
  await store.write((within) => within.identities.putFact(DONE, new Date().toISOString()))
}

/** The resources that every workspace needs, and the properties of the workspace that name them. */
async function standsOn(
  arm: InnerCalls,
  group: string,
  { subscriptionId, tenantId }: { readonly subscriptionId: string; readonly tenantId: string },
): Promise<JsonObject> {
  // Account and vault names are unique in all of Azure: two installs that meet in one place keep theirs.
  const tag = subscriptionId.slice(0, 8).toLowerCase()
  const storageAccount = `${group}/providers/Microsoft.Storage/storageAccounts/lazuli${tag}`
  const keyVault = `${group}/providers/Microsoft.KeyVault/vaults/lazuli-${tag}`
  const logs = `${group}/providers/Microsoft.OperationalInsights/workspaces/lazuli-logs`
  const applicationInsights = `${group}/providers/Microsoft.Insights/components/lazuli-insights`
  await Promise.all([
    arm.put(storageAccount, { location: REGION, kind: 'StorageV2', sku: { name: 'Standard_LRS' }, properties: {} }),
    arm.put(keyVault, {
      location: REGION,
      properties: { tenantId, sku: { family: 'A', name: 'standard' }, accessPolicies: [], enableSoftDelete: true },
    }),
    arm.put(logs, { location: REGION, properties: { sku: { name: 'PerGB2018' }, retentionInDays: 30 } }),
  ])
  await arm.put(applicationInsights, {
    location: REGION,
    kind: 'web',
    properties: { Application_Type: 'web', WorkspaceResourceId: logs },
  })
  return { storageAccount, keyVault, applicationInsights }
}
