import { listsAllow, pathFor } from '../../blobs/paths/access.ts'
import { normalPath } from '../../blobs/paths/parents.ts'
import { isClosed } from '../../domain/dependencies/open-network.ts'
import { fault, isFault } from '../../faults.ts'
import type { Caller } from '../../identity/identity.ts'
import { type Call, header, keptUnder } from './call.ts'
import { demandsOf } from './demands.ts'
import type { Asker, GrantedCall, Operation, Plane, Right } from './plane.ts'
import { demandSas, hasSas, type SharedAccess } from './shared-access.ts'
import { demandSharedKey } from './shared-key.ts'

/** Azure told anonymous readers before this version that a private container is not there. */
const CHALLENGING_VERSION = '2019-12-12'

/**
 * Finds out who asks. A call may name itself in one way only.
 *
 * @throws StorageAuthenticationFailed, StorageInvalidAuthentication, StorageInvalidToken, and what a SAS may lack
 */
export async function authenticate(plane: Plane, call: Call): Promise<Asker> {
  const authorization = header(call, 'authorization')
  if (authorization === undefined) {
    if (!hasSas(call)) return { by: 'anonymous' }
    return { by: 'sas', access: await demandSas(call, sasContext(plane, call)) }
  }
  if (/^SharedKey(Lite)? /i.test(authorization)) {
    demandSharedKey(call, authorization, plane.now())
    return { by: 'key' }
  }
  return { by: 'token', caller: await demandToken(plane, call, authorization) }
}

export const sasContext = (plane: Plane, call: Pick<Call, 'account' | 'service'>) => ({
  now: plane.now(),
  container: (name: string) => plane.core.rows.container(keptUnder(call), name),
  delegationKey: plane.accounts.delegationKey,
  tenantId: plane.tenantId,
})

/** @throws StorageInvalidToken */
export async function demandToken(plane: Plane, call: Call, authorization: string): Promise<Caller> {
  try {
    return await plane.authenticator.authenticate(authorization, ['storage'])
  } catch (cause) {
    if (!isFault(cause)) throw cause
    const details = [{ code: 'AuthenticationErrorDetail', message: cause.message }]
    throw fault('StorageInvalidToken', {}, { cause, details, headers: challenge(plane, call) })
  }
}

const challenge = ({ tenantId }: Plane, { context }: Call): Readonly<Record<string, string>> => ({
  'WWW-Authenticate': `Bearer authorization_uri=${context.origin.login()}/${tenantId}/oauth2/authorize resource_id=https://storage.azure.com`,
})

/**
 * Grants a call, or refuses it.
 *
 * @throws AuthorizationPermissionMismatch, AuthorizationResourceTypeMismatch, StorageAuthorizationFailure,
 *   StorageNoAuthentication, StorageResourceNotFound
 */
export async function authorize(plane: Plane, call: Call, operation: Operation, asker: Asker): Promise<GrantedCall> {
  if (isClosed(call.account.properties)) throw fault('StorageAuthorizationFailure')
  if (operation.later && asker.by !== 'anonymous') return { ...call, asker, createOnly: false }
  const granted: boolean[] = []
  for (const demand of demandsOf(call, operation)) granted.push(await grant(plane, call, demand, asker))
  // Told only to who may ask.
  plane.core.seals.demand(call.account.name)
  return { ...call, asker, createOnly: granted[0] === true }
}

/** Answers whether only something new may be made. */
async function grant(plane: Plane, call: Call, operation: Operation, asker: Asker): Promise<boolean> {
  if (asker.by === 'anonymous') await demandPublic(plane, call, operation)
  if (asker.by === 'token' && !(await mayDo(plane, call, operation, asker.caller))) {
    throw fault('AuthorizationPermissionMismatch')
  }
  if (asker.by !== 'sas') return false
  const createOnly = demandPermission(call, operation, asker.access)
  const { delegate } = asker.access
  if (delegate && !(await mayDo(plane, call, operation, delegate))) throw fault('AuthorizationPermissionMismatch')
  return createOnly
}

/** Answers whether the permissions allow to make only. */
function demandPermission(call: Call, operation: Operation, access: SharedAccess): boolean {
  if (access.kind === 'account') {
    const type = { service: 's', container: 'c', blob: 'o' }[operation.level]
    if (!access.resourceTypes.includes(type)) throw fault('AuthorizationResourceTypeMismatch')
  } else if ((access.blob ?? access.folder) && operation.level !== 'blob' && !isInFolder(call, access)) {
    throw fault('StorageAuthorizationFailure')
  } else if (call.blob === undefined && operation.level === 'blob') {
    throw fault('StorageAuthorizationFailure')
  }
  const enough = access.kind === 'account' ? operation.accountSas : operation.serviceSas
  if (enough === '') throw fault('StorageAuthorizationFailure')
  const held = [...enough].filter((one) => access.permissions.includes(one))
  if (held.length === 0) throw fault('AuthorizationPermissionMismatch')
  return held.every((one) => one === 'c')
}

/** A listing of what is below the folder that a SAS is for. */
const isInFolder = ({ query }: Call, { folder }: SharedAccess): boolean => {
  const asked = query.get('directory') ?? query.get('prefix') ?? ''
  return folder !== undefined && folder !== '' && (asked === folder || asked.startsWith(`${folder}/`))
}

/** By a role, or in a hierarchical account by the access control lists of its paths. */
async function mayDo(plane: Plane, call: Call, operation: Operation, caller: Caller): Promise<boolean> {
  if (await isAllowed(plane, call, caller, operation.rights)) return true
  const { lists } = operation
  if (!lists || !call.account.isHierarchical || call.container === undefined) return false
  const { objectId } = caller
  const at = { account: call.account.name, container: call.container, name: call.blob ?? '' }
  if (lists === 'owner') {
    const found = await pathFor(plane.core.rows, at).catch(() => undefined)
    return found?.access.owner === objectId
  }
  if (lists.of !== 'listed') return listsAllow(plane.core, at, { objectId, asked: lists.asked, of: lists.of })
  const name = normalPath(call.query.get('directory') ?? call.query.get('prefix') ?? '')
  return listsAllow(plane.core, { ...at, name }, { objectId, asked: lists.asked, of: 'path' })
}

/** Whether a role of the caller's allows one of the actions, at the container or above. */
export async function isAllowed(
  { access }: Plane,
  { account, container, service }: Pick<Call, 'account' | 'container' | 'service'>,
  caller: Caller,
  rights: readonly Right[],
): Promise<boolean> {
  const folder = service === 'file' ? 'fileServices/default/fileshares' : 'blobServices/default/containers'
  const scope = container === undefined ? account.id : `${account.id}/${folder}/${container}`
  for (const { action, kind } of rights) {
    if (await access.allows(caller, `Microsoft.Storage/storageAccounts/${action}`, scope, kind)) return true
  }
  return false
}

async function demandPublic(plane: Plane, call: Call, operation: Operation): Promise<void> {
  if (operation.public && call.container !== undefined && call.account.allowsPublicAccess) {
    const access = (await plane.core.rows.container(call.account.name, call.container))?.publicAccess
    if (access === 'container' || (access !== undefined && access === operation.public)) return
  }
  if (call.version < CHALLENGING_VERSION) throw fault('StorageResourceNotFound')
  throw fault('StorageNoAuthentication', {}, { headers: challenge(plane, call) })
}
