import { createHash } from 'node:crypto'
import { fault } from '../../faults.ts'
import { isObject, type JsonObject, textAt } from '../../json.ts'
import type { DirectoryLink } from '../../store/directory.ts'
import type { DirectoryCaller, DirectoryDeps } from './directory-deps.ts'
import { findObject } from './directory-object.ts'
import { demandRoleAssigning } from './directory-rights.ts'
import { demandObject } from './objects.ts'

/**
 * What a client may do in the name of users at a resource, by Microsoft Graph's names. Sign-in asks nobody for consent
 * here, so that a grant is a record: who looks finds what was granted, and no token depends on it.
 */
export interface PermissionGrant extends JsonObject {
  readonly id: string
  readonly clientId: string
  readonly resourceId: string
  readonly consentType: 'AllPrincipals' | 'Principal'
  readonly principalId: string | null
  readonly scope: string
}

const RELATION = 'permissionGrants'

/** Every grant of the tenant, or those of some clients. */
export async function permissionGrants(
  { store }: Pick<DirectoryDeps, 'store'>,
  clients?: readonly string[],
): Promise<readonly PermissionGrant[]> {
  const ids = clients ?? (await store.identities.principals()).map(({ objectId }) => objectId)
  const links = await Promise.all(ids.map((id) => store.directory.linksFrom(id, RELATION)))
  return links.flat().map(grantOf)
}

/** @throws GraphResourceNotFound */
export async function permissionGrant(deps: Pick<DirectoryDeps, 'store'>, id: string): Promise<PermissionGrant> {
  const found = (await permissionGrants(deps)).find((grant) => grant.id === id)
  if (!found) throw fault('GraphResourceNotFound', { id })
  return found
}

interface Change {
  readonly caller: DirectoryCaller
  readonly body: JsonObject
}

/** @throws GraphAccessDenied, GraphBadRequest, GraphResourceNotFound, GraphConflict */
export async function addPermissionGrant(deps: DirectoryDeps, { caller, body }: Change): Promise<PermissionGrant> {
  await demandRoleAssigning(deps, caller)
  const client = await demandObject(deps, needed(body, 'clientId'), 'servicePrincipal')
  const resource = await demandObject(deps, needed(body, 'resourceId'), 'servicePrincipal')
  const consentType = needed(body, 'consentType')
  if (consentType !== 'AllPrincipals' && consentType !== 'Principal') {
    throw fault('GraphBadRequest', { reason: `Invalid value specified for property 'consentType'` })
  }
  const principalId = textAt(body.principalId)?.toLowerCase() ?? null
  if ((consentType === 'Principal') !== (principalId !== null)) {
    const reason = "A value for 'principalId' is required where 'consentType' is 'Principal', and only there"
    throw fault('GraphBadRequest', { reason })
  }
  if (principalId !== null && !(await findObject(deps.store, principalId, 'user'))) {
    throw fault('GraphResourceNotFound', { id: principalId })
  }
  const said = { clientId: client.id, resourceId: resource.id, consentType, principalId } as const
  const grant: PermissionGrant = { id: idOf(said), ...said, scope: textAt(body.scope) ?? '' }
  if ((await permissionGrants(deps, [client.id])).some(({ id }) => id === grant.id)) {
    throw fault('GraphConflict', { reason: 'Permission entry already exists.' })
  }
  await deps.store.write(({ directory }) => directory.putLink(linkOf(grant, deps.now())))
  return grant
}

/** Only its scope may be changed. @throws GraphAccessDenied, GraphBadRequest, GraphResourceNotFound */
export async function changePermissionGrant(deps: DirectoryDeps, id: string, { caller, body }: Change): Promise<void> {
  await demandRoleAssigning(deps, caller)
  const before = await permissionGrant(deps, id)
  const other = Object.keys(body).find((name) => name !== 'scope' && !name.startsWith('@odata.'))
  if (other !== undefined) throw fault('GraphBadRequest', { reason: `Property '${other}' can't be changed` })
  const after = { ...before, scope: needed(body, 'scope') }
  await deps.store.write(async ({ directory }) => {
    await directory.removeLink(linkOf(before, deps.now()))
    await directory.putLink(linkOf(after, deps.now()))
  })
}

/** @throws GraphAccessDenied, GraphResourceNotFound */
export async function removePermissionGrant(deps: DirectoryDeps, id: string, caller: DirectoryCaller): Promise<void> {
  await demandRoleAssigning(deps, caller)
  const known = await permissionGrant(deps, id)
  await deps.store.write(({ directory }) => directory.removeLink(linkOf(known, deps.now())))
}

function needed(body: JsonObject, property: string): string {
  const value = textAt(body[property])
  if (value === undefined) throw fault('GraphBadRequest', { reason: `A value is required for property '${property}'` })
  return property === 'scope' || property === 'consentType' ? value : value.toLowerCase()
}

type Said = Pick<PermissionGrant, 'clientId' | 'resourceId' | 'consentType' | 'principalId'>

const idOf = ({ clientId, resourceId, consentType, principalId }: Said): string =>
  createHash('sha256').update(`${clientId} ${resourceId} ${consentType} ${principalId}`).digest('base64url')

const linkOf = (
  { clientId, resourceId, consentType, principalId, scope }: PermissionGrant,
  now: Date,
): DirectoryLink => ({
  source: clientId,
  relation: RELATION,
  target: resourceId,
  detail: JSON.stringify({ consentType, principalId, scope }),
  createdAt: now.toISOString(),
})

function grantOf({ source, target, detail }: DirectoryLink): PermissionGrant {
  const read: unknown = JSON.parse(detail)
  const { consentType, principalId, scope } = isObject(read) ? read : {}
  const said = {
    clientId: source,
    resourceId: target,
    consentType: consentType === 'Principal' ? 'Principal' : 'AllPrincipals',
    principalId: textAt(principalId) ?? null,
  } as const
  return { id: idOf(said), ...said, scope: textAt(scope) ?? '' }
}
