/** A stored access policy of a container, which a SAS names by `si`. Times as they were sent. */
export interface AccessPolicy {
  readonly id: string
  readonly start?: string
  readonly expiry?: string
  readonly permissions?: string
}

export interface ContainerRow {
  readonly id: number
  readonly account: string
  readonly name: string
  readonly etag: string
  /** Milliseconds since 1970, as all times here. */
  readonly createdAt: number
  readonly modifiedAt: number
  readonly publicAccess: 'container' | 'blob' | undefined
  readonly metadata: Readonly<Record<string, string>>
  readonly policies: readonly AccessPolicy[]
}

/** What a client said of a blob's content, and what is told back with it. */
export interface BlobProperties {
  readonly contentType?: string
  readonly contentEncoding?: string
  readonly contentLanguage?: string
  readonly contentDisposition?: string
  readonly cacheControl?: string
  /** Base64. */
  readonly contentMd5?: string
  /** Set where the client named one. */
  readonly tier?: 'Hot' | 'Cool' | 'Cold'
  readonly copy?: { readonly id: string; readonly source: string; readonly at: number }
}

/**
 * A blob's row. Its bytes are one piece (`piece`), a row of segments (`content`), or nothing: an empty blob has neither.
 */
export interface BlobRow {
  readonly container: number
  readonly name: string
  readonly kind: 'BlockBlob' | 'AppendBlob'
  readonly etag: string
  readonly createdAt: number
  readonly modifiedAt: number
  readonly size: number
  readonly properties: BlobProperties
  readonly metadata: Readonly<Record<string, string>>
  readonly piece: number | undefined
  readonly content: number | undefined
  /** How many segments were appended; 0 for a block blob. */
  readonly blocks: number
}

/** Where a piece's bytes are: in its row, or in the file of this name. */
export interface Piece {
  readonly id: number
  readonly size: number
  readonly file: string | undefined
}

/** A blob with what reading it takes, in one look. */
export interface FoundBlob extends BlobRow {
  readonly publicAccess: 'container' | 'blob' | undefined
  /** The single piece's bytes, where they are in its row. */
  readonly bytes: Uint8Array | undefined
  readonly file: string | undefined
}

/** What stands at a name that is about to be written. */
export interface WriteTarget {
  readonly container: number
  readonly blob: BlobRow | undefined
  /** The blob's single piece has its bytes in its row. */
  readonly inRow: boolean
  readonly hasBlocks: boolean
}

/** A stretch of a blob's content. `block` is the id that it was committed by. */
export interface Segment {
  readonly at: number
  readonly size: number
  readonly piece: number
  readonly file: string | undefined
  readonly block: string | undefined
}

/** A block that waits for its block list. */
export interface PendingBlock {
  readonly block: string
  readonly piece: number
  readonly size: number
  readonly file: string | undefined
}

export interface NameRange {
  readonly prefix?: string
  /** Only names from this one on; after it, where `exclusive`. */
  readonly from?: string
  readonly exclusive?: boolean
  readonly limit: number
}

/** Rows of the blob service, by noun. The rules stand in `src/blobs`; nothing here checks anything. */
export interface BlobRows {
  container(account: string, name: string): Promise<ContainerRow | undefined>
  containers(account: string, range: NameRange): Promise<readonly ContainerRow[]>
  addContainer(container: Omit<ContainerRow, 'id'>): Promise<number>
  putContainer(container: ContainerRow): Promise<void>
  /** Takes the name away, so that it can be used again; what was inside is removed later. */
  hideContainer(id: number): Promise<void>
  hiddenContainers(): Promise<readonly number[]>
  removeContainer(id: number): Promise<void>

  blob(container: number, name: string): Promise<BlobRow | undefined>
  find(account: string, container: string, name: string): Promise<FoundBlob | undefined>
  /** What a write meets, in one look; undefined where there is no container. */
  target(account: string, container: string, name: string): Promise<WriteTarget | undefined>
  blobs(container: number, range: NameRange): Promise<readonly BlobRow[]>
  putBlob(blob: BlobRow): Promise<void>
  removeBlob(container: number, name: string): Promise<void>

  addPiece(piece: { readonly size: number; readonly file?: string; readonly bytes?: Uint8Array }): Promise<number>
  piece(id: number): Promise<Piece | undefined>
  pieceBytes(id: number): Promise<Uint8Array | undefined>
  /** Gives a piece that is kept in its row other bytes. */
  replacePiece(id: number, bytes: Uint8Array): Promise<void>
  /** Adds bytes to the end of a piece that is kept in its row. */
  extendPiece(id: number, bytes: Uint8Array): Promise<void>
  removePiece(id: number): Promise<void>
  /** Whether a piece has its bytes in the file of this name. */
  hasFile(file: string): Promise<boolean>

  /** The segments that overlap `from` (inclusive) to `to` (exclusive), in order. */
  segments(content: number, from: number, to: number): Promise<readonly Segment[]>
  lastSegment(content: number): Promise<Segment | undefined>
  addSegment(content: number, segment: Omit<Segment, 'file'>): Promise<void>
  growSegment(content: number, at: number, by: number): Promise<void>
  removeSegments(content: number): Promise<void>

  /** Blocks of a name in the order of their ids. */
  blocks(container: number, name: string): Promise<readonly PendingBlock[]>
  anyBlock(container: number, name: string): Promise<PendingBlock | undefined>
  block(container: number, name: string, block: string): Promise<PendingBlock | undefined>
  putBlock(container: number, name: string, block: Omit<PendingBlock, 'file'>, at: number): Promise<void>
  removeBlocks(container: number, name: string): Promise<void>
  /** Names that have blocks and no blob yet. */
  uncommitted(container: number, range: NameRange): Promise<readonly string[]>
  /** Names with blocks of which none is newer than `before`. */
  staleBlocks(before: number, limit: number): Promise<readonly { readonly container: number; readonly name: string }[]>

  /** Notes that a piece is to be removed with its file once nobody reads it. */
  addGarbage(piece: number): Promise<void>
  garbage(after: number, limit: number): Promise<readonly Piece[]>
  removeGarbage(piece: number): Promise<void>
}

/** The blob service's state: reads see what is committed, `write` is one atomic part of a group commit. */
export interface BlobStore extends BlobRows {
  /** Runs `work` as one atomic part. Inside, await nothing but the rows handed in. */
  write<Result>(work: (within: BlobRows) => Promise<Result>): Promise<Result>
}
