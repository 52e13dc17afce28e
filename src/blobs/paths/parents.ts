import { fault } from '../../faults.ts'
import type { BlobRow, BlobRows, ContainerRow, PathAccess } from '../../store/blobs.ts'
import type { Core } from '../core.ts'
import { accessOfNew, ROOT_ACCESS, SUPERUSER } from './acl.ts'

/** Azure's mark of a folder, which clients of both endpoints know. */
export const FOLDER = 'hdi_isfolder'

export const isFolder = ({ metadata }: Pick<BlobRow, 'metadata'>): boolean => metadata[FOLDER] === 'true'

export const parentOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')))

/** A path without slashes at its ends and without empty parts. */
export const normalPath = (path: string): string =>
  path
    .split('/')
    .filter((part) => part !== '')
    .join('/')

/** A folder's row before it is stored. */
export const folderRow = (
  core: Core,
  {
    container,
    name,
    access,
  }: { readonly container: number; readonly name: string; readonly access: PathAccess | undefined },
): BlobRow => {
  const time = core.now().getTime()
  return {
    container,
    name,
    kind: 'BlockBlob',
    etag: core.nextEtag(),
    createdAt: time,
    modifiedAt: time,
    size: 0,
    properties: {},
    metadata: { [FOLDER]: 'true' },
    piece: undefined,
    content: undefined,
    blocks: 0,
    state: access ? { access } : {},
  }
}

/**
 * Makes the folders above a path that are not there yet; answers what the nearest says of who may do what.
 *
 * @throws PathConflict where a file is in the way
 */
export async function ensureParents(
  core: Core,
  rows: BlobRows,
  container: Pick<ContainerRow, 'id' | 'state'>,
  { name, owner = SUPERUSER }: { readonly name: string; readonly owner?: string | undefined },
): Promise<PathAccess> {
  const parent = parentOf(name)
  if (parent === '') return container.state.access ?? ROOT_ACCESS
  const found = await rows.blob(container.id, parent)
  if (found && !isFolder(found)) throw fault('PathConflict')
  if (found) return found.state.access ?? ROOT_ACCESS
  const above = await ensureParents(core, rows, container, { name: parent, owner })
  const access = accessOfNew(above, { isDirectory: true, owner })
  await rows.putBlob(folderRow(core, { container: container.id, name: parent, access }))
  return access
}

/** Whether anything stands below a folder. */
export async function hasChildren(rows: BlobRows, container: number, name: string): Promise<boolean> {
  const prefix = name === '' ? '' : `${name}/`
  return (await rows.blobs(container, { prefix, limit: 1 })).length > 0
}
