import { fault } from '../../faults.ts'
import { batch } from './batch.ts'
import { appendBlock, getBlockList, putBlock, putBlockList } from './blocks.ts'
import { type Call, header } from './call.ts'
import * as containers from './containers.ts'
import { copyBlob, putBlobFromUrl } from './copy.ts'
import { getUserDelegationKey } from './delegation.ts'
import { leaseBlob, leaseContainer } from './lease.ts'
import { listBlobs, listContainers } from './list.ts'
import { getPageRanges, putPage } from './pages.ts'
import type { Operation, Right } from './plane.ts'
import { getBlob, getMetadata, headBlob } from './read-blob.ts'
import { getAccountInformation, getServiceProperties, notYet, setServiceProperties } from './service.ts'
import { sealBlob, setTier, snapshotBlob } from './states.ts'
import { findBlobs, getTags, setTags } from './tags.ts'
import { undeleteBlob } from './undelete.ts'
import { deleteBlob, putBlob, setMetadata, setProperties } from './write-blob.ts'

const data = (verb: string): Right => ({ action: `blobServices/containers/blobs/${verb}`, kind: 'dataActions' })
const manage = (action: string): Right => ({ action: `blobServices/${action}`, kind: 'actions' })

/** Every permission of a SAS. */
const EVERY = 'racwdxyltfmeopi'

type Rest = Omit<Operation, 'name' | 'run'>
const reading: Rest = {
  level: 'blob',
  accountSas: 'r',
  serviceSas: 'r',
  rights: [data('read')],
  lists: { asked: 'r', of: 'path' },
  public: 'blob',
  past: true,
}
const making: Rest = {
  level: 'blob',
  accountSas: 'wc',
  serviceSas: 'wc',
  rights: [data('write'), data('add/action')],
  lists: { asked: 'wx', of: 'parent' },
}
const changing: Rest = {
  level: 'blob',
  accountSas: 'w',
  serviceSas: 'w',
  rights: [data('write')],
  lists: { asked: 'w', of: 'path' },
}
const adding: Rest = { ...changing, accountSas: 'aw', serviceSas: 'aw', rights: [data('write'), data('add/action')] }
const deleting: Rest = {
  level: 'blob',
  accountSas: 'd',
  serviceSas: 'd',
  rights: [data('delete')],
  lists: { asked: 'wx', of: 'parent' },
  past: true,
}
const listing: Rest = {
  level: 'container',
  accountSas: 'l',
  serviceSas: 'l',
  rights: [data('read')],
  lists: { asked: 'rx', of: 'listed' },
  public: 'container',
}
const container = (verb: string, accountSas: string): Rest => ({
  level: 'container',
  accountSas,
  serviceSas: '',
  rights: [manage(`containers/${verb}`)],
})
const viewing: Rest = { ...container('read', 'r'), public: 'container' }
const service: Rest = { level: 'service', accountSas: 'r', serviceSas: '', rights: [manage('read')] }

const tagging: Rest = { level: 'blob', accountSas: 't', serviceSas: 't', rights: [], past: true }
const finding = (level: Operation['level']): Rest => ({
  level,
  accountSas: 'f',
  serviceSas: level === 'container' ? 'f' : '',
  rights: [data('filter/action')],
})
/** What comes in a batch is granted by itself. */
const anybody = (level: Operation['level']): Rest => ({
  level,
  accountSas: EVERY,
  serviceSas: level === 'container' ? EVERY : '',
  rights: [data('read'), data('write'), data('delete')],
})

const op = (name: string, rest: Rest, run: Operation['run']): Operation => ({ name, ...rest, run })
const later = (name: string, level: Operation['level']): Operation =>
  op(name, { level, accountSas: '', serviceSas: '', rights: [], later: true }, notYet(name))

