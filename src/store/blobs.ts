/** A stored access policy of a container, which a SAS names by `si`. Times as they were sent. */
export interface AccessPolicy {
  readonly id: string
  readonly start?: string
  readonly expiry?: string
  readonly permissions?: string
}

/** A lease as it was last asked for; what it is by now is computed from the time. */
export interface Lease {
  readonly id: string
  /** Seconds; -1 for one without an end. */
  readonly duration: number
  /** When a lease with an end expires. */
  readonly expiresAt?: number
  /** When a lease that is being broken is broken. */
  readonly breaksAt?: number
}

/** A path's owner, group and access control list, as a hierarchical account has them. */
export interface PathAccess {
  readonly owner: string
  readonly group: string
  /** Entries separated by commas, `user::rwx,group::r-x,other::---`, with those for new children (`default:`). */
  readonly acl: string
}

/** What a blob has beside its content; absent for most. */
export interface BlobState {
  readonly lease?: Lease
  /** The id of the current version, where versions are kept. */
  readonly version?: string
  readonly tags?: Readonly<Record<string, string>>
  /** A page blob's. */
  readonly sequence?: number
  /** An append blob that takes no more. */
  readonly sealed?: true
  readonly tierChangedAt?: number
  readonly access?: PathAccess
  /** What the file service keeps of a file or directory. */
  readonly file?: Readonly<Record<string, string>>
}

/** A container's lease, and what the file service keeps of a share. */
export interface ContainerState {
  readonly lease?: Lease
  readonly access?: PathAccess
  readonly share?: Readonly<Record<string, string>>
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
  readonly state: ContainerState
}

/** A container that was deleted and may be restored. */
export interface DeletedContainer extends ContainerRow {
  readonly deletedAt: number
  readonly purgeAt: number
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
  readonly tier?: 'Hot' | 'Cool' | 'Cold' | 'Archive'
  readonly copy?: { readonly id: string; readonly source: string; readonly at: number }
}

/**
 * A blob's row. Its bytes are one piece (`piece`), a row of segments (`content`), or nothing: an empty blob has neither.
 */
export interface BlobRow {
  readonly container: number
  readonly name: string
  readonly kind: 'BlockBlob' | 'AppendBlob' | 'PageBlob'
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
  readonly state: BlobState
}

/** A state that a blob had. */
export interface PastBlob extends BlobRow {
  /** A time that no other state of the blob has, as snapshots and versions are named. */
  readonly stamp: string
  /** `base` is a blob that was deleted and may be restored. */
  readonly what: 'snapshot' | 'version' | 'base'
  readonly deletedAt: number | undefined
  readonly purgeAt: number | undefined
}

/** Where a piece's bytes are: in its row, or in the file of this name. */
export interface Piece {
  readonly id: number
  readonly size: number
  readonly file: string | undefined
}

/** A blob with what reading it takes, in one look. */
export interface FoundBlob extends BlobRow {
  /** Set where this is no blob of today but a state that it had. */
  readonly past?: Pick<PastBlob, 'stamp' | 'what' | 'deletedAt'>
  readonly publicAccess: 'container' | 'blob' | undefined
  /** The single piece's bytes, where they are in its row. */
  readonly bytes: Uint8Array | undefined
  readonly file: string | undefined
  /** How the single piece is opened, where it is sealed. */
  readonly sealed?: string | undefined
}

/** What stands at a name that is about to be written. */
export interface WriteTarget {
  readonly container: number
  readonly blob: BlobRow | undefined
  /** The blob's single piece has its bytes in its row, and nothing else names it. */
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
  /** Where the stretch begins within its piece. */
  readonly start: number
  /** How its piece is opened, where that is sealed. */
  readonly sealed?: string | undefined
}

