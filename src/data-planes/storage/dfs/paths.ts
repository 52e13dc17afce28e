import type { OutgoingHttpHeaders } from 'node:http'
import { findBlob, refuseMissing } from '../../../blobs/blob-reads.ts'
import { demandForRead } from '../../../blobs/conditions.ts'
import { accessOf, listsAllow, pathFor } from '../../../blobs/paths/access.ts'
import { makePath } from '../../../blobs/paths/make-path.ts'
import { movePath, removePath } from '../../../blobs/paths/move-path.ts'
import { isFolder, normalPath } from '../../../blobs/paths/parents.ts'
import { fault } from '../../../faults.ts'
import type { FoundBlob } from '../../../store/blobs.ts'
import { answer, blobHeaders, httpDate, stampHeaders } from '../answers.ts'
import { isAllowed, sasContext } from '../authorize.ts'
import { blobOf, header, readTarget } from '../call.ts'
import type { GrantedCall, Plane } from '../plane.ts'
import { getBlob } from '../read-blob.ts'
import { writeConditions } from '../receive-body.ts'
import { readConditions, readCount } from '../request-headers.ts'
import { demandSas, hasSas } from '../shared-access.ts'
import {
  accessHeaders,
  demandHierarchy,
  readContentHeaders,
  readUserProperties,
  refusePathExtras,
  userProperties,
} from './path-headers.ts'

const ownerOf = ({ asker }: GrantedCall): { readonly owner?: string } =>
  asker.by === 'token' ? { owner: asker.caller.objectId } : {}

/** Path Create: a file, a folder, or with a source a rename. */
export async function createPath(plane: Plane, call: GrantedCall): Promise<void> {
  if (header(call, 'x-ms-rename-source') !== undefined) return renamePath(plane, call)
  const kind = call.query.get('resource')
  if (kind !== 'file' && kind !== 'directory') throw fault('InvalidQueryParameterValue')
  refusePathExtras(call)
  const [permissions, umask, acl] = ['x-ms-permissions', 'x-ms-umask', 'x-ms-acl'].map((name) => header(call, name))
  if (permissions ?? umask ?? acl) demandHierarchy(call)
  const lease = header(call, 'x-ms-proposed-lease-id')
  const made = await makePath(plane.core, blobOf(call), {
    kind,
    ...ownerOf(call),
    permissions,
    umask,
    acl,
    metadata: readUserProperties(call) ?? {},
    properties: readContentHeaders(call),
    conditions: writeConditions(call),
    ...(lease !== undefined && { lease: { id: lease, duration: readCount(call, 'x-ms-lease-duration') ?? -1 } }),
  })
  answer(call, 201, { ...stampHeaders(made), 'x-ms-request-server-encrypted': 'false' })
}

async function renamePath(plane: Plane, call: GrantedCall): Promise<void> {
  const source = readTarget(header(call, 'x-ms-rename-source') ?? '')
  if (
    source.container === undefined ||
    source.blob === undefined ||
    !(header(call, 'x-ms-rename-source') ?? '').startsWith('/')
  ) {
    throw fault('InvalidHeaderValue', { header: 'x-ms-rename-source' })
  }
  const name = normalPath(source.blob)
  await demandMovable(plane, call, { ...source, blob: name })
  const metadata = readUserProperties(call)
  const at = { account: call.account.name, container: source.container, name }
  const moved = await movePath(plane.core, at, blobOf(call), {
    conditions: writeConditions(call),
    sourceConditions: readConditions(call, 'x-ms-source-'),
    ...(metadata && { metadata }),
  })
  answer(call, 201, stampHeaders(moved))
}

const MOVE = [
  { action: 'blobServices/containers/blobs/move/action', kind: 'dataActions' },
  { action: 'blobServices/containers/blobs/delete', kind: 'dataActions' },
] as const

