import type { Caller } from '../../identity/identity.ts'
import type { Identities } from '../../store/identities.ts'

/** Azure's own applications that customers give rights to, with Azure's ids: every tenant has a principal of each. */
export const servicePrincipals = {
  cosmos: { appId: 'a232010e-820c-4083-83bb-3ace5fc29d0b', displayName: 'Azure Cosmos DB' },
  machineLearning: { appId: '0736f41a-0425-4b46-bdb5-1563eff02385', displayName: 'Azure Machine Learning' },
} as const

/** A principal as somebody who asks: for what the server does in its name. */
export async function callerOf(
  identities: Identities,
  tenantId: string,
  who: { readonly objectId: string } | { readonly appId: string },
): Promise<Caller | undefined> {
  const found = await ('objectId' in who ? identities.principal(who.objectId) : identities.principalByApp(who.appId))
  if (!found || found.kind === 'Group') return undefined
  const { objectId, kind, displayName, appId } = found
  return { tenantId, objectId, kind, displayName, ...(appId !== undefined && { appId }) }
}
