import { type Listed, listBlobs as list, listContainers as listAll } from '../../blobs/listing.ts'
import { fault } from '../../faults.ts'
import type { BlobRow, ContainerRow } from '../../store/blobs.ts'
import { answerXml, httpDate } from './answers.ts'
import { type Call, containerOf } from './call.ts'
import type { GrantedCall, Plane } from './plane.ts'
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

/** List Blobs, flat or by a delimiter. Of snapshots, versions and deleted blobs there are none to include. */
export async function listBlobs({ core }: Plane, call: GrantedCall): Promise<void> {
  const { query } = call
  const include = readInclude(call)
  const limit = readLimit(call)
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const marker = query.get('marker') ?? ''
  const page = await list(core, containerOf(call), {
    prefix,
    delimiter,
    marker,
    limit,
    uncommitted: include.has('uncommittedblobs'),
  })
  const isFolder = delimiter !== ''
  const parts = page.items.map((item) => entry(item, include))
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

function readLimit({ query }: Call): number {
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
  return `<Blob>${nameElement(blob.name)}<Properties>${properties(blob, include)}</Properties>${metadata}<OrMetadata /></Blob>`
}

function properties(blob: BlobRow, include: ReadonlySet<string>): string {
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
  parts.push('<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>')
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

function metadataElement(metadata: Readonly<Record<string, string>>): string {
  const inside = Object.entries(metadata).map(([name, value]) => element(name, value))
  return inside.length === 0 ? '<Metadata />' : `<Metadata>${inside.join('')}</Metadata>`
}

/** List Containers. */
export async function listContainers({ core }: Plane, call: GrantedCall): Promise<void> {
  const include = readInclude(call)
  const page = await listAll(core, call.account.name, {
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

function containerEntry(container: ContainerRow, withMetadata: boolean): string {
  const { name, modifiedAt, etag, publicAccess, metadata } = container
  const parts = [
    element('Last-Modified', httpDate(modifiedAt)),
    element('Etag', `"${etag}"`),
    '<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>',
    publicAccess === undefined ? '' : element('PublicAccess', publicAccess),
    '<DefaultEncryptionScope>$account-encryption-key</DefaultEncryptionScope>',
    '<DenyEncryptionScopeOverride>false</DenyEncryptionScopeOverride>',
    '<HasImmutabilityPolicy>false</HasImmutabilityPolicy><HasLegalHold>false</HasLegalHold>',
  ]
  return `<Container>${element('Name', name)}<Properties>${parts.join('')}</Properties>${withMetadata ? metadataElement(metadata) : ''}</Container>`
}
