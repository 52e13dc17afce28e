import type { JsonObject } from '../../json.ts'
import type { Application } from '../../store/directory.ts'
import type { Principal } from '../../store/identities.ts'
import type { Repositories } from '../../store/store.ts'

export type DirectoryKind = 'application' | 'servicePrincipal' | 'user' | 'group'

/** Anything of the directory: an application, or a principal. */
export interface DirectoryObject {
  readonly id: string
  readonly kind: DirectoryKind
  readonly displayName: string
  readonly createdAt: string
  /** What clients set of it, by Microsoft Graph's names. */
  readonly details: JsonObject
  /** Of applications and service principals. */
  readonly appId?: string
  /** Of service principals. */
  readonly managed?: boolean
  /** The ARM resource of a managed identity. */
  readonly resourceId?: string
}

type From = Pick<Repositories, 'identities' | 'directory'>

export const kindOf = ({ kind }: Principal): Exclude<DirectoryKind, 'application'> =>
  kind === 'User' ? 'user' : kind === 'Group' ? 'group' : 'servicePrincipal'

export const ofPrincipal = (principal: Principal): DirectoryObject => ({
  id: principal.objectId,
  kind: kindOf(principal),
  displayName: principal.displayName,
  createdAt: principal.createdAt,
  details: principal.details ?? {},
  ...(principal.appId !== undefined && { appId: principal.appId }),
  ...(principal.kind === 'ManagedIdentity' && { managed: true }),
  ...(principal.resourceId !== undefined && { resourceId: principal.resourceId }),
})

export const ofApplication = ({ objectId, appId, displayName, createdAt, details }: Application): DirectoryObject => ({
  id: objectId,
  kind: 'application',
  appId,
  displayName,
  createdAt,
  details,
})

/** The object with an id, of a kind or of any. */
export async function findObject(from: From, id: string, kind?: DirectoryKind): Promise<DirectoryObject | undefined> {
  if (kind !== 'application') {
    const principal = await from.identities.principal(id)
    if (principal && (kind === undefined || kindOf(principal) === kind)) return ofPrincipal(principal)
    if (kind !== undefined) return undefined
  }
  const application = await from.directory.application(id)
  return application && ofApplication(application)
}

/** All of a kind, oldest first. */
export async function objectsOf(from: From, kind: DirectoryKind): Promise<readonly DirectoryObject[]> {
  if (kind === 'application') return (await from.directory.applications()).map(ofApplication)
  return (await from.identities.principals()).filter((one) => kindOf(one) === kind).map(ofPrincipal)
}

/** Writes an object: a new one, or a known one anew. */
export async function putObject(within: From, object: DirectoryObject): Promise<void> {
  const { id: objectId, kind, appId = '', displayName, details, createdAt, resourceId } = object
  if (kind === 'application') {
    return within.directory.putApplication({ objectId, appId, displayName, details, createdAt })
  }
  const kinds = {
    servicePrincipal: object.managed ? 'ManagedIdentity' : 'Application',
    user: 'User',
    group: 'Group',
  } as const
  await within.identities.putPrincipal({
    objectId,
    kind: kinds[kind],
    displayName,
    details,
    createdAt,
    ...(appId !== '' && { appId }),
    ...(resourceId !== undefined && { resourceId }),
  })
}

/** Whether an account may sign in and its tokens are taken; `accountEnabled` is true where nobody has said otherwise. */
export const isEnabled = ({ details }: { readonly details?: JsonObject }): boolean => details?.accountEnabled !== false
