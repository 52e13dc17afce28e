import { normalPath } from '../../../blobs/paths/parents.ts'
import { settingsOf } from '../../../blobs/service-settings.ts'
import { fault } from '../../../faults.ts'
import type { SurfaceHandler } from '../../../gateway/surface.ts'
import { type Call, header, type Target } from '../call.ts'
import * as containers from '../containers.ts'
import { getUserDelegationKey } from '../delegation.ts'
import { leaseBlob, leaseContainer } from '../lease.ts'
import type { Asker, Operation, PlaneDeps, Right } from '../plane.ts'
import { getServiceProperties, notYet, setServiceProperties } from '../service.ts'
import { serviceSurface } from '../service-surface.ts'
import { copyFile } from './copy-file.ts'
import * as directories from './directories.ts'
import * as files from './files.ts'
import { listHandles } from './handles.ts'
import * as shares from './shares.ts'

const data = (verb: string): Right => ({ action: `fileServices/fileshares/files/${verb}`, kind: 'dataActions' })
const manage = (action: string): Right => ({ action: `fileServices/${action}`, kind: 'actions' })

type Rest = Omit<Operation, 'name' | 'run'>
const service = (accountSas: string, action: string): Rest => ({
  level: 'service',
  accountSas,
  serviceSas: '',
  rights: [manage(action)],
})
const share = (accountSas: string, verb: string): Rest => ({
  level: 'container',
  accountSas,
  serviceSas: '',
  rights: [manage(`shares/${verb}`)],
})
const file = (sas: string, verb: string): Rest => ({
  level: 'blob',
  accountSas: sas,
  serviceSas: sas,
  rights: [data(verb)],
})
const op = (name: string, rest: Rest, run: Operation['run']): Operation => ({ name, ...rest, run })
const later = (name: string, level: Operation['level']): Operation =>
  op(name, { level, accountSas: '', serviceSas: '', rights: [], later: true }, notYet(name))

/** By method, what it is about, and `comp`. */
const operations: Readonly<Record<string, Operation>> = {
  'GET service list': op('List Shares', service('l', 'shares/read'), shares.listShares),
  'GET service properties': op('Get File Service Properties', service('r', 'read'), getServiceProperties),
  'PUT service properties': op('Set File Service Properties', service('w', 'write'), setServiceProperties),
  'POST service userdelegationkey': op(
    'Get User Delegation Key',
    service('', 'generateUserDelegationKey/action'),
    getUserDelegationKey,
  ),
  'PUT share': op('Create Share', share('cw', 'write'), shares.createShare),
  'GET share': op('Get Share Properties', share('r', 'read'), shares.getShare),
  'DELETE share': op('Delete Share', share('d', 'delete'), shares.deleteShare),
  'GET share metadata': op('Get Share Metadata', share('r', 'read'), shares.getShare),
  'PUT share metadata': op('Set Share Metadata', share('w', 'write'), containers.setMetadata),
  'PUT share properties': op('Set Share Properties', share('w', 'write'), shares.setShareProperties),
  'GET share acl': op('Get Share ACL', share('', 'read'), containers.getAcl),
  'PUT share acl': op('Set Share ACL', share('', 'write'), containers.setAcl),
  'GET share stats': op('Get Share Stats', share('r', 'read'), shares.getShareStats),
  'PUT share lease': op('Lease Share', share('w', 'lease/action'), leaseContainer),
  'PUT share snapshot': later('Snapshot Share', 'container'),
  'PUT share undelete': later('Restore Share', 'container'),
  'PUT share filepermission': later('Create Permission', 'container'),
  'GET share filepermission': later('Get Permission', 'container'),

  'GET directory list': op('List Directories and Files', { ...file('l', 'read') }, directories.listDirectory),
  'PUT directory': op('Create Directory', file('cw', 'write'), directories.createDirectory),
  'GET directory': op('Get Directory Properties', file('r', 'read'), directories.getDirectory),
  'DELETE directory': op('Delete Directory', file('d', 'delete'), directories.deleteDirectory),
  'GET directory metadata': op('Get Directory Metadata', file('r', 'read'), directories.getDirectory),
  'PUT directory metadata': op('Set Directory Metadata', file('w', 'write'), directories.setDirectoryMetadata),
  'PUT directory properties': op('Set Directory Properties', file('w', 'write'), directories.setDirectoryProperties),
  'PUT directory rename': op('Rename Directory', file('w', 'write'), directories.rename),
  'GET directory listhandles': op('List Handles', file('l', 'read'), listHandles),
  'PUT directory forceclosehandles': op('Force Close Handles', file('w', 'write'), listHandles),

  'PUT file': op('Create File', file('cw', 'write'), files.createFile),
  'PUT file copied': op('Copy File', file('cw', 'write'), copyFile),
  'GET file': op('Get File', file('r', 'read'), files.getFile),
  'HEAD file': op('Get File Properties', file('r', 'read'), files.headFile),
  'DELETE file': op('Delete File', file('d', 'delete'), files.deleteFile),
  'GET file metadata': op('Get File Metadata', file('r', 'read'), files.headFile),
  'PUT file metadata': op('Set File Metadata', file('w', 'write'), files.setFileMetadata),
  'PUT file properties': op('Set File Properties', file('w', 'write'), files.setFileProperties),
  'PUT file range': op('Put Range', file('w', 'write'), files.putRange),
  'GET file rangelist': op('List Ranges', file('r', 'read'), files.listRanges),
  'PUT file lease': op('Lease File', file('w', 'write'), leaseBlob),
  'PUT file rename': op('Rename File', file('w', 'write'), directories.rename),
  'PUT file copy': op('Abort Copy File', file('w', 'write'), () => {
    throw fault('NoPendingCopyOperation')
  }),
  'GET file listhandles': op('List Handles', file('l', 'read'), listHandles),
  'PUT file forceclosehandles': op('Force Close Handles', file('w', 'write'), listHandles),
}
const byKey = new Map(Object.entries(operations))

