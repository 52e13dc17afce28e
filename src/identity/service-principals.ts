import { randomUUID } from 'node:crypto'
import { servicePrincipals } from '../domain/customer-keys/service-principals.ts'
import { assignRole } from '../domain/roles/assign-role.ts'
import type { Store } from '../store/store.ts'
import type { Install } from './bootstrap.ts'

const CONTRIBUTOR = 'b24988ac-6180-42a0-ab88-20f7382dd24c'

/**
 * Gives the tenant the principals of Azure's own services that customers grant rights to, once. Azure Machine Learning
 * is a contributor of the subscription, as registering its provider makes it.
 */
export async function ensureServicePrincipals(
  { store, now }: { readonly store: Store; readonly now: () => Date },
  { subscriptionId, objectId: by }: Install,
): Promise<void> {
  for (const { appId, displayName } of Object.values(servicePrincipals)) {
    if (await store.identities.principalByApp(appId)) continue
    const objectId = randomUUID()
    const at = now()
    await store.write(async (within) => {
      await within.identities.putPrincipal({
        objectId,
        kind: 'Application',
        appId,
        displayName,
        createdAt: at.toISOString(),
      })
      if (appId !== servicePrincipals.machineLearning.appId) return
      const scope = `/subscriptions/${subscriptionId}`
      await assignRole(within, {
        principalId: objectId,
        principalType: 'ServicePrincipal',
        role: CONTRIBUTOR,
        scope,
        by,
        at,
      })
    })
  }
}
