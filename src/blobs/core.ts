import type { BlobProperties, BlobStore } from '../store/blobs.ts'
import type { Conditions } from './conditions.ts'
import type { HeldNames } from './held-names.ts'
import type { PieceFiles } from './piece-files.ts'
import type { Pins } from './pins.ts'
import type { Seals } from './seals.ts'

/** What an account keeps of what is overwritten and deleted. */
export interface Protection {
  readonly versions: boolean
  /** Days for which deleted blobs may be restored; undefined where they are gone at once. */
  readonly blobDays: number | undefined
  readonly containerDays: number | undefined
  /** Snapshots and versions in that time may be deleted for good. */
  readonly permanentDelete: boolean
  /** Names are paths: every folder is a row, and there is nothing in a folder that is not there. */
  readonly hierarchical: boolean
}

/** What the rules of the blob service are built with. */
export interface Core {
  readonly rows: BlobStore
  readonly files: PieceFiles
  readonly pins: Pins
  readonly seals: Seals
  readonly now: () => Date
  readonly nextEtag: () => string
  /** Names for snapshots and versions: times, each later than the last. */
  readonly nextStamp: () => string
  readonly heldNames: HeldNames
  readonly protection: (account: string) => Promise<Protection>
}

/** A blob by its names. */
export interface BlobAddress {
  readonly account: string
  readonly container: string
  readonly name: string
  /** A snapshot of it. */
  readonly snapshot?: string
  /** A version of it, the current one too. */
  readonly version?: string
}

/** How a blob is written: what is said of it, and what must hold. */
export interface WriteOptions {
  readonly properties: BlobProperties
  readonly metadata: Readonly<Record<string, string>>
  readonly tags?: Readonly<Record<string, string>>
  /** Whose it is, in a hierarchical account. */
  readonly owner?: string
  readonly conditions?: Conditions
}
