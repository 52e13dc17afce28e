import { randomUUID } from 'node:crypto'
import type { Store } from '../store/store.ts'
import type { ManagedIdentities } from './identity.ts'

/** Managed identities, kept as principals that name their resource. */
export function storedManagedIdentities(deps: {
  store: Store
  tenantId: string
  now: () => Date
  /** Called when a principal has gone, so that its tokens stop being taken. */
  forget: () => void
}): ManagedIdentities {
  const { store, tenantId, now, forget } = deps
  return {
    async ensure(resourceId, displayName) {
      const known =
        (await store.identities.principalByResource(resourceId)) ??
        (await store.write(async ({ identities }) => {
          const meanwhile = await identities.principalByResource(resourceId)
          if (meanwhile) return meanwhile
          const made = {
            objectId: randomUUID(),
            kind: 'ManagedIdentity' as const,
            appId: randomUUID(),
            displayName,
            resourceId,
            createdAt: now().toISOString(),
          }
          await identities.putPrincipal(made)
          return made
        }))
      return { principalId: known.objectId, clientId: known.appId ?? known.objectId, tenantId }
    },
    async remove(resourceId) {
      const known = await store.identities.principalByResource(resourceId)
      if (!known) return
      await store.write(({ identities }) => identities.removePrincipal(known.objectId))
      forget()
    },
  }
}
