import { createHash } from 'node:crypto'
import { fault } from '../../faults.ts'
import { textAt } from '../../json.ts'
import type { DirectoryLink } from '../../store/directory.ts'
import type { DirectoryCaller, DirectoryChange, DirectoryDeps } from './directory-deps.ts'
import { type DirectoryKind, type DirectoryObject, findObject } from './directory-object.ts'
import { demandChange, demandRoleAssigning } from './directory-rights.ts'
import { firstPartyRoles } from './first-party.ts'
import { demandObject, idOfAddress } from './objects.ts'

interface LinkChange {
  readonly caller: DirectoryCaller
  readonly kind: DirectoryKind
  readonly id: string
  readonly relation: 'owners' | 'members'
  /** An object id, or its address. */
  readonly target: string
}

/**
 * Adds an owner or a member.
 *
 * @throws GraphAccessDenied, GraphBadRequest, GraphResourceNotFound
 */
export async function addLink(deps: DirectoryDeps, change: LinkChange): Promise<void> {
  const { relation } = change
  const object = await demandObject(deps, change.id, change.kind)
  await demandChange(deps, change.caller, object)
  const target = await demandObject(deps, idOfAddress(change.target))
  const fits =
    relation === 'owners' ? target.kind === 'user' || target.kind === 'servicePrincipal' : target.kind !== 'application'
  if (!fits) {
    throw fault('GraphBadRequest', { reason: `An object of type '${target.kind}' can not be in '${relation}'` })
  }
  if (object.id === target.id) {
    throw fault('GraphBadRequest', { reason: `A group can not be added as a member of itself: '${object.id}'` })
  }
  await deps.store.write(async ({ directory }) => {
    if ((await directory.linksFrom(object.id, relation)).some((one) => one.target === target.id)) {
      throw fault('GraphBadRequest', {
        reason: `One or more added object references already exist for the following modified properties: '${relation}'`,
      })
    }
    const createdAt = deps.now().toISOString()
    await directory.putLink({ source: object.id, relation, target: target.id, detail: '', createdAt })
  })
  deps.changed()
}

/** @throws GraphAccessDenied, GraphResourceNotFound */
export async function removeLink(deps: DirectoryDeps, change: LinkChange): Promise<void> {
  const { relation } = change
  const object = await demandObject(deps, change.id, change.kind)
  await demandChange(deps, change.caller, object)
  const target = change.target.toLowerCase()
  await deps.store.write(async ({ directory }) => {
    const known = (await directory.linksFrom(object.id, relation)).find((one) => one.target === target)
    if (!known) throw fault('GraphResourceNotFound', { id: change.target })
    await directory.removeLink(known)
  })
  deps.changed()
}

/** An application's role of another one, as Graph names the assignment: its id follows from what it says. */
export const roleLinkId = ({ source, target, detail }: DirectoryLink): string =>
  createHash('sha256').update(`${source} ${target} ${detail}`).digest('base64url')

/**
 * Gives a service principal a role of an application.
 *
 * @throws GraphAccessDenied, GraphBadRequest, GraphResourceNotFound
 */
export async function assignAppRole(deps: DirectoryDeps, { caller, body }: DirectoryChange): Promise<DirectoryLink> {
  await demandRoleAssigning(deps, caller)
  const [principalId, resourceId, appRoleId] = ['principalId', 'resourceId', 'appRoleId'].map((name) => {
    const value = textAt(body[name])?.toLowerCase()
    if (value === undefined) throw fault('GraphBadRequest', { reason: `A value is required for property '${name}'` })
    return value
  }) as [string, string, string]
  const principal = await findObject(deps.store, principalId)
  if (!principal || principal.kind === 'application') throw fault('GraphResourceNotFound', { id: principalId })
  const resource = await demandObject(deps, resourceId, 'servicePrincipal')
  if (!(await rolesOf(deps, resource)).includes(appRoleId)) {
    throw fault('GraphBadRequest', { reason: 'Permission being assigned was not found on application' })
  }
  const link: DirectoryLink = {
    source: principal.id,
    relation: 'appRoles',
    target: resource.id,
    detail: appRoleId,
    createdAt: deps.now().toISOString(),
  }
  await deps.store.write(async ({ directory }) => {
    const known = await directory.linksFrom(principal.id, 'appRoles')
    if (known.some(({ target, detail }) => target === link.target && detail === link.detail)) {
      throw fault('GraphBadRequest', { reason: 'Permission being assigned already exists on the object' })
    }
    await directory.putLink(link)
  })
  return link
}

/** @throws GraphAccessDenied, GraphResourceNotFound */
export async function removeAppRole(
  deps: DirectoryDeps,
  {
    caller,
    links,
    id,
  }: { readonly caller: DirectoryCaller; readonly links: readonly DirectoryLink[]; readonly id: string },
): Promise<void> {
  await demandRoleAssigning(deps, caller)
  const known = links.find((link) => roleLinkId(link) === id)
  if (!known) throw fault('GraphResourceNotFound', { id })
  await deps.store.write(({ directory }) => directory.removeLink(known))
}

/** The ids of the roles that a service principal offers; the last is Azure's for access without a role. */
async function rolesOf({ store }: DirectoryDeps, resource: DirectoryObject): Promise<readonly string[]> {
  const application = await store.directory.applicationByApp(resource.appId ?? '')
  const own = application?.details.appRoles
  const roles = [...firstPartyRoles(resource.appId), ...(Array.isArray(own) ? own : [])]
  return [
    ...roles.map((role) => String((role as { id?: unknown }).id).toLowerCase()),
    '00000000-0000-0000-0000-000000000000',
  ]
}