/**
 * Azure Files' REST service under an account's file host or `/_file/{account}`: shares, directories and files, kept as
 * the blobs are. There is no SMB, so nobody holds a handle; names are told apart by their case.
 *
 * Source: learn.microsoft.com, "Azure Files REST API", and what azure-storage-file-share sends.
 */
export const fileService = (deps: PlaneDeps): SurfaceHandler =>
  serviceSurface(deps, {
    service: 'file',
    target: fileTarget,
    route,
    cors: async ({ accounts }, account) => settingsOf(await accounts.settings(account, 'fileServices')).cors,
    demand: demandIntent,
  })

/** A share, or a path in one: its root directory is the path without a name. */
function fileTarget(target: Target): Target {
  const [container, blob] = target.container === '$root' ? [target.blob, ''] : [target.container, target.blob ?? '']
  if (container === undefined) return target
  const path = normalPath(blob)
  const isDirectory =
    target.query.get('restype')?.toLowerCase() === 'directory' || /handles$/i.test(target.query.get('comp') ?? '')
  const isShare = path === '' && !isDirectory
  return { ...target, container, blob: isShare ? undefined : path }
}

/** What may be asked of a share's root directory. */
const OF_ROOT = new Set([
  'GET directory list',
  'GET directory',
  'GET file listhandles',
  'PUT file forceclosehandles',
  'GET directory listhandles',
  'PUT directory forceclosehandles',
])

/** @throws StorageUnsupportedVerb, InvalidQueryParameterValue, InvalidUri */
function route(call: Call): Operation {
  const { request, container, blob, query } = call
  const method = request.method ?? ''
  const restype = query.get('restype')?.toLowerCase()
  const about =
    container === undefined ? 'service' : blob === undefined ? 'share' : restype === 'directory' ? 'directory' : 'file'
  const comp = query.get('comp')?.toLowerCase()
  const isCopy = about === 'file' && comp === undefined && header(call, 'x-ms-copy-source') !== undefined
  const key = `${about}${comp === undefined ? (isCopy && method === 'PUT' ? ' copied' : '') : ` ${comp}`}`
  const found = byKey.get(`${method} ${key}`) ?? (method === 'HEAD' ? byKey.get(`GET ${key}`) : undefined)
  if (!found) throw comp === undefined ? fault('StorageUnsupportedVerb') : fault('InvalidQueryParameterValue')
  if (blob === '' && !OF_ROOT.has(`${method} ${key}`)) throw fault('InvalidUri')
  if (query.has('sharesnapshot')) throw fault('NotImplementedHere', { operation: 'A snapshot of a share' })
  return found
}

/** Who comes with a token says what for. @throws FileRequestIntentMissing */
function demandIntent(call: Call, operation: Operation, asker: Asker): void {
  if (asker.by === 'token' && operation.level === 'blob' && header(call, 'x-ms-file-request-intent') === undefined) {
    throw fault('FileRequestIntentMissing')
  }
}
