import { fault } from '../../faults.ts'
import type { BlobRow, BlobRows, ContainerRow, PathAccess } from '../../store/blobs.ts'
import { type Conditions, demandForWrite } from '../conditions.ts'
import { containerFor } from '../contents.ts'
import type { BlobAddress, Core } from '../core.ts'
import { aclAllows, changeAcl, demandAcl, ROOT_ACCESS, withPermissions } from './acl.ts'
import { isFolder, parentOf } from './parents.ts'

/** A path with who may do what; the root of a file system has no row but its container's. */
export interface FoundPath {
  readonly row: BlobRow | undefined
  readonly container: ContainerRow
  readonly access: PathAccess
}

/** @throws ContainerNotFound, BlobNotFound */
export async function pathFor(rows: BlobRows, at: BlobAddress): Promise<FoundPath> {
  const container = await containerFor(rows, at.account, at.container)
  if (at.name === '') return { row: undefined, container, access: container.state.access ?? ROOT_ACCESS }
  const row = await rows.blob(container.id, at.name)
  if (!row) throw fault('BlobNotFound')
  return { row, container, access: accessOf(row) }
}

/** What was written by the blob endpoint before its account knew of access has the default. */
export const accessOf = (row: BlobRow): PathAccess =>
  row.state.access ?? (isFolder(row) ? ROOT_ACCESS : { ...ROOT_ACCESS, acl: 'user::rw-,group::r--,other::---' })

export interface AccessChange {
  readonly owner?: string | undefined
  readonly group?: string | undefined
  readonly permissions?: string | undefined
  readonly acl?: string | undefined
}

/** @throws ContainerNotFound, BlobNotFound, ConditionNotMet, InvalidAcl, InvalidPermissions */
export function setAccess(
  core: Core,
  at: BlobAddress,
  change: AccessChange,
  conditions: Conditions,
): Promise<{ readonly etag: string; readonly modifiedAt: number }> {
  return core.rows.write(async (rows) => {
    const found = await pathFor(rows, at)
    const kind = { now: core.now().getTime(), ...(found.row ? {} : { of: 'Container' as const }) }
    demandForWrite(found.row ?? found.container, conditions, kind)
    const { owner = found.access.owner, group = found.access.group, permissions, acl } = change
    const isDirectory = !found.row || isFolder(found.row)
    const list =
      acl !== undefined
        ? demandAcl(acl, { isDirectory })
        : permissions === undefined
          ? found.access.acl
          : withPermissions(found.access.acl, permissions)
    await putAccess(rows, found, { owner, group, acl: list })
    return found.row ?? found.container
  })
}

async function putAccess(rows: BlobRows, { row, container }: FoundPath, access: PathAccess): Promise<void> {
  if (row) await rows.putBlob({ ...row, state: { ...row.state, access } })
  else await rows.putContainer({ ...container, state: { ...container.state, access } })
}

export interface RecursiveChange {
  readonly mode: 'set' | 'modify' | 'remove'
  readonly text: string
  readonly limit: number
  readonly after: string | undefined
}

/**
 * Changes the lists of a folder and of what is in it, a page at a time.
 *
 * @throws ContainerNotFound, BlobNotFound, InvalidAcl
 */
export function changeAccessBelow(
  core: Core,
  at: BlobAddress,
  { mode, text, limit, after }: RecursiveChange,
): Promise<{ readonly directories: number; readonly files: number; readonly next: string | undefined }> {
  return core.rows.write(async (rows) => {
    const top = await pathFor(rows, at)
    const prefix = at.name === '' ? '' : `${at.name}/`
    const found = await rows.blobs(top.container.id, {
      prefix,
      limit: limit + 1,
      ...(after !== undefined && { from: after, exclusive: true }),
    })
    const page = found.slice(0, limit)
    const paths = page.map((row): FoundPath => ({ row, container: top.container, access: accessOf(row) }))
    let directories = 0
    for (const path of after === undefined ? [top, ...paths] : paths) {
      const isDirectory = !path.row || isFolder(path.row)
      if (isDirectory) directories += 1
      await putAccess(rows, path, { ...path.access, acl: changeAcl(path.access.acl, { mode, text }, { isDirectory }) })
    }
    const files = paths.length + (after === undefined ? 1 : 0) - directories
    return { directories, files, next: found.length > limit ? page.at(-1)?.name : undefined }
  })
}

/**
 * Whether the lists let somebody who has no role do something: `x` on every folder on the way, and what is asked of
 * the path itself, or of its folder where the path is made or removed.
 */
export async function listsAllow(
  { rows }: Core,
  at: BlobAddress,
  { objectId, asked, of }: { readonly objectId: string; readonly asked: string; readonly of: 'path' | 'parent' },
): Promise<boolean> {
  const container = await rows.container(at.account, at.container)
  if (!container) return false
  const target = of === 'parent' ? parentOf(at.name) : at.name
  const parts = target.split('/').filter((part) => part !== '')
  for (let depth = 0; depth <= parts.length; depth += 1) {
    const name = parts.slice(0, depth).join('/')
    const row = name === '' ? undefined : await rows.blob(container.id, name)
    if (name !== '' && !row) return false
    const access = row ? accessOf(row) : (container.state.access ?? ROOT_ACCESS)
    const needed = depth === parts.length ? asked : 'x'
    if (!aclAllows(access, objectId, needed)) return false
  }
  return true
}
