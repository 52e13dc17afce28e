import { fault } from '../../faults.ts'
import type { BlobRow, BlobRows } from '../../store/blobs.ts'
import { type Conditions, demandForRead, demandForWrite } from '../conditions.ts'
import { containerFor } from '../contents.ts'
import type { BlobAddress, Core, Protection } from '../core.ts'
import { removeRow } from '../deletes.ts'
import { demandLease } from '../leases.ts'
import { demandBlobName } from '../names.ts'
import { hasChildren, isFolder, parentOf } from './parents.ts'

/**
 * Gives a file, or a folder with all that is in it, another name, at once for everybody.
 *
 * @throws ContainerNotFound, SourcePathNotFound, RenameDestinationParentPathNotFound, InvalidRenameSourcePath,
 *   InvalidSourceOrDestinationResourceType, DestinationPathNotEmpty, BlobAlreadyExists, ConditionNotMet
 */
export async function movePath(
  core: Core,
  from: BlobAddress,
  to: BlobAddress,
  options: {
    readonly conditions: Conditions
    readonly sourceConditions: Conditions
    readonly metadata?: Readonly<Record<string, string>>
    /** The folder of the new name must be there. */
    readonly needsParent?: boolean
  },
): Promise<BlobRow> {
  demandBlobName(to.name)
  const protection = await core.protection(to.account)
  return core.rows.write(async (rows) => {
    const source = await containerFor(rows, from.account, from.container)
    const target = await containerFor(rows, to.account, to.container)
    const moved = await rows.blob(source.id, from.name)
    if (!moved) throw fault('SourcePathNotFound')
    demandSource(core, moved, options.sourceConditions)
    const isSame = source.id === target.id
    if (isSame && to.name === from.name) return moved
    if (isSame && to.name.startsWith(`${from.name}/`)) throw fault('InvalidRenameSourcePath')
    if (options.needsParent ?? protection.hierarchical) await demandParent(rows, target.id, to.name)
    await makeRoom(core, rows, { moved, target: target.id, to, conditions: options.conditions, protection })
    await rows.renameFolder(source.id, from.name, { container: target.id, name: to.name })
    const row = await rows.blob(target.id, to.name)
    if (!row) throw new Error('What was renamed is not there')
    if (!options.metadata) return row
    const changed = { ...row, metadata: options.metadata }
    await rows.putBlob(changed)
    return changed
  })
}

function demandSource(core: Core, row: BlobRow, conditions: Conditions): void {
  const now = core.now().getTime()
  const { lease, ...rest } = conditions
  try {
    demandForRead(row, rest, { now })
  } catch (cause) {
    throw fault('SourceConditionNotMet', {}, { cause })
  }
  // It goes from where it is: as a delete does, that takes its lease.
  demandLease(row.state.lease, lease, { now })
}

async function demandParent(rows: BlobRows, container: number, name: string): Promise<void> {
  const parent = parentOf(name)
  if (parent === '') return
  const found = await rows.blob(container, parent)
  if (!found || !isFolder(found)) throw fault('RenameDestinationParentPathNotFound')
}

/** Takes away what is at the target, if that may be replaced. */
async function makeRoom(
  core: Core,
  rows: BlobRows,
  {
    moved,
    target,
    to,
    conditions,
    protection,
  }: {
    readonly moved: BlobRow
    readonly target: number
    readonly to: BlobAddress
    readonly conditions: Conditions
    readonly protection: Protection
  },
): Promise<void> {
  const existing = await rows.blob(target, to.name)
  demandForWrite(existing, conditions, { now: core.now().getTime(), makes: true })
  if (!existing) return
  if (isFolder(existing) !== isFolder(moved)) throw fault('InvalidSourceOrDestinationResourceType')
  if (isFolder(existing) && (await hasChildren(rows, target, to.name))) throw fault('DestinationPathNotEmpty')
  await removeRow(core, rows, existing, protection)
}

/**
 * Deletes a file, or a folder: with all that is in it, if that is asked for.
 *
 * @throws ContainerNotFound, BlobNotFound, DirectoryNotEmpty, ConditionNotMet
 */
export async function removePath(
  core: Core,
  at: BlobAddress,
  { recursive, conditions }: { readonly recursive: boolean; readonly conditions: Conditions },
): Promise<void> {
  const protection = await core.protection(at.account)
  await core.rows.write(async (rows) => {
    const container = await containerFor(rows, at.account, at.container)
    const path = await rows.blob(container.id, at.name)
    const filled = await hasChildren(rows, container.id, at.name)
    if (!(path ?? filled)) throw fault('BlobNotFound')
    if (path) demandForWrite(path, conditions, { now: core.now().getTime() })
    if (!filled || (path && !isFolder(path))) {
      if (path) await removeRow(core, rows, path, protection)
      return
    }
    if (!recursive) throw fault('DirectoryNotEmpty')
    await removeTree(core, rows, { container: container.id, name: at.name, account: at.account, protection })
  })
}

/**
 * All of a folder at once. Where nothing of it can be restored it moves under a container without a name, which the
 * collector empties in small parts: a million files are gone as soon as one.
 */
async function removeTree(
  core: Core,
  rows: BlobRows,
  {
    container,
    name,
    account,
    protection,
  }: { readonly container: number; readonly name: string; readonly account: string; readonly protection: Protection },
): Promise<void> {
  if (protection.blobDays === undefined && !protection.versions) {
    const time = core.now().getTime()
    const row = { account, name: `#gone-${core.nextEtag()}`, etag: '', createdAt: time, modifiedAt: time }
    const rest = { publicAccess: undefined, metadata: {}, policies: [], state: {} }
    const gone = await rows.addContainer({ ...row, ...rest })
    await rows.hideContainer(gone)
    await rows.renameFolder(container, name, { container: gone, name })
    return
  }
  // One time for all of it: by that a folder that is restored finds what went with it.
  const now = core.now()
  const then = { ...core, now: () => now }
  for (;;) {
    const found = await rows.blobs(container, { prefix: `${name}/`, limit: 500 })
    for (const one of found) await removeRow(then, rows, one, protection)
    if (found.length === 0) break
  }
  const own = await rows.blob(container, name)
  if (own) await removeRow(then, rows, own, protection)
}
