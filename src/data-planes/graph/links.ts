import type { DirectoryDeps } from '../../domain/directory/directory-deps.ts'
import { type DirectoryObject, findObject } from '../../domain/directory/directory-object.ts'
import { groupsOf, membersOf } from '../../domain/directory/groups.ts'
import { addLink, assignAppRole, removeAppRole, removeLink, roleLinkId } from '../../domain/directory/links.ts'
import { demandObject } from '../../domain/directory/objects.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, textAt } from '../../json.ts'
import { contextOf, listAnswer, namedObject, pageAnswer } from './answers.ts'
import { readObject } from './exchange.ts'
import { appRoleAssignment } from './present.ts'
import type { GraphRoute, GraphRoutes } from './route.ts'

/** The objects behind ids, without those that have gone. */
async function objects(deps: DirectoryDeps, ids: readonly string[]): Promise<readonly DirectoryObject[]> {
  const found = await Promise.all(ids.map((id) => findObject(deps.store, id)))
  return found.filter((one) => one !== undefined)
}

const linked =
  (relation: 'owners' | 'members'): GraphRoute =>
  async (deps, ask) => {
    const { id } = await namedObject(deps, ask)
    const links = await deps.store.directory.linksFrom(id, relation)
    return listAnswer(
      deps,
      ask,
      await objects(
        deps,
        links.map(({ target }) => target),
      ),
    )
  }

const add =
  (relation: 'owners' | 'members'): GraphRoute =>
  async (deps, ask) => {
    const { id, kind } = await namedObject(deps, ask)
    const target = textAt((await readObject(ask.request))['@odata.id'])
    if (target === undefined) throw fault('GraphBadRequest', { reason: "A value is required for property '@odata.id'" })
    await addLink(deps, { caller: ask.caller, kind, id, relation, target })
    return { status: 204 }
  }

const remove =
  (relation: 'owners' | 'members'): GraphRoute =>
  async (deps, ask) => {
    const { id, kind } = await namedObject(deps, ask)
    await removeLink(deps, { caller: ask.caller, kind, id, relation, target: ask.params.other })
    return { status: 204 }
  }

/** The objects that an object is in this relation to: the groups that it is a member of, what it owns. */
const linkedBy =
  (relation: 'owners' | 'members'): GraphRoute =>
  async (deps, ask) => {
    const { id } = await namedObject(deps, ask)
    const links = await deps.store.directory.linksTo(id, relation)
    return listAnswer(
      deps,
      ask,
      await objects(
        deps,
        links.map(({ source }) => source),
      ),
    )
  }

const transitively =
  (ids: typeof groupsOf): GraphRoute =>
  async (deps, ask) => {
    const { id } = await namedObject(deps, ask)
    return listAnswer(deps, ask, await objects(deps, await ids(deps.store, id)))
  }

/** The ids of the groups that an object is in, at any depth; of a list of candidates only where one is given. */
const memberGroups =
  (candidates: 'groupIds' | undefined, anyKind: boolean): GraphRoute =>
  async (deps, ask) => {
    const { id } = anyKind ? await demandObject(deps, ask.params.id) : await namedObject(deps, ask)
    const body = await readObject(ask.request)
    const groups = await groupsOf(deps.store, id)
    const among = candidates && body[candidates]
    if (candidates && !Array.isArray(among)) {
      throw fault('GraphBadRequest', { reason: `A value is required for property '${candidates}'` })
    }
    const value = Array.isArray(among) ? groups.filter((one) => among.includes(one)) : groups
    return { status: 200, body: { '@odata.context': contextOf(ask, 'Collection(Edm.String)'), value } }
  }

const APP_ROLES = {
  entity: 'appRoleAssignments',
  own: ['appRoleId', 'principalDisplayName', 'principalId', 'principalType', 'resourceDisplayName', 'resourceId'],
}

const appRoles =
  (direction: 'linksFrom' | 'linksTo'): GraphRoute =>
  async (deps, ask) => {
    const { id } = await namedObject(deps, ask)
    const links = await deps.store.directory[direction](id, 'appRoles')
    const whole: JsonObject[] = await Promise.all(links.map((link) => appRoleAssignment(deps, link)))
    return pageAnswer(ask, whole, [], APP_ROLES)
  }

