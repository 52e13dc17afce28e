import { fault } from '../faults.ts'
import type { BlobProperties, BlobRow, BlobRows, PathAccess } from '../store/blobs.ts'
import { type Conditions, demandForWrite } from './conditions.ts'
import { addReceived, blobFor, containerFor, dropBlocks, dropContent } from './contents.ts'
import type { BlobAddress, Core, Protection, WriteOptions } from './core.ts'
import { keepBefore, keepCopy } from './history.ts'
import { leaseAfterWrite } from './leases.ts'
import { demandBlobName } from './names.ts'
import { accessOfNew, SUPERUSER } from './paths/acl.ts'
import { ensureParents, FOLDER, isFolder } from './paths/parents.ts'
import type { Received } from './receive.ts'

/**
 * Makes or replaces a block blob in one piece. On disk and visible when this resolves; nothing at all otherwise.
 *
 * @throws ContainerNotFound, BlobAlreadyExists, ConditionNotMet, InvalidResourceName
 */
export const putBlob = (core: Core, at: BlobAddress, received: Received, options: WriteOptions): Promise<BlobRow> =>
  keeping(received, () =>
    replace(core, at, options, async (rows, blank, free) => {
      const { bytes, size, sealed } = received
      // Bytes in a row are read in one look together with their blob: no reader can meet them half changed.
      if (free !== undefined && bytes && size > 0) {
        await rows.replacePiece(free, bytes, sealed)
        return { ...blank, size, piece: free }
      }
      if (free !== undefined) await rows.removePiece(free)
      return { ...blank, size, piece: await addReceived(rows, received) }
    }),
  )

/**
 * Makes an empty append blob, or empties what is there.
 *
 * @throws as `putBlob`
 */
export const createAppendBlob = (core: Core, at: BlobAddress, options: WriteOptions): Promise<BlobRow> =>
  replace(core, at, options, async (rows, blank, free) => {
    if (free !== undefined) await rows.removePiece(free)
    return { ...blank, kind: 'AppendBlob' }
  })

/**
 * Puts a new row at a name. What was there is kept as a version or a deleted snapshot where the account keeps such,
 * and else given up: bytes and blocks. A piece in a row that nobody else names is left to `fill`, to use again or to
 * remove.
 */
export async function replace(
  core: Core,
  at: BlobAddress,
  options: WriteOptions & { readonly before?: (rows: BlobRows) => Promise<void> },
  fill: (rows: BlobRows, blank: BlobRow, free: number | undefined) => Promise<BlobRow>,
): Promise<BlobRow> {
  demandBlobName(at.name)
  const protection = await core.protection(at.account)
  return core.rows.write(async (rows) => {
    const target = await rows.target(at.account, at.container, at.name)
    if (!target) throw fault('ContainerNotFound')
    const { container, blob: existing, inRow, hasBlocks } = target
    const time = core.now().getTime()
    demandForWrite(existing, options.conditions ?? {}, { now: time, makes: true })
    await options.before?.(rows)
    const access = await accessOfWritten(core, rows, at, { existing, protection, owner: options.owner })
    const kept = existing ? await keepBefore(core, rows, existing, protection) : false
    if (existing && !kept && !inRow) await dropContent(rows, existing)
    if (hasBlocks) await dropBlocks(rows, container, at.name)
    const blank = blankRow(core, { container, name: at.name, existing, options, protection, time, access })
    const blob = await fill(rows, blank, !kept && inRow ? existing?.piece : undefined)
    await putWithTags(rows, blob, existing)
    return blob
  })
}

/**
 * Who may do what with a blob that is written, in a hierarchical account; the folders above it are made.
 *
 * @throws PathConflict where it would take a folder's place, or a file is where a folder must be
 */
export async function accessOfWritten(
  core: Core,
  rows: BlobRows,
  at: BlobAddress,
  {
    existing,
    protection,
    owner = SUPERUSER,
  }: { readonly existing: BlobRow | undefined; readonly protection: Protection; readonly owner?: string | undefined },
): Promise<PathAccess | undefined> {
  if (!protection.hierarchical) return undefined
  if (existing && isFolder(existing)) throw fault('PathConflict')
  if (existing) return existing.state.access
  if (at.name.endsWith('/') || at.name.includes('//')) throw fault('InvalidResourceName')
  const container = await containerFor(rows, at.account, at.container)
  return accessOfNew(await ensureParents(core, rows, container, { name: at.name, owner }), {
    isDirectory: false,
    owner,
  })
}

