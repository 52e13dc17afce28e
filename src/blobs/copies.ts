import { fault } from '../faults.ts'
import type { BlobProperties, BlobRow, BlobRows } from '../store/blobs.ts'
import { replace } from './blob-writes.ts'
import { type Conditions, demandForRead } from './conditions.ts'
import { type Content, dropPiece, shareContent } from './contents.ts'
import type { BlobAddress, Core } from './core.ts'

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
 * don't change, so neither blob can feel the other.
 *
 * @throws CannotVerifyCopySource, SourceConditionNotMet, BlobArchived, and as `putBlob`
 */
export async function copyBlob(core: Core, from: BlobAddress, to: BlobAddress, options: CopyOptions): Promise<BlobRow> {
  const { conditions } = options
  const source = copySource(core, from, options.sourceConditions)
  return replace(
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
}

/** What a copy is made of: read, checked and shared within the write that makes the copy. */
export interface CopySource {
  /** @throws CannotVerifyCopySource, SourceConditionNotMet, BlobArchived */
  readonly share: (rows: BlobRows) => Promise<void>
  /** What was shared. */
  readonly row: () => BlobRow & { readonly shared: Content }
}

export function copySource(core: Core, from: BlobAddress, conditions: Conditions = {}): CopySource {
  let found: (BlobRow & { readonly shared: Content }) | undefined
  return {
    async share(rows) {
      const row = await sourceRow(rows, from)
      demandSource(core, row, conditions)
      found = { ...row, shared: await shareContent(rows, row) }
    },
    row() {
      if (!found) throw new Error('The source of a copy was not read')
      return found
    },
  }
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
