import { fault } from '../../faults.ts'
import type { Repositories } from '../../store/store.ts'
import type { DirectoryCaller, DirectoryDeps } from './directory-deps.ts'
import type { DirectoryKind, DirectoryObject } from './directory-object.ts'
import { type GraphRole, graphRoles } from './graph-roles.ts'

/** Microsoft Graph's permissions that let an application change every object of a kind. */
const changers: Readonly<Record<DirectoryKind, readonly GraphRole[]>> = {
  application: ['Application.ReadWrite.All', 'Directory.ReadWrite.All'],
  servicePrincipal: ['Application.ReadWrite.All', 'Directory.ReadWrite.All'],
  user: ['User.ReadWrite.All', 'Directory.ReadWrite.All'],
  group: ['Group.ReadWrite.All', 'Directory.ReadWrite.All'],
}

/** What the users of a tenant may make by Azure's default settings; they own it then. */
const usersMake: ReadonlySet<DirectoryKind> = new Set(['application', 'servicePrincipal', 'group'])

/** Microsoft Graph's permissions that an application has been given. */
export async function graphRolesOf(
  { directory }: Pick<Repositories, 'directory'>,
  objectId: string,
): Promise<ReadonlySet<GraphRole>> {
  const ids = new Set((await directory.linksFrom(objectId, 'appRoles')).map(({ detail }) => detail))
  return new Set((Object.keys(graphRoles) as GraphRole[]).filter((role) => ids.has(graphRoles[role])))
}

/**
 * Refuses who may not make an object of a kind. Answers whether the maker becomes its owner.
 *
 * @throws GraphAccessDenied
 */
export async function demandMaking(
  { store, administrator }: DirectoryDeps,
  caller: DirectoryCaller,
  kind: DirectoryKind,
): Promise<{ readonly owns: boolean }> {
  if (caller.objectId === administrator) return { owns: false }
  if (caller.kind === 'User' && usersMake.has(kind)) return { owns: true }
  const roles = await graphRolesOf(store, caller.objectId)
  if (changers[kind].some((role) => roles.has(role))) return { owns: false }
  const own = kind === 'application' || kind === 'servicePrincipal'
  if (own && roles.has('Application.ReadWrite.OwnedBy')) return { owns: true }
  throw fault('GraphAccessDenied')
}

/**
 * Refuses who may not change an object: neither the tenant's administrator, nor an application with the permission for
 * all of the kind, nor an owner. A service principal is also its application's owners'.
 *
 * @throws GraphAccessDenied
 */
export async function demandChange(
  { store, administrator }: DirectoryDeps,
  caller: DirectoryCaller,
  object: DirectoryObject,
): Promise<void> {
  if (caller.objectId === administrator) return
  const roles = await graphRolesOf(store, caller.objectId)
  if (changers[object.kind].some((role) => roles.has(role))) return
  // An application without any permission of Graph's owns to no purpose, as in Azure.
  const mayOwn = caller.kind === 'User' || roles.has('Application.ReadWrite.OwnedBy')
  if (mayOwn && object.kind !== 'user' && (await owns(store, caller, object))) return
  throw fault('GraphAccessDenied')
}

/** @throws GraphAccessDenied for who may not give applications the roles of others */
export async function demandRoleAssigning(
  { store, administrator }: DirectoryDeps,
  caller: DirectoryCaller,
): Promise<void> {
  if (caller.objectId === administrator) return
  if ((await graphRolesOf(store, caller.objectId)).has('AppRoleAssignment.ReadWrite.All')) return
  throw fault('GraphAccessDenied')
}

async function owns(
  { directory }: Pick<Repositories, 'directory'>,
  { objectId }: DirectoryCaller,
  object: DirectoryObject,
): Promise<boolean> {
  const owners = await directory.linksFrom(object.id, 'owners')
  if (owners.some(({ target }) => target === objectId)) return true
  if (object.kind !== 'servicePrincipal' || object.appId === undefined) return false
  const application = await directory.applicationByApp(object.appId)
  if (!application) return false
  return (await directory.linksFrom(application.objectId, 'owners')).some(({ target }) => target === objectId)
}
