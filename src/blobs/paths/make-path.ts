import { fault } from '../../faults.ts'
import type { BlobRow, Lease } from '../../store/blobs.ts'
import { putWithTags } from '../blob-writes.ts'
import { demandForWrite } from '../conditions.ts'
import { containerFor, dropBlocks, dropContent } from '../contents.ts'
import type { BlobAddress, Core, WriteOptions } from '../core.ts'
import { keepBefore } from '../history.ts'
import { afterLeaseAction, leaseAfterWrite } from '../leases.ts'
import { demandBlobName } from '../names.ts'
import { accessOfNew, SUPERUSER } from './acl.ts'
import { ensureParents, FOLDER, folderRow, isFolder } from './parents.ts'

export interface MakePath extends WriteOptions {
  readonly kind: 'file' | 'directory'
  readonly owner?: string
  readonly permissions?: string | undefined
  readonly umask?: string | undefined
  readonly acl?: string | undefined
  /** A lease that begins with the path. */
  readonly lease?: { readonly id: string; readonly duration: number }
}

/**
 * Makes an empty file or a folder, with the folders above it. A folder that is there stays as it is, with its content;
 * a file is emptied.
 *
 * @throws ContainerNotFound, PathConflict, BlobAlreadyExists, ConditionNotMet, InvalidAcl, InvalidPermissions
 */
export async function makePath(core: Core, at: BlobAddress, options: MakePath): Promise<BlobRow> {
  demandBlobName(at.name)
  const protection = await core.protection(at.account)
  const isDirectory = options.kind === 'directory'
  return core.rows.write(async (rows) => {
    const container = await containerFor(rows, at.account, at.container)
    const existing = await rows.blob(container.id, at.name)
    const time = core.now().getTime()
    demandForWrite(existing, options.conditions ?? {}, { now: time, makes: true })
    if (existing && isFolder(existing) !== isDirectory) throw fault('PathConflict')
    const parent = protection.hierarchical
      ? await ensureParents(core, rows, container, { name: at.name, owner: options.owner })
      : undefined
    if (existing && !isDirectory && !(await keepBefore(core, rows, existing, protection))) {
      await dropContent(rows, existing)
    }
    if (existing && !isDirectory) await dropBlocks(rows, container.id, at.name)
    const { owner = SUPERUSER, permissions, umask, acl } = options
    const access = parent && accessOfNew(parent, { isDirectory, owner, permissions, umask, acl })
    const row = folderRow(core, { container: container.id, name: at.name, access })
    const { [FOLDER]: _mark, ...metadata } = options.metadata
    const made: BlobRow = {
      ...row,
      createdAt: existing?.createdAt ?? time,
      properties: options.properties,
      metadata: isDirectory ? { ...metadata, [FOLDER]: 'true' } : metadata,
      state: { ...row.state, ...leaseOf(existing, options.lease, time) },
    }
    await putWithTags(rows, made, existing)
    return made
  })
}

/** The lease of what was there, or the one that begins with the path. @throws LeaseAlreadyPresent */
function leaseOf(existing: BlobRow | undefined, asked: MakePath['lease'], time: number): { readonly lease?: Lease } {
  const before = existing?.state.lease
  if (!asked) return leaseAfterWrite(before, time)
  const { lease } = afterLeaseAction(before, { action: 'acquire', duration: asked.duration, proposed: asked.id }, time)
  return lease ? { lease } : {}
}
