import type { JsonObject } from '../../json.ts'
import type { Principal } from '../../store/identities.ts'

/** What Graph calls a principal: applications and managed identities have a service principal. */
export const kindOf = ({ kind }: Principal): 'servicePrincipal' | 'user' =>
  kind === 'User' ? 'user' : 'servicePrincipal'

/** A principal as Graph shows it. */
export function directoryObject(principal: Principal, tenantId: string): JsonObject {
  const { objectId, appId, displayName, kind, resourceId, createdAt } = principal
  const type = kindOf(principal)
  if (type === 'user') {
    return { '@odata.type': '#microsoft.graph.user', id: objectId, displayName, userPrincipalName: displayName }
  }
  return {
    '@odata.type': '#microsoft.graph.servicePrincipal',
    id: objectId,
    accountEnabled: true,
    appId: appId ?? null,
    appDisplayName: kind === 'Application' ? displayName : null,
    appOwnerOrganizationId: kind === 'Application' ? tenantId : null,
    createdDateTime: createdAt,
    displayName,
    servicePrincipalNames: namesOf(principal),
    servicePrincipalType: kind,
    alternativeNames: resourceId === undefined ? [] : ['isExplicit=False', resourceId],
  }
}

/** The names that a service principal can be found by. */
export const namesOf = ({ appId }: Principal): readonly string[] => (appId === undefined ? [] : [appId])
