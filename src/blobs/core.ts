import type { BlobProperties, BlobStore } from '../store/blobs.ts'
import type { Conditions } from './conditions.ts'
import type { PieceFiles } from './piece-files.ts'
import type { Pins } from './pins.ts'

/** What the rules of the blob service are built with. */
export interface Core {
  readonly rows: BlobStore
  readonly files: PieceFiles
  readonly pins: Pins
  readonly now: () => Date
  readonly nextEtag: () => string
}

/** A blob by its names. */
export interface BlobAddress {
  readonly account: string
  readonly container: string
  readonly name: string
}

/** How a blob is written: what is said of it, and what must hold. */
export interface WriteOptions {
  readonly properties: BlobProperties
  readonly metadata: Readonly<Record<string, string>>
  readonly conditions?: Conditions
}

/** A new version of something that has an entity tag. */
export interface Stamp {
  readonly etag: string
  readonly modifiedAt: number
}
