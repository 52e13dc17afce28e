import { containerVersion } from '../../blobs/containers.ts'
import { deletionId } from '../../blobs/deletes.ts'
import { type Listed, listBlobs as list, listContainers as listAll } from '../../blobs/listing.ts'
import { fault } from '../../faults.ts'
import type { ContainerRow, DeletedContainer, Lease } from '../../store/blobs.ts'
import { answerXml, httpDate, leaseHeaders } from './answers.ts'
import { type Call, containerOf } from './call.ts'
import type { GrantedCall, Plane } from './plane.ts'
import { tagSet } from './tag-set.ts'
import { element, escaped, nameElement, XML } from './xml.ts'

const PAGE = 5000
const INCLUDED = [
  'metadata',
  'uncommittedblobs',
  'copy',
  'snapshots',
  'versions',
  'deleted',
  'deletedwithversions',
  'tags',
  'immutabilitypolicy',
  'legalhold',
  'permissions',
  'system',
]

/** List Blobs, flat or by a delimiter, with what the blobs were where that is asked for. */
export async function listBlobs({ core }: Plane, call: GrantedCall): Promise<void> {
  const { query } = call
  const include = readInclude(call)
  const limit = readLimit(call)
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const marker = query.get('marker') ?? ''
  const onlyDeleted = readOnlyDeleted(call)
  const page = await list(core, containerOf(call), {
    prefix,
    delimiter,
    marker,
    limit,
    uncommitted: include.has('uncommittedblobs'),
    past: {
      snapshots: include.has('snapshots'),
      versions: include.has('versions') || include.has('deletedwithversions'),
      deleted: include.has('deleted') || onlyDeleted,
    },
  })
  const isFolder = delimiter !== ''
  const items = onlyDeleted ? page.items.filter(isDeleted) : page.items
  const parts = items.map((item) => entry(item, include))
  answerXml(
    call,
    [
      `${XML}<EnumerationResults ServiceEndpoint="${escaped(call.context.origin.blob(call.account.name))}/" ContainerName="${escaped(page.container.name)}">`,
      ...asked(call, isFolder ? ['prefix', 'marker', 'maxresults', 'delimiter'] : ['prefix', 'marker', 'maxresults']),
      `<Blobs>${parts.join('')}</Blobs>`,
      element('NextMarker', page.next),
      '</EnumerationResults>',
    ].join(''),
  )
}

const ECHOED: Readonly<Record<string, string>> = {
  prefix: 'Prefix',
  marker: 'Marker',
  maxresults: 'MaxResults',
  delimiter: 'Delimiter',
}

/** The request's own parameters, told back where they were given. */
function asked({ query }: Call, names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    const value = query.get(name)
    return value === undefined || value === '' ? [] : [element(ECHOED[name] ?? name, value)]
  })
}

function readInclude({ query }: Call): ReadonlySet<string> {
  const named = (query.get('include') ?? '').split(',').filter((one) => one !== '')
  for (const one of named) if (!INCLUDED.includes(one.toLowerCase())) throw fault('InvalidQueryParameterValue')
  return new Set(named.map((one) => one.toLowerCase()))
}

/** Whether what was deleted is all that is asked for. @throws InvalidQueryParameterValue */
function readOnlyDeleted({ query }: Call): boolean {
  const only = query.get('showonly')?.toLowerCase()
  if (only !== undefined && only !== 'deleted') throw fault('InvalidQueryParameterValue')
  return only === 'deleted'
}

const isDeleted = (item: Listed): boolean =>
  item.kind === 'blob' && item.past?.what === 'base' && item.past.deletedAt !== undefined

export function readLimit({ query }: Call): number {
  const text = query.get('maxresults')
  if (text === undefined || text === '') return PAGE
  if (!/^\d{1,9}$/.test(text)) throw fault('InvalidQueryParameterValue')
  if (Number(text) === 0) throw fault('OutOfRangeQueryParameterValue')
  return Math.min(Number(text), PAGE)
}

function entry(item: Listed, include: ReadonlySet<string>): string {
  if (item.kind === 'prefix') return `<BlobPrefix>${nameElement(item.name)}</BlobPrefix>`
  if (item.kind === 'uncommitted') {
    return `<Blob>${nameElement(item.name)}<Properties>${element('Content-Length', 0)}${element('BlobType', 'BlockBlob')}</Properties></Blob>`
  }
  const { blob } = item
  const metadata = include.has('metadata') ? metadataElement(blob.metadata) : ''
  const tags = include.has('tags') && blob.state.tags ? `<Tags>${tagSet(blob.state.tags)}</Tags>` : ''
  return `<Blob>${nameElement(blob.name)}${pastElements(item, include)}<Properties>${properties(item, include)}</Properties>${metadata}${tags}<OrMetadata /></Blob>`
}

type ListedRow = Extract<Listed, { kind: 'blob' }>

/** Which state of the blob it is, in the order of Azure's schema. */
function pastElements({ blob, past }: ListedRow, include: ReadonlySet<string>): string {
  const withVersions = include.has('versions') || include.has('deletedwithversions')
  const version = past?.what === 'version' ? past.stamp : withVersions ? blob.state.version : undefined
  const isCurrent = past === undefined && version !== undefined
  const asSnapshot = past?.what === 'snapshot' || (past?.what === 'base' && past.shadowed)
  return [
    past?.deletedAt === undefined ? '' : element('Deleted', 'true'),
    // Only a hierarchical account's paths have access lists, and are restored by an id.
    past?.what === 'base' && blob.state.access ? element('DeletionId', deletionId(past.stamp)) : '',
    past && asSnapshot ? element('Snapshot', past.stamp) : '',
    version === undefined ? '' : element('VersionId', version),
    isCurrent ? element('IsCurrentVersion', 'true') : '',
  ].join('')
}

