import { Readable } from 'node:stream'
import { fault, isFault } from '../faults.ts'
import type { BlobProperties, BlobRow, BlobRows } from '../store/blobs.ts'
import { openBlob } from './blob-reads.ts'
import { keeping, replace } from './blob-writes.ts'
import { type Conditions, demandForRead } from './conditions.ts'
import { addReceived, type Content, contentAsSegments, dropPiece, shareContent } from './contents.ts'
import type { BlobAddress, Core } from './core.ts'
import { type Received, receive } from './receive.ts'

/** What one nonce is enough for. */
const TAKEN_BYTES = 64 * 1024 ** 3

export interface CopyOptions {
  /** Left out: the source's. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Laid over the source's. */
  readonly properties?: BlobProperties
  /** `copy` takes the source's with it. */
  readonly tags?: Readonly<Record<string, string>> | 'copy'
  readonly conditions?: Conditions
  readonly sourceConditions?: Conditions
  /** What is told of the copy with the blob. */
  readonly copy: { readonly id: string; readonly source: string }
  readonly sealed?: boolean
}

/**
 * Makes a blob of another's bytes, of a snapshot's or version's. Nothing is copied: both name the same pieces, which
 * don't change, so neither blob can feel the other. Only where a customer's key seals one of two accounts, bytes are
 * opened and sealed anew.
 *
 * @throws CannotVerifyCopySource, SourceConditionNotMet, BlobArchived, and as `putBlob`
 */
export async function copyBlob(core: Core, from: BlobAddress, to: BlobAddress, options: CopyOptions): Promise<BlobRow> {
  const { conditions } = options
  const source = await copySource(core, from, to.account, options.sourceConditions)
  const make = () =>
    replace(
      core,
      to,
      // Shared before what is at the target goes: that may be the source itself.
      { properties: {}, metadata: {}, ...(conditions && { conditions }), before: source.share },
      async (rows, blank, free) => {
        if (free !== undefined) await dropPiece(rows, free)
        const { kind, size, blocks, shared, metadata, properties, state } = source.row()
        const tags = options.tags === 'copy' ? state.tags : options.tags
        return {
          ...blank,
          ...shared,
          kind,
          size,
          blocks,
          metadata: options.metadata ?? metadata,
          properties: { ...properties, ...options.properties, copy: { ...options.copy, at: blank.modifiedAt } },
          state: {
            ...blank.state,
            ...(tags && Object.keys(tags).length > 0 && { tags }),
            ...(state.sequence !== undefined && { sequence: state.sequence }),
            ...(options.sealed && { sealed: true as const }),
          },
        }
      },
    )
  return source.keeping(make)
}

/** What a copy is made of: read, checked and shared within the write that makes the copy. */
export interface CopySource {
  /** @throws CannotVerifyCopySource, SourceConditionNotMet, BlobArchived */
  readonly share: (rows: BlobRows) => Promise<void>
  /** What was shared. */
  readonly row: () => BlobRow & { readonly shared: Content }
  /** Runs the write that makes the copy: bytes that were taken over stay if it succeeds, and go if it doesn't. */
  readonly keeping: <Result>(write: () => Promise<Result>) => Promise<Result>
}

/** `account` is the target's. @throws CannotVerifyCopySource, KeyVaultEncryptionKeyNotFound */
export async function copySource(
  core: Core,
  from: BlobAddress,
  account: string,
  conditions: Conditions = {},
): Promise<CopySource> {
  const taken = core.seals.mayShare(from.account, account) ? undefined : await takeOver(core, from, account)
  let found: (BlobRow & { readonly shared: Content }) | undefined
  return {
    async share(rows) {
      const row = await sourceRow(rows, from)
      demandSource(core, row, conditions)
      if (taken && taken.etag !== row.etag) throw fault('SourceConditionNotMet')
      found = { ...row, shared: await (taken ? addTaken(rows, row, taken.received) : shareContent(rows, row)) }
    },
    keeping: (write) => (taken ? keeping(taken.received, write) : write()),
    row() {
      if (!found) throw new Error('The source of a copy was not read')
      return found
    },
  }
}

/** A source's bytes, opened and sealed as the other account seals them. */
async function takeOver(
  core: Core,
  from: BlobAddress,
  account: string,
): Promise<{ readonly etag: string; readonly received: Received }> {
  const opened = await openBlob(core, from).catch((cause: unknown) => {
    throw isFault(cause) && cause.status === 404 ? fault('CannotVerifyCopySource', {}, { cause }) : cause
  })
  try {
    const { size, etag } = opened.blob
    const bytes = Readable.from(opened.chunks(0, size, true), { objectMode: false })
    return { etag, received: await receive(bytes, core.files, { limit: TAKEN_BYTES, seal: core.seals.begin(account) }) }
  } finally {
    opened.close()
  }
}

/** One piece of all of it; a kind that grows or has gaps names it by a segment. */
async function addTaken(rows: BlobRows, { kind, size }: BlobRow, received: Received): Promise<Content> {
  const one: Content = { piece: await addReceived(rows, received), content: undefined }
  if (kind === 'BlockBlob') return one
  return { piece: undefined, content: await contentAsSegments(rows, { ...one, size }) }
}

/** @throws CannotVerifyCopySource, BlobArchived */
async function sourceRow(rows: BlobRows, from: BlobAddress): Promise<BlobRow> {
  const stamp = from.snapshot ?? from.version
  const current = await rows.find(from.account, from.container, from.name)
  const isPast = stamp !== undefined && current?.state.version !== stamp
  const found = isPast ? await rows.findPast(from.account, from.container, from.name, stamp) : current
  if (!found || found.past?.deletedAt !== undefined) throw fault('CannotVerifyCopySource')
  if (found.properties.tier === 'Archive') throw fault('BlobArchived')
  return found
}

function demandSource(core: Core, source: BlobRow, conditions: Conditions = {}): void {
  try {
    demandForRead(source, conditions, { now: core.now().getTime() })
  } catch (cause) {
    throw fault('SourceConditionNotMet', {}, { cause })
  }
}
