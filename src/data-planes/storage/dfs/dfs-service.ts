import { normalPath } from '../../../blobs/paths/parents.ts'
import { fault } from '../../../faults.ts'
import type { SurfaceHandler } from '../../../gateway/surface.ts'
import type { Call, Target } from '../call.ts'
import { leaseBlob, leaseContainer } from '../lease.ts'
import type { Operation, PlaneDeps, Right } from '../plane.ts'
import { serviceSurface } from '../service-surface.ts'
import { undeleteBlob } from '../undelete.ts'
import * as fileSystems from './file-systems.ts'
import * as paths from './paths.ts'
import * as updates from './updates.ts'

const data = (verb: string): Right => ({ action: `blobServices/containers/blobs/${verb}`, kind: 'dataActions' })
const manage = (verb: string): Right => ({ action: `blobServices/containers/${verb}`, kind: 'actions' })

type Rest = Omit<Operation, 'name' | 'run'>
const onPath = (sas: string, verbs: readonly string[], lists?: Operation['lists']): Rest => ({
  level: 'blob',
  accountSas: sas,
  serviceSas: sas,
  rights: verbs.map(data),
  ...(lists && { lists }),
})
const onFileSystem = (verb: string, accountSas: string): Rest => ({
  level: 'container',
  accountSas,
  serviceSas: '',
  rights: [manage(verb)],
})
const op = (name: string, rest: Rest, run: Operation['run']): Operation => ({ name, ...rest, run })

const inParent = { asked: 'wx', of: 'parent' } as const
const writing = { asked: 'w', of: 'path' } as const
const reading = onPath('r', ['read'], { asked: 'r', of: 'path' })
const seeing = onPath('re', ['read'], { asked: '', of: 'path' })
const owning = onPath('op', ['manageOwnership/action', 'modifyPermissions/action'], 'owner')

/** By method, what it is about, and `action`. */
const operations: Readonly<Record<string, Operation>> = {
  'GET account': op(
    'Filesystem List',
    { level: 'service', accountSas: 'l', serviceSas: '', rights: [manage('read')] },
    fileSystems.listFileSystems,
  ),
  'PUT filesystem': op('Filesystem Create', onFileSystem('write', 'cw'), fileSystems.createFileSystem),
  'HEAD filesystem': op('Filesystem Get Properties', onFileSystem('read', 'r'), fileSystems.headFileSystem),
  'PATCH filesystem': op('Filesystem Set Properties', onFileSystem('write', 'w'), fileSystems.setFileSystemProperties),
  'DELETE filesystem': op('Filesystem Delete', onFileSystem('delete', 'd'), fileSystems.deleteFileSystem),
  'POST filesystem': op('Filesystem Lease', onFileSystem('write', 'w'), leaseContainer),
  'GET filesystem': op(
    'Path List',
    {
      level: 'container',
      accountSas: 'l',
      serviceSas: 'l',
      rights: [data('read')],
      lists: { asked: 'rx', of: 'listed' },
    },
    fileSystems.listPaths,
  ),
  'PUT path': op('Path Create', onPath('cw', ['write', 'add/action'], inParent), paths.createPath),
  'PUT path undelete': op('Path Undelete', onPath('w', ['write']), undeleteBlob),
  'GET path': op('Path Read', reading, paths.readPath),
  'HEAD path': op('Path Get Properties', seeing, paths.headPath),
  'DELETE path': op('Path Delete', onPath('d', ['delete'], inParent), paths.deletePath),
  'POST path': op('Path Lease', onPath('w', ['write'], writing), leaseBlob),
  'PATCH path append': op('Path Append Data', onPath('aw', ['write', 'add/action'], writing), updates.appendPath),
  'PATCH path flush': op('Path Flush Data', onPath('aw', ['write'], writing), updates.flushPath),
  'PATCH path setproperties': op('Path Set Properties', onPath('w', ['write'], writing), updates.setPathProperties),
  'PATCH path setaccesscontrol': op('Path Set Access Control', owning, updates.setPathAccess),
  'PATCH path setaccesscontrolrecursive': op('Path Set Access Control Recursive', owning, updates.setAccessBelow),
}
const byKey = new Map(Object.entries(operations))

/**
 * Azure Data Lake Storage's service under an account's dfs host or `/_dfs/{account}`: the blobs by their paths. In an
 * account with a hierarchical namespace folders are there for themselves and paths have access control lists.
 *
 * Source: learn.microsoft.com, "Azure Data Lake Storage Gen2 REST API", and what azure-storage-file-datalake sends.
 */
export const dfsService = (deps: PlaneDeps): SurfaceHandler =>
  serviceSurface(deps, { service: 'dfs', target: pathTarget, route, cors: (_plane, { blob }) => blob.cors })

/** A file system, or a path in one: its root is the path without a name. */
function pathTarget(target: Target): Target {
  const [container, blob] = target.container === '$root' ? [target.blob, ''] : [target.container, target.blob ?? '']
  if (container === undefined) return target
  const isWhole = target.query.get('resource')?.toLowerCase() === 'filesystem'
  return { ...target, container, blob: isWhole ? undefined : normalPath(blob) }
}

const METHODS = new Set(['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE'])
/** What may be asked of a file system's root: who may do what. */
const OF_ROOT = new Set(['HEAD path', 'PATCH path setaccesscontrol', 'PATCH path setaccesscontrolrecursive'])

/** @throws StorageUnsupportedVerb, InvalidQueryParameterValue, InvalidUri */
function route({ request: { method = '' }, container, blob, query }: Call): Operation {
  const about = container === undefined ? 'account' : blob === undefined ? 'filesystem' : 'path'
  const action = method === 'PATCH' ? query.get('action')?.toLowerCase() : query.get('comp')?.toLowerCase()
  const key = about === 'path' && action ? `path ${action}` : about
  const found = byKey.get(`${method} ${key}`)
  if (!found) throw fault(METHODS.has(method) && action ? 'InvalidQueryParameterValue' : 'StorageUnsupportedVerb')
  if (blob === '' && !OF_ROOT.has(`${method} ${key}`)) throw fault('InvalidUri')
  return found
}