function properties({ blob, past }: ListedRow, include: ReadonlySet<string>): string {
  const said = blob.properties
  const parts = [
    element('Creation-Time', httpDate(blob.createdAt)),
    element('Last-Modified', httpDate(blob.modifiedAt)),
    element('Etag', blob.etag),
    element('Content-Length', blob.size),
    element('Content-Type', said.contentType ?? 'application/octet-stream'),
    element('Content-Encoding', said.contentEncoding),
    element('Content-Language', said.contentLanguage),
    '<Content-CRC64 />',
    element('Content-MD5', said.contentMd5),
    element('Cache-Control', said.cacheControl),
    element('Content-Disposition', said.contentDisposition),
    element('BlobType', blob.kind),
  ]
  if (blob.kind === 'BlockBlob') {
    parts.push(element('AccessTier', said.tier ?? 'Hot'))
    if (said.tier === undefined) parts.push('<AccessTierInferred>true</AccessTierInferred>')
  }
  if (blob.kind === 'PageBlob') parts.push(element('x-ms-blob-sequence-number', blob.state.sequence ?? 0))
  if (blob.state.sealed) parts.push(element('Sealed', 'true'))
  if (blob.state.access) {
    parts.push(element('ResourceType', blob.metadata.hdi_isfolder === 'true' ? 'directory' : 'file'))
  }
  if (!past) parts.push(leaseElements(blob.state.lease))
  if (past?.deletedAt !== undefined) {
    const left = Math.max(0, Math.floor(((past.purgeAt ?? 0) - Date.now()) / DAY_MS))
    parts.push(element('DeletedTime', httpDate(past.deletedAt)), element('RemainingRetentionDays', left))
  }
  if (blob.state.tags) parts.push(element('TagCount', Object.keys(blob.state.tags).length))
  if (said.copy && include.has('copy')) {
    parts.push(
      element('CopyId', said.copy.id),
      element('CopySource', said.copy.source),
      element('CopyStatus', 'success'),
      element('CopyProgress', `${blob.size}/${blob.size}`),
      element('CopyCompletionTime', httpDate(said.copy.at)),
    )
  }
  parts.push('<ServerEncrypted>false</ServerEncrypted>')
  return parts.join('')
}

const DAY_MS = 24 * 60 * 60 * 1000

function leaseElements(lease: Lease | undefined): string {
  const headers = leaseHeaders(lease)
  const duration = headers['x-ms-lease-duration']
  return [
    element('LeaseStatus', String(headers['x-ms-lease-status'])),
    element('LeaseState', String(headers['x-ms-lease-state'])),
    duration === undefined ? '' : element('LeaseDuration', String(duration)),
  ].join('')
}

function metadataElement(metadata: Readonly<Record<string, string>>): string {
  const inside = Object.entries(metadata).map(([name, value]) => element(name, value))
  return inside.length === 0 ? '<Metadata />' : `<Metadata>${inside.join('')}</Metadata>`
}

/** List Containers. */
export async function listContainers({ core }: Plane, call: GrantedCall): Promise<void> {
  const include = readInclude(call)
  const page = await listAll(core, call.account.name, {
    deleted: include.has('deleted'),
    prefix: call.query.get('prefix') ?? '',
    marker: call.query.get('marker') ?? '',
    limit: readLimit(call),
  })
  const parts = page.items.map((container) => containerEntry(container, include.has('metadata')))
  answerXml(
    call,
    [
      `${XML}<EnumerationResults ServiceEndpoint="${escaped(call.context.origin.blob(call.account.name))}/">`,
      ...asked(call, ['prefix', 'marker', 'maxresults']),
      `<Containers>${parts.join('')}</Containers>`,
      element('NextMarker', page.next),
      '</EnumerationResults>',
    ].join(''),
  )
}

function containerEntry(container: ContainerRow & Partial<DeletedContainer>, withMetadata: boolean): string {
  const { name, modifiedAt, etag, publicAccess, metadata, deletedAt, purgeAt = 0 } = container
  const parts = [
    element('Last-Modified', httpDate(modifiedAt)),
    element('Etag', `"${etag}"`),
    leaseElements(container.state.lease),
    deletedAt === undefined
      ? ''
      : `${element('DeletedTime', httpDate(deletedAt))}${element('RemainingRetentionDays', Math.max(0, Math.floor((purgeAt - Date.now()) / DAY_MS)))}`,
    publicAccess === undefined ? '' : element('PublicAccess', publicAccess),
    '<DefaultEncryptionScope>$account-encryption-key</DefaultEncryptionScope>',
    '<DenyEncryptionScopeOverride>false</DenyEncryptionScopeOverride>',
    '<HasImmutabilityPolicy>false</HasImmutabilityPolicy><HasLegalHold>false</HasLegalHold>',
  ]
  const deleted =
    deletedAt === undefined ? '' : `${element('Deleted', 'true')}${element('Version', containerVersion(container))}`
  return `<Container>${element('Name', name)}${deleted}<Properties>${parts.join('')}</Properties>${withMetadata ? metadataElement(metadata) : ''}</Container>`
}