/** A new blob's row before it has any content. */
export function blankRow(
  { nextEtag, nextStamp }: Core,
  {
    container,
    name,
    existing,
    options,
    protection,
    time,
    access,
  }: {
    readonly container: number
    readonly name: string
    readonly existing: BlobRow | undefined
    readonly options: WriteOptions
    readonly protection: Protection
    readonly time: number
    readonly access: PathAccess | undefined
  },
): BlobRow {
  const { tags } = options
  return {
    container,
    name,
    kind: 'BlockBlob',
    etag: nextEtag(),
    createdAt: time,
    modifiedAt: time,
    size: 0,
    properties: options.properties,
    metadata: options.metadata,
    piece: undefined,
    content: undefined,
    blocks: 0,
    state: {
      ...leaseAfterWrite(existing?.state.lease, time),
      ...(protection.versions && { version: nextStamp() }),
      ...(tags && Object.keys(tags).length > 0 && { tags }),
      ...(access && { access }),
    },
  }
}

/** Stores a row, and its tags in the index where they have changed. */
export async function putWithTags(rows: BlobRows, blob: BlobRow, before: BlobRow | undefined): Promise<void> {
  await rows.putBlob(blob)
  if (blob.state.tags ?? before?.state.tags) await rows.putTags(blob.container, blob.name, blob.state.tags)
}

/** Runs a write of received bytes: their file stays if it succeeds, and goes if it doesn't. */
export async function keeping<Result>(received: Received, write: () => Promise<Result>): Promise<Result> {
  try {
    const result = await write()
    received.file?.committed()
    return result
  } catch (error) {
    await received.file?.discard()
    throw error
  }
}

/** @throws ContainerNotFound, BlobNotFound, ConditionNotMet */
export function setMetadata(
  core: Core,
  at: BlobAddress,
  metadata: Readonly<Record<string, string>>,
  conditions: Conditions,
): Promise<BlobRow> {
  // A folder of a hierarchical account stays one.
  const said = (blob: BlobRow) => (blob.state.access && isFolder(blob) ? { ...metadata, [FOLDER]: 'true' } : metadata)
  return change(core, at, conditions, (blob) => ({ ...blob, metadata: said(blob) }), { makesVersion: true })
}

/**
 * Says anew what a blob's content is: what is not said is forgotten, as Azure does.
 *
 * @throws ContainerNotFound, BlobNotFound, ConditionNotMet
 */
export function setProperties(
  core: Core,
  at: BlobAddress,
  properties: BlobProperties,
  conditions: Conditions,
): Promise<BlobRow> {
  return change(core, at, conditions, (blob) => {
    const { tier, copy } = blob.properties
    return { ...blob, properties: { ...properties, ...(tier && { tier }), ...(copy && { copy }) } }
  })
}

/**
 * Changes what is said of a blob, not its bytes. A Set Blob Metadata makes a version where they are kept.
 *
 * @throws ContainerNotFound, BlobNotFound, ConditionNotMet
 */
export async function change(
  core: Core,
  at: BlobAddress,
  conditions: Conditions,
  to: (blob: BlobRow, time: number) => BlobRow,
  { makesVersion = false, keepsEtag = false }: { readonly makesVersion?: boolean; readonly keepsEtag?: boolean } = {},
): Promise<BlobRow> {
  const { versions } = await core.protection(at.account)
  return core.rows.write(async (rows) => {
    const blob = await blobFor(rows, at)
    const time = core.now().getTime()
    demandForWrite(blob, conditions, { now: time })
    if (versions && makesVersion) await keepCopy(core, rows, blob)
    const { lease, ...state } = blob.state
    const made = to({ ...blob, state: { ...state, ...leaseAfterWrite(lease, time) } }, time)
    const changed: BlobRow = {
      ...made,
      ...(!keepsEtag && { etag: core.nextEtag(), modifiedAt: time }),
      ...(versions && makesVersion && { state: { ...made.state, version: core.nextStamp() } }),
    }
    await putWithTags(rows, changed, blob)
    return changed
  })
}
