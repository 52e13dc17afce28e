import { fault } from '../../faults.ts'
import type { BlobRow, BlobRows } from '../../store/blobs.ts'
import { replace } from '../blob-writes.ts'
import { type Conditions, demandForWrite } from '../conditions.ts'
import { containerFor, dropPiece } from '../contents.ts'
import type { BlobAddress, Core } from '../core.ts'
import { removeRow } from '../deletes.ts'
import { demandBlobName } from '../names.ts'
import { FOLDER, folderRow, hasChildren, isFolder, parentOf } from './parents.ts'

/** What the file service keeps of a file or directory beside its content: attributes, times, an id. */
export type FileFacts = Readonly<Record<string, string>>

/** @throws ParentNotFound */
async function demandParent(rows: BlobRows, container: number, name: string): Promise<void> {
  const parent = parentOf(name)
  if (parent === '') return
  const found = await rows.blob(container, parent)
  if (!found || !isFolder(found)) throw fault('ParentNotFound')
}

/**
 * Makes a directory of a share.
 *
 * @throws ContainerNotFound, ParentNotFound, BlobAlreadyExists, InvalidResourceName
 */
export function makeDirectory(
  core: Core,
  at: BlobAddress,
  { metadata, facts }: { readonly metadata: Readonly<Record<string, string>>; readonly facts: FileFacts },
): Promise<BlobRow> {
  demandBlobName(at.name)
  return core.rows.write(async (rows) => {
    const container = await containerFor(rows, at.account, at.container)
    if (await rows.blob(container.id, at.name)) throw fault('BlobAlreadyExists')
    await demandParent(rows, container.id, at.name)
    const row = folderRow(core, { container: container.id, name: at.name, access: undefined })
    const made: BlobRow = { ...row, metadata: { ...metadata, [FOLDER]: 'true' }, state: { file: facts } }
    await rows.putBlob(made)
    return made
  })
}

/** @throws ContainerNotFound, BlobNotFound, ResourceTypeMismatch, FileDirectoryNotEmpty */
export async function removeDirectory(core: Core, at: BlobAddress): Promise<void> {
  const protection = await core.protection(at.account)
  await core.rows.write(async (rows) => {
    const container = await containerFor(rows, at.account, at.container)
    const found = await rows.blob(container.id, at.name)
    if (!found) throw fault('BlobNotFound')
    if (!isFolder(found)) throw fault('ResourceTypeMismatch')
    if (await hasChildren(rows, container.id, at.name)) throw fault('FileDirectoryNotEmpty')
    await removeRow(core, rows, found, protection)
  })
}

export interface MakeFile {
  readonly size: number
  readonly properties: BlobRow['properties']
  readonly metadata: Readonly<Record<string, string>>
  readonly facts: FileFacts
  readonly conditions: Conditions
}

/**
 * Makes a file of zeros, or empties one that is there; what is written later are segments with gaps between.
 *
 * @throws ContainerNotFound, ParentNotFound, ResourceTypeMismatch, and what a lease refuses
 */
export const makeFile = (core: Core, at: BlobAddress, options: MakeFile): Promise<BlobRow> =>
  replace(
    core,
    at,
    {
      properties: options.properties,
      metadata: options.metadata,
      conditions: options.conditions,
      before: (rows) => demandPlace(rows, at),
    },
    async (rows, blank, free) => {
      if (free !== undefined) await dropPiece(rows, free)
      const content = await rows.addMarker()
      return { ...blank, kind: 'PageBlob', size: options.size, content, state: { ...blank.state, file: options.facts } }
    },
  )

/** A file may stand here: its directory is there, and no directory has its name. */
export async function demandPlace(rows: BlobRows, at: BlobAddress): Promise<void> {
  const container = await containerFor(rows, at.account, at.container)
  await demandParent(rows, container.id, at.name)
  const existing = await rows.blob(container.id, at.name)
  if (existing && isFolder(existing)) throw fault('ResourceTypeMismatch')
}

/** The row of a file, or of a directory. @throws ContainerNotFound, BlobNotFound, ResourceTypeMismatch */
export async function fileFor(core: Core, at: BlobAddress, kind: 'file' | 'directory'): Promise<BlobRow> {
  const container = await containerFor(core.rows, at.account, at.container)
  const found = await core.rows.blob(container.id, at.name)
  if (!found) throw fault('BlobNotFound')
  if (isFolder(found) !== (kind === 'directory')) throw fault('ResourceTypeMismatch')
  return found
}

/** Changes what is kept of a file or directory. @throws ContainerNotFound, BlobNotFound, ResourceTypeMismatch */
export function changeFile(
  core: Core,
  at: BlobAddress,
  { kind, conditions }: { readonly kind: 'file' | 'directory'; readonly conditions: Conditions },
  to: (row: BlobRow) => BlobRow,
): Promise<BlobRow> {
  return core.rows.write(async (rows) => {
    const container = await containerFor(rows, at.account, at.container)
    const found = await rows.blob(container.id, at.name)
    if (!found) throw fault('BlobNotFound')
    if (isFolder(found) !== (kind === 'directory')) throw fault('ResourceTypeMismatch')
    const time = core.now().getTime()
    demandForWrite(found, conditions, { now: time })
    const changed = { ...to(found), etag: core.nextEtag(), modifiedAt: time }
    await rows.putBlob(changed)
    return changed
  })
}