/** The last segment of a content, with what else is known of its piece. */
export interface LastSegment extends Segment {
  readonly refs: number
  readonly pieceSize: number
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
  /** Whose a container is, also a deleted one. */
  accountOf(container: number): Promise<string | undefined>
  containers(account: string, range: NameRange): Promise<readonly ContainerRow[]>
  addContainer(container: Omit<ContainerRow, 'id'>): Promise<number>
  putContainer(container: ContainerRow): Promise<void>
  /** Takes the name away, so that it can be used again; what was inside is removed later. */
  hideContainer(id: number): Promise<void>
  /** Likewise, but keeps what was inside until `purgeAt`. */
  softDeleteContainer(container: ContainerRow, deletedAt: number, purgeAt: number): Promise<void>
  deletedContainers(account: string, range: NameRange): Promise<readonly DeletedContainer[]>
  /** Containers without a name whose time has come. */
  hiddenContainers(now: number): Promise<readonly number[]>
  removeContainer(id: number): Promise<void>

  blob(container: number, name: string): Promise<BlobRow | undefined>
  find(account: string, container: string, name: string): Promise<FoundBlob | undefined>
  /** What a write meets, in one look; undefined where there is no container. */
  target(account: string, container: string, name: string): Promise<WriteTarget | undefined>
  blobs(container: number, range: NameRange): Promise<readonly BlobRow[]>
  putBlob(blob: BlobRow): Promise<void>
  removeBlob(container: number, name: string): Promise<void>
  /** Gives every name below a folder, and the folder itself, another beginning. */
  renameFolder(
    container: number,
    from: string,
    to: { readonly container: number; readonly name: string },
  ): Promise<void>

  /** The states that a blob had, oldest first. */
  history(container: number, name: string): Promise<readonly PastBlob[]>
  findPast(account: string, container: string, name: string, stamp: string): Promise<FoundBlob | undefined>
  pastBlobs(container: number, range: NameRange & { readonly stamp?: string }): Promise<readonly PastBlob[]>
  putPast(blob: PastBlob): Promise<void>
  removePast(container: number, name: string, stamp: string): Promise<void>
  /** States whose time to be restored is over. */
  purgeable(now: number, limit: number): Promise<readonly PastBlob[]>

  /** Replaces a name's tags in the index. */
  putTags(container: number, name: string, tags: Readonly<Record<string, string>> | undefined): Promise<void>
  /** Names that have a tag, in order, after `after`. */
  tagged(
    container: number,
    tag: { readonly key: string; readonly value?: string },
    page: { readonly after: string; readonly limit: number },
  ): Promise<readonly string[]>

  /** `sealed` says how its bytes are opened, where they are not clear. */
  addPiece(piece: {
    readonly size: number
    readonly file?: string
    readonly bytes?: Uint8Array
    readonly sealed?: string
  }): Promise<number>
  piece(id: number): Promise<Piece | undefined>
  /** As they are kept: sealed, where the piece is. */
  pieceBytes(id: number): Promise<Uint8Array | undefined>
  /** Gives a piece that is kept in its row other bytes. */
  replacePiece(id: number, bytes: Uint8Array, sealed: string | undefined): Promise<void>
  /** Adds bytes to the end of a piece that is kept in its row. */
  extendPiece(id: number, bytes: Uint8Array): Promise<void>
  removePiece(id: number): Promise<void>
  /** One more row names the piece, or as many as said. */
  holdPiece(id: number, times?: number): Promise<void>
  /** So many rows fewer name it; answers how many are left, and its file. */
  releasePiece(id: number, times?: number): Promise<{ readonly refs: number; readonly file: string | undefined }>
  /** A number for a content that no piece may lend its own. */
  addMarker(): Promise<number>
  removeMarker(id: number): Promise<void>
  /** Whether a piece has its bytes in the file of this name. */
  hasFile(file: string): Promise<boolean>

  /** The segments that overlap `from` (inclusive) to `to` (exclusive), in order. */
  segments(content: number, from: number, to: number): Promise<readonly Segment[]>
  lastSegment(content: number): Promise<LastSegment | undefined>
  addSegment(content: number, segment: Omit<Segment, 'file' | 'start'> & { readonly start?: number }): Promise<void>
  removeSegment(content: number, at: number): Promise<void>
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