/** By method, level, `restype` (of a service's or account's calls) and `comp`. */
const operations: Readonly<Record<string, Operation>> = {
  'GET service list': op(
    'List Containers',
    { ...service, accountSas: 'l', rights: [manage('containers/read')] },
    listContainers,
  ),
  'GET service service/properties': op('Get Blob Service Properties', service, getServiceProperties),
  'PUT service service/properties': op(
    'Set Blob Service Properties',
    { ...service, accountSas: 'w', rights: [manage('write')] },
    setServiceProperties,
  ),
  'GET service service/stats': later('Get Blob Service Stats', 'service'),
  'POST service service/userdelegationkey': op(
    'Get User Delegation Key',
    { ...service, accountSas: '', rights: [manage('generateUserDelegationKey/action')] },
    getUserDelegationKey,
  ),
  'POST service batch': op('Blob Batch', anybody('service'), batch),
  'GET service blobs': op('Find Blobs by Tags', finding('service'), findBlobs),

  'PUT container': op('Create Container', container('write', 'cw'), containers.createContainer),
  'GET container': op('Get Container Properties', viewing, containers.getContainer),
  'GET container metadata': op('Get Container Metadata', viewing, containers.getContainer),
  'PUT container metadata': op('Set Container Metadata', container('write', 'w'), containers.setMetadata),
  'GET container acl': op('Get Container ACL', container('getAcl/action', ''), containers.getAcl),
  'PUT container acl': op('Set Container ACL', container('setAcl/action', ''), containers.setAcl),
  'DELETE container': op('Delete Container', container('delete', 'd'), containers.deleteContainer),
  'GET container list': op('List Blobs', listing, listBlobs),
  'PUT container lease': op('Lease Container', { ...container('write', 'w'), serviceSas: '' }, leaseContainer),
  'PUT container undelete': op('Restore Container', container('write', 'w'), containers.undeleteContainer),
  'PUT container rename': later('Rename Container', 'container'),
  'POST container batch': op('Blob Batch', anybody('container'), batch),
  'GET container blobs': op('Find Blobs by Tags in Container', finding('container'), findBlobs),

  'PUT blob': op('Put Blob', making, putBlob),
  'PUT blob from-url': op('Put Blob From URL', making, putBlobFromUrl),
  'PUT blob copied': op('Copy Blob', making, copyBlob),
  'GET blob': op('Get Blob', reading, getBlob),
  'HEAD blob': op('Get Blob Properties', reading, headBlob),
  'DELETE blob': op('Delete Blob', deleting, deleteBlob),
  'GET blob metadata': op('Get Blob Metadata', reading, getMetadata),
  'PUT blob metadata': op('Set Blob Metadata', changing, setMetadata),
  'PUT blob properties': op('Set Blob Properties', changing, setProperties),
  'PUT blob block': op('Put Block', making, putBlock),
  'PUT blob blocklist': op('Put Block List', making, putBlockList),
  'GET blob blocklist': op('Get Block List', reading, getBlockList),
  'PUT blob appendblock': op('Append Block', adding, appendBlock),
  'PUT blob copy': op('Abort Copy Blob', changing, () => {
    throw fault('NoPendingCopyOperation')
  }),
  'PUT blob lease': op('Lease Blob', changing, leaseBlob),
  'PUT blob snapshot': op('Snapshot Blob', { ...making, rights: [data('write')] }, snapshotBlob),
  'PUT blob tier': op('Set Blob Tier', { ...changing, past: true }, setTier),
  'PUT blob tags': op('Set Blob Tags', { ...tagging, rights: [data('tags/write')] }, setTags),
  'GET blob tags': op('Get Blob Tags', { ...tagging, rights: [data('tags/read')] }, getTags),
  'PUT blob undelete': op('Undelete Blob', changing, undeleteBlob),
  'PUT blob page': op('Put Page', changing, putPage),
  'GET blob pagelist': op('Get Page Ranges', reading, getPageRanges),
  'PUT blob incrementalcopy': later('Incremental Copy Blob', 'blob'),
  'PUT blob seal': op('Append Blob Seal', adding, sealBlob),
  'PUT blob expiry': later('Set Blob Expiry', 'blob'),
  'PUT blob immutabilitypolicies': later('Set Blob Immutability Policy', 'blob'),
  'DELETE blob immutabilitypolicies': later('Delete Blob Immutability Policy', 'blob'),
  'PUT blob legalhold': later('Set Blob Legal Hold', 'blob'),
  'POST blob query': later('Query Blob Contents', 'blob'),
}

/** Every operation by what asks for it: method, level, and `restype` or `comp`; `GET container list`. */
export const blobOperations: ReadonlyMap<string, Operation> = new Map(Object.entries(operations))
const information: Operation = op(
  'Get Account Information',
  { ...service, serviceSas: EVERY, accountSas: EVERY },
  getAccountInformation,
)
const METHODS = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'POST', 'OPTIONS'])

/**
 * What a call asks for.
 *
 * @throws StorageUnsupportedVerb, InvalidQueryParameterValue, CorsPreflightFailure
 */
export function route(call: Call): Operation {
  const method = call.request.method ?? ''
  if (!METHODS.has(method)) throw fault('StorageUnsupportedVerb')
  const level = call.blob !== undefined ? 'blob' : call.container !== undefined ? 'container' : 'service'
  const restype = call.query.get('restype')?.toLowerCase()
  const comp = call.query.get('comp')?.toLowerCase() ?? ''
  if (restype === 'account' && comp === 'properties' && (method === 'GET' || method === 'HEAD')) {
    return { ...information, level }
  }
  const what = level === 'service' && restype !== undefined ? `${restype}/${comp}` : comp
  const key = `${level}${what === '' ? variant(call, level) : ` ${what}`}`
  const found =
    blobOperations.get(`${method} ${key}`) ?? (method === 'HEAD' ? blobOperations.get(`GET ${key}`) : undefined)
  if (found) return found
  const isKnown = [...METHODS].some((other) => blobOperations.has(`${other} ${key}`))
  throw isKnown ? fault('StorageUnsupportedVerb') : fault('InvalidQueryParameterValue')
}

/** A PUT that names a source is a copy; with a blob type it is Put Blob From URL. */
function variant(call: Call, level: string): string {
  if (level !== 'blob' || call.request.method !== 'PUT' || header(call, 'x-ms-copy-source') === undefined) return ''
  return header(call, 'x-ms-blob-type') === undefined ? ' copied' : ' from-url'
}
