import { listBlobs } from '../../../blobs/listing.ts'
import { movePath } from '../../../blobs/paths/move-path.ts'
import { FOLDER, isFolder } from '../../../blobs/paths/parents.ts'
import { changeFile, fileFor, makeDirectory, removeDirectory } from '../../../blobs/paths/share-files.ts'
import { fault } from '../../../faults.ts'
import type { BlobRow } from '../../../store/blobs.ts'
import { answer, answerXml, httpDate, stampHeaders } from '../answers.ts'
import { blobOf, containerOf, header, readTarget } from '../call.ts'
import { readLimit } from '../list.ts'
import type { GrantedCall, Plane } from '../plane.ts'
import { missing } from '../receive-body.ts'
import { hasMetadata, readConditions, readMetadata } from '../request-headers.ts'
import { element, escaped, nameElement, XML } from '../xml.ts'
import { attributesOf, factHeaders, fileHeaders, fileTime, newFacts, readFacts } from './file-headers.ts'

/** Create Directory. */
export async function createDirectory({ core }: Plane, call: GrantedCall): Promise<void> {
  const facts = readFacts(call, newFacts(core.nextEtag()), core.now().getTime())
  const made = await makeDirectory(core, blobOf(call), { metadata: readMetadata(call), facts })
  answer(call, 201, { ...stampHeaders(made), ...factHeaders(made), 'x-ms-request-server-encrypted': 'false' })
}

/** Get Directory Properties, and Get Directory Metadata. */
export async function getDirectory({ core }: Plane, call: GrantedCall): Promise<void> {
  answer(call, 200, fileHeaders(await fileFor(core, blobOf(call), 'directory')))
}

/** Delete Directory: an empty one. */
export async function deleteDirectory({ core }: Plane, call: GrantedCall): Promise<void> {
  await removeDirectory(core, blobOf(call))
  answer(call, 202)
}

/** Set Directory Metadata. */
export async function setDirectoryMetadata({ core }: Plane, call: GrantedCall): Promise<void> {
  const metadata = { ...readMetadata(call), [FOLDER]: 'true' }
  const options = { kind: 'directory', conditions: readConditions(call) } as const
  const changed = await changeFile(core, blobOf(call), options, (row) => ({ ...row, metadata }))
  answer(call, 200, { ...stampHeaders(changed), 'x-ms-request-server-encrypted': 'false' })
}

/** Set Directory Properties. */
export async function setDirectoryProperties({ core }: Plane, call: GrantedCall): Promise<void> {
  const options = { kind: 'directory', conditions: readConditions(call) } as const
  const changed = await changeFile(core, blobOf(call), options, (row) => ({
    ...row,
    state: { ...row.state, file: readFacts(call, row.state.file ?? {}, core.now().getTime()) },
  }))
  answer(call, 200, { ...stampHeaders(changed), ...factHeaders(changed) })
}

/** List Directories and Files: what is in one directory. */
export async function listDirectory({ core }: Plane, call: GrantedCall): Promise<void> {
  const { query, blob: directory = '' } = call
  const at = containerOf(call)
  if (directory !== '') await fileFor(core, blobOf(call), 'directory')
  const below = directory === '' ? '' : `${directory}/`
  const prefix = query.get('prefix') ?? ''
  const marker = query.get('marker') ?? ''
  const include = (query.get('include') ?? '').toLowerCase().split(',')
  const page = await listBlobs(core, at, {
    prefix: below + prefix,
    delimiter: '/',
    limit: readLimit(call),
    ...(marker !== '' && { marker }),
  })
  const entries = page.items.flatMap((item) => (item.kind === 'blob' ? [entry(item.blob, { below, include })] : []))
  answerXml(
    call,
    [
      `${XML}<EnumerationResults ServiceEndpoint="${escaped(call.context.origin.storage(call.account.name, 'file'))}/" ShareName="${escaped(at.container)}" DirectoryPath="${escaped(directory)}">`,
      element('Prefix', prefix),
      element('Marker', marker),
      `<DirectoryId>0</DirectoryId><Entries>${entries.join('')}</Entries>`,
      element('NextMarker', page.next),
      '</EnumerationResults>',
    ].join(''),
  )
}

function entry(
  row: BlobRow,
  { below, include }: { readonly below: string; readonly include: readonly string[] },
): string {
  const facts = factHeaders(row)
  const time = (name: string) => String(facts[`x-ms-file-${name}`])
  const properties = [
    isFolder(row) ? '' : element('Content-Length', row.size),
    include.includes('timestamps')
      ? [
          element('CreationTime', time('creation-time')),
          element('LastAccessTime', fileTime(row.modifiedAt)),
          element('LastWriteTime', time('last-write-time')),
          element('ChangeTime', time('change-time')),
          element('Last-Modified', httpDate(row.modifiedAt)),
        ].join('')
      : '',
    include.includes('etag') ? element('Etag', `"${row.etag}"`) : '',
  ].join('')
  const attributes = include.includes('attributes') ? element('Attributes', attributesOf(row)) : ''
  const name = isFolder(row) ? 'Directory' : 'File'
  const id = element('FileId', String(facts['x-ms-file-id']))
  return `<${name}>${id}${nameElement(row.name.slice(below.length))}<Properties>${properties}</Properties>${attributes}</${name}>`
}

/** Rename Directory, and Rename File: within the share's account. */
export async function rename(plane: Plane, call: GrantedCall): Promise<void> {
  const { core } = plane
  const text = header(call, 'x-ms-file-rename-source')
  if (text === undefined || !URL.canParse(text)) throw missing('x-ms-file-rename-source')
  const url = new URL(text)
  const path = url.pathname.startsWith(`/_file/${call.account.name}/`)
    ? url.pathname.slice(`/_file/${call.account.name}`.length)
    : url.pathname
  const source = readTarget(path)
  // Another share's files are moved by copying, as in Azure.
  if (source.container !== call.container || source.blob === undefined) {
    throw fault('InvalidHeaderValue', { header: 'x-ms-file-rename-source' })
  }
  const replaces = header(call, 'x-ms-file-rename-replace-if-exists')?.toLowerCase() === 'true'
  const [sourceLease, lease] = ['x-ms-source-lease-id', 'x-ms-destination-lease-id'].map((name) => header(call, name))
  const at = { ...containerOf(call), name: source.blob }
  const moved = await movePath(core, at, blobOf(call), {
    conditions: { ...(!replaces && { ifNoneMatch: '*' }), ...(lease !== undefined && { lease }) },
    sourceConditions: sourceLease === undefined ? {} : { lease: sourceLease },
    needsParent: true,
    ...(hasMetadata(call) && { metadata: readMetadata(call) }),
  })
  answer(call, 200, { ...stampHeaders(moved), ...factHeaders(moved), 'x-ms-request-server-encrypted': 'false' })
}
