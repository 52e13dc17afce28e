/** A piece with how often it is named, as the rows say and as they are. */
export interface CountedPiece {
  readonly id: number
  readonly size: number
  readonly file: string | undefined
  /** Bytes in the row; undefined where they are in a file. */
  readonly inRow: number | undefined
  readonly refs: number
  readonly named: number
  readonly isGarbage: boolean
}

/** A blob, or a state that one had, in words for people. */
export interface NamedBlob {
  readonly account: string
  readonly container: string
  readonly name: string
  readonly stamp: string | undefined
}

/**
 * What `lazuli doctor` asks of the blob service's rows, while no server runs. Lists hold at most `limit` entries.
 */
export interface BlobChecks {
  /** Everything that the database itself finds wrong with its file; empty where nothing is. */
  integrity(): Promise<readonly string[]>
  pieces(after: number, limit: number): Promise<readonly CountedPiece[]>
  /** Blobs that name a piece which is not there. */
  withoutPiece(limit: number): Promise<readonly NamedBlob[]>
  /** Blobs whose segments do not add up to their size, or overlap, or reach beyond their piece. */
  misjoined(limit: number): Promise<readonly NamedBlob[]>
  /** Contents and numbers of contents that no blob has. */
  strayContents(limit: number): Promise<readonly number[]>
  /** Names whose tags the index does not have, or has where there are none. */
  mistagged(limit: number): Promise<readonly { readonly container: number; readonly name: string }[]>
  /** The blob that a piece belongs to, for a message. */
  ownerOf(piece: number): Promise<NamedBlob | undefined>

  setRefs(piece: number, refs: number): Promise<void>
  removeContent(content: number): Promise<void>
}