const appRole =
  (direction: 'linksFrom' | 'linksTo'): GraphRoute =>
  async (deps, ask) => {
    const { id } = await namedObject(deps, ask)
    const links = await deps.store.directory[direction](id, 'appRoles')
    const known = links.find((link) => roleLinkId(link) === ask.params.other)
    if (!known) throw fault('GraphResourceNotFound', { id: ask.params.other })
    const context = contextOf(ask, 'appRoleAssignments/$entity')
    return { status: 200, body: { '@odata.context': context, ...(await appRoleAssignment(deps, known)) } }
  }

const assignRole: GraphRoute = async (deps, ask) => {
  const { id } = await namedObject(deps, ask)
  const body = await readObject(ask.request)
  const made = await assignAppRole(deps, { caller: ask.caller, id, body })
  return {
    status: 201,
    body: { '@odata.context': contextOf(ask, 'appRoleAssignments/$entity'), ...(await appRoleAssignment(deps, made)) },
  }
}

const unassignRole =
  (direction: 'linksFrom' | 'linksTo'): GraphRoute =>
  async (deps, ask) => {
    const { id } = await namedObject(deps, ask)
    const links = await deps.store.directory[direction](id, 'appRoles')
    await removeAppRole(deps, { caller: ask.caller, links, id: ask.params.other })
    return { status: 204 }
  }

/** How objects stand to each other: owners, members, groups, roles of applications. */
export const linkRoutes: GraphRoutes = {
  'GET /{kind}/{id}/owners': linked('owners'),
  'POST /{kind}/{id}/owners/$ref': add('owners'),
  'DELETE /{kind}/{id}/owners/{other}/$ref': remove('owners'),
  'GET /groups/{id}/members': withKind('group', linked('members')),
  'GET /groups/{id}/transitiveMembers': withKind('group', transitively(membersOf)),
  'POST /groups/{id}/members/$ref': withKind('group', add('members')),
  'DELETE /groups/{id}/members/{other}/$ref': withKind('group', remove('members')),
  'GET /{kind}/{id}/memberOf': linkedBy('members'),
  'GET /{kind}/{id}/transitiveMemberOf': transitively(groupsOf),
  'GET /{kind}/{id}/ownedObjects': linkedBy('owners'),
  'POST /{kind}/{id}/getMemberGroups': memberGroups(undefined, false),
  'POST /{kind}/{id}/getMemberObjects': memberGroups(undefined, false),
  'POST /{kind}/{id}/checkMemberGroups': memberGroups('groupIds', false),
  'POST /directoryObjects/{id}/getMemberGroups': memberGroups(undefined, true),
  'POST /directoryObjects/{id}/checkMemberGroups': memberGroups('groupIds', true),
  'GET /{kind}/{id}/appRoleAssignments': appRoles('linksFrom'),
  'POST /{kind}/{id}/appRoleAssignments': assignRole,
  'GET /{kind}/{id}/appRoleAssignments/{other}': appRole('linksFrom'),
  'DELETE /{kind}/{id}/appRoleAssignments/{other}': unassignRole('linksFrom'),
  'GET /servicePrincipals/{id}/appRoleAssignedTo': withKind('servicePrincipal', appRoles('linksTo')),
  'POST /servicePrincipals/{id}/appRoleAssignedTo': withKind('servicePrincipal', assignRole),
  'GET /servicePrincipals/{id}/appRoleAssignedTo/{other}': withKind('servicePrincipal', appRole('linksTo')),
  'DELETE /servicePrincipals/{id}/appRoleAssignedTo/{other}': withKind('servicePrincipal', unassignRole('linksTo')),
}

/** A route whose address names its collection itself. */
function withKind(kind: DirectoryObject['kind'], route: GraphRoute): GraphRoute {
  return (deps, ask) => route(deps, { ...ask, params: { ...ask.params, kind } })
}
