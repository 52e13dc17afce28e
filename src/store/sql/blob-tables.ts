import type { Generated } from 'kysely'

/** The blob service's tables. Names are kept as sent and compare by their bytes; times are milliseconds since 1970. */
export interface BlobTables {
  blob_containers: BlobContainerRow
  blobs: BlobTableRow
  blob_history: BlobHistoryRow
  blob_tags: { container: number; tag: string; value: string; name: string }
  blob_pieces: {
    id: Generated<number>
    size: number
    file: string | null
    bytes: Uint8Array | null
    sealed: string | null
    /** How many rows name it: blobs, history, segments and blocks. */
    refs: Generated<number>
  }
  blob_segments: {
    content: number
    at: number
    size: number
    piece: number
    block: string | null
    start: Generated<number>
  }
  blob_blocks: { container: number; name: string; block: string; piece: number; size: number; at: number }
  blob_garbage: { piece: number }
}

export interface BlobContainerRow {
  id: Generated<number>
  account: string
  /** Null once deleted, until what was inside is gone too. */
  name: string | null
  etag: string
  created_at: number
  modified_at: number
  public_access: string | null
  metadata: string
  policies: string
  state: string | null
  /** The name that a container had which may be restored until `purge_at`. */
  deleted_name: string | null
  deleted_at: number | null
  purge_at: number | null
}

export interface BlobTableRow {
  container: number
  name: string
  kind: string
  etag: string
  created_at: number
  modified_at: number
  size: number
  properties: string
  metadata: string
  piece: number | null
  content: number | null
  blocks: number
  state: string | null
}

/** A state that a blob had: a snapshot, a version, or what was deleted and may be restored until `purge_at`. */
export interface BlobHistoryRow extends BlobTableRow {
  stamp: string
  what: string
  deleted_at: number | null
  purge_at: number | null
}
