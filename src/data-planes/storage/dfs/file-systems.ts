import type { OutgoingHttpHeaders } from 'node:http'
import { createContainer, removeContainer, setContainerMetadata } from '../../../blobs/containers.ts'
import { containerFor } from '../../../blobs/contents.ts'
import type { Core } from '../../../blobs/core.ts'
import { type Listed, listBlobs, listContainers } from '../../../blobs/listing.ts'
import { accessOf } from '../../../blobs/paths/access.ts'
import { permissionsOf } from '../../../blobs/paths/acl.ts'
import { isFolder, normalPath } from '../../../blobs/paths/parents.ts'
import { fault } from '../../../faults.ts'
import type { BlobRow } from '../../../store/blobs.ts'
import { answer, commonHeaders, containerHeaders, httpDate, stampHeaders } from '../answers.ts'
import { containerOf } from '../call.ts'
import type { GrantedCall, Plane } from '../plane.ts'
import { readConditions } from '../request-headers.ts'
import { readUserProperties, userProperties } from './path-headers.ts'

const PAGE = 5000

function answerJson(call: GrantedCall, body: unknown, headers: OutgoingHttpHeaders = {}): void {
  const bytes = Buffer.from(JSON.stringify(body))
  call.response.writeHead(200, {
    ...commonHeaders(call, call.version),
    'Content-Type': 'application/json;charset=utf-8',
    'Content-Length': bytes.length,
    ...headers,
  })
  call.response.end(bytes)
}

/** @throws InvalidQueryParameterValue, OutOfRangeQueryParameterValue */
function readLimit({ query }: GrantedCall): number {
  const text = query.get('maxresults')
  if (text === undefined || text === '') return PAGE
  if (!/^\d{1,9}$/.test(text)) throw fault('InvalidQueryParameterValue')
  if (Number(text) === 0) throw fault('OutOfRangeQueryParameterValue')
  return Math.min(Number(text), PAGE)
}

/** Filesystem List. */
export async function listFileSystems({ core }: Plane, call: GrantedCall): Promise<void> {
  const page = await listContainers(core, call.account.name, {
    prefix: call.query.get('prefix') ?? '',
    marker: call.query.get('continuation') ?? '',
    limit: readLimit(call),
  })
  const filesystems = page.items.map(({ name, etag, modifiedAt }) => ({
    name,
    eTag: `"${etag}"`,
    lastModified: httpDate(modifiedAt),
  }))
  answerJson(call, { filesystems }, page.next === undefined ? {} : { 'x-ms-continuation': page.next })
}

/** Filesystem Create. */
export async function createFileSystem({ core }: Plane, call: GrantedCall): Promise<void> {
  const made = await createContainer(core, containerOf(call), { metadata: readUserProperties(call) ?? {} })
  answer(call, 201, { ...stampHeaders(made), 'x-ms-namespace-enabled': String(call.account.isHierarchical) })
}

/** Filesystem Get Properties. */
export async function headFileSystem({ core }: Plane, call: GrantedCall): Promise<void> {
  const { account, container } = containerOf(call)
  const found = await containerFor(core.rows, account, container)
  const properties = userProperties(found.metadata)
  answer(call, 200, {
    ...containerHeaders(found),
    ...(properties !== '' && { 'x-ms-properties': properties }),
    'x-ms-namespace-enabled': String(call.account.isHierarchical),
  })
}

/** Filesystem Set Properties. */
export async function setFileSystemProperties({ core }: Plane, call: GrantedCall): Promise<void> {
  const metadata = readUserProperties(call) ?? {}
  answer(call, 200, stampHeaders(await setContainerMetadata(core, containerOf(call), metadata, readConditions(call))))
}

/** Filesystem Delete. */
export async function deleteFileSystem({ core }: Plane, call: GrantedCall): Promise<void> {
  await removeContainer(core, containerOf(call), readConditions(call))
  answer(call, 202)
}

/** Path List: what is in a folder, or with `recursive=true` below it. */
export async function listPaths({ core }: Plane, call: GrantedCall): Promise<void> {
  const { query } = call
  const recursive = query.get('recursive')?.toLowerCase()
  if (recursive !== 'true' && recursive !== 'false') {
    throw fault('MissingRequiredQueryParameter', { parameter: 'recursive' })
  }
  const directory = normalPath(query.get('directory') ?? '')
  const at = containerOf(call)
  const container = await containerFor(core.rows, at.account, at.container)
  const prefix = directory === '' ? '' : `${directory}/`
  const marker = query.get('continuation') ?? ''
  const page = await listBlobs(core, at, {
    prefix,
    limit: readLimit(call),
    ...(marker !== '' && { marker }),
    ...(recursive === 'false' && { delimiter: '/' }),
  })
  if (page.items.length === 0 && marker === '' && directory !== '') {
    const own = await core.rows.blob(container.id, directory)
    if (!own) throw fault('StoragePathNotFound')
    if (!isFolder(own)) throw fault('PathConflict')
  }
  const paths: unknown[] = []
  for (const item of page.items) {
    const told = await pathOf(core, container.id, item)
    if (told) paths.push(told)
  }
  answerJson(call, { paths }, page.next === undefined ? {} : { 'x-ms-continuation': page.next })
}

/** A folder that has a row is told by that; one that only its files' names speak of, by its name. */
async function pathOf(core: Core, container: number, item: Listed): Promise<object | undefined> {
  if (item.kind === 'blob') return rowOf(item.blob)
  if (item.kind === 'uncommitted') return undefined
  const name = item.name.replace(/\/$/, '')
  const row = await core.rows.blob(container, name)
  return row && isFolder(row) ? undefined : { name, isDirectory: 'true', contentLength: '0' }
}

const rowOf = (row: BlobRow) => {
  const access = accessOf(row)
  return {
    name: row.name,
    ...(isFolder(row) && { isDirectory: 'true' }),
    contentLength: String(row.size),
    lastModified: httpDate(row.modifiedAt),
    etag: row.etag,
    owner: access.owner,
    group: access.group,
    permissions: permissionsOf(access.acl),
    creationTime: String((BigInt(row.createdAt) + 11_644_473_600_000n) * 10_000n),
  }
}