/** The asker must be able to take the source away. @throws AuthorizationPermissionMismatch, and what a SAS may lack */
async function demandMovable(
  plane: Plane,
  call: GrantedCall,
  source: ReturnType<typeof readTarget> & { readonly blob: string },
): Promise<void> {
  const { asker, account } = call
  if (asker.by === 'key') return
  if (hasSas(source)) {
    const asked = { ...call, ...source }
    const { permissions } = await demandSas(asked, sasContext(plane, asked))
    if (permissions.includes('m') || permissions.includes('d')) return
    throw fault('AuthorizationPermissionMismatch')
  }
  if (asker.by === 'sas') {
    const { kind, container, folder, blob, permissions } = asker.access
    const inside = folder !== undefined && (folder === '' || source.blob.startsWith(`${folder}/`))
    const isSame = kind === 'account' || (container === source.container && (inside || blob === source.blob))
    if (isSame && (permissions.includes('m') || permissions.includes('d'))) return
  }
  if (asker.by === 'token') {
    if (await isAllowed(plane, { account, container: source.container, service: 'dfs' }, asker.caller, MOVE)) return
    const at = { account: account.name, container: source.container ?? '', name: source.blob }
    const { objectId } = asker.caller
    if (account.isHierarchical && (await listsAllow(plane.core, at, { objectId, asked: 'wx', of: 'parent' }))) return
  }
  throw fault('AuthorizationPermissionMismatch')
}

/** Path Delete. */
export async function deletePath({ core }: Plane, call: GrantedCall): Promise<void> {
  const recursive = call.query.get('recursive')?.toLowerCase() === 'true'
  await removePath(core, blobOf(call), { recursive, conditions: readConditions(call) })
  answer(call, 200)
}

/** Path Read. */
export async function readPath(plane: Plane, call: GrantedCall): Promise<void> {
  const at = blobOf(call)
  const found = (await findBlob(plane.core, at)) ?? (await refuseMissing(plane.core, at))
  if (isFolder(found)) throw fault('PathConflict')
  for (const [name, value] of Object.entries(pathHeaders(call, found))) {
    if (value !== undefined) call.response.setHeader(name, value)
  }
  await getBlob(plane, call)
}

/** What a path tells beside what a blob does. */
function pathHeaders({ account }: GrantedCall, found: FoundBlob): OutgoingHttpHeaders {
  const properties = userProperties(found.metadata)
  return {
    'x-ms-resource-type': isFolder(found) ? 'directory' : 'file',
    ...(properties !== '' && { 'x-ms-properties': properties }),
    ...(account.isHierarchical && accessHeaders(accessOf(found))),
  }
}

/** Path Get Properties: of what it is, of who may do what, or whether the asker may. */
export async function headPath(plane: Plane, call: GrantedCall): Promise<void> {
  const { core } = plane
  const action = call.query.get('action')?.toLowerCase()
  const at = blobOf(call)
  if (action === 'getaccesscontrol') {
    demandHierarchy(call)
    const { row, container, access } = await pathFor(core.rows, at)
    demandForRead(row ?? container, readConditions(call), { now: core.now().getTime() })
    return answer(call, 200, { ...stampHeaders(row ?? container), ...accessHeaders(access), 'x-ms-acl': access.acl })
  }
  if (action === 'checkaccess') return checkAccess(plane, call)
  if (action !== undefined && action !== 'getstatus' && action !== 'getproperties')
    throw fault('InvalidQueryParameterValue')
  if (at.name === '') {
    const { container, access } = await pathFor(core.rows, at)
    return answer(call, 200, {
      ...stampHeaders(container),
      'x-ms-resource-type': 'directory',
      ...accessHeaders(access),
    })
  }
  const found = (await findBlob(core, at)) ?? (await refuseMissing(core, at))
  demandForRead(found, readConditions(call), { now: core.now().getTime() })
  answer(call, 200, {
    ...blobHeaders(found),
    ...pathHeaders(call, found),
    'Content-Length': found.size,
    'x-ms-creation-time': httpDate(found.createdAt),
  })
}

async function checkAccess({ core }: Plane, call: GrantedCall): Promise<void> {
  demandHierarchy(call)
  const asked = (call.query.get('fsaction') ?? '').replaceAll('-', '')
  if (!/^r?w?x?$/.test(asked)) throw fault('InvalidQueryParameterValue')
  const at = blobOf(call)
  const { row, container } = await pathFor(core.rows, at)
  const { asker } = call
  const may =
    asker.by !== 'token' || (await listsAllow(core, at, { objectId: asker.caller.objectId, asked, of: 'path' }))
  if (!may) throw fault('AuthorizationPermissionMismatch')
  answer(call, 200, stampHeaders(row ?? container))
}
