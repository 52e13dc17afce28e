import type {
  AccessPolicy,
  BlobProperties,
  BlobRow,
  BlobState,
  ContainerRow,
  ContainerState,
  PastBlob,
  PendingBlock,
  Piece,
  Segment,
} from '../blobs.ts'
import type { BlobContainerRow, BlobHistoryRow, BlobTableRow } from './blob-tables.ts'

export const containerColumns = (container: Omit<ContainerRow, 'id'>) => ({
  account: container.account,
  name: container.name,
  etag: container.etag,
  created_at: container.createdAt,
  modified_at: container.modifiedAt,
  public_access: container.publicAccess ?? null,
  metadata: JSON.stringify(container.metadata),
  policies: JSON.stringify(container.policies),
  state: stateText(container.state),
})

export const containerOf = (row: Omit<BlobContainerRow, 'id'> & { id: number }): ContainerRow => ({
  id: row.id,
  account: row.account,
  name: row.name ?? '',
  etag: row.etag,
  createdAt: row.created_at,
  modifiedAt: row.modified_at,
  publicAccess: row.public_access === 'container' || row.public_access === 'blob' ? row.public_access : undefined,
  metadata: row.metadata === '{}' ? {} : (JSON.parse(row.metadata) as Record<string, string>),
  policies: row.policies === '[]' ? [] : (JSON.parse(row.policies) as AccessPolicy[]),
  state: row.state === null ? {} : (JSON.parse(row.state) as ContainerState),
})

/** In the order of the table's columns: the compiled upsert binds by it. */
export const columnsOf = (blob: BlobRow): BlobTableRow => ({
  container: blob.container,
  name: blob.name,
  kind: blob.kind,
  etag: blob.etag,
  created_at: blob.createdAt,
  modified_at: blob.modifiedAt,
  size: blob.size,
  properties: JSON.stringify(blob.properties),
  metadata: JSON.stringify(blob.metadata),
  piece: blob.piece ?? null,
  content: blob.content ?? null,
  blocks: blob.blocks,
  state: stateText(blob.state),
})

/** Null for nothing: what most rows have. */
function stateText(state: BlobState | ContainerState): string | null {
  const text = JSON.stringify(state)
  return text === '{}' ? null : text
}

export const pastColumnsOf = (blob: PastBlob): BlobHistoryRow => ({
  ...columnsOf(blob),
  stamp: blob.stamp,
  what: blob.what,
  deleted_at: blob.deletedAt ?? null,
  purge_at: blob.purgeAt ?? null,
})

export const pastOf = (row: BlobHistoryRow): PastBlob => ({
  ...blobOf(row),
  stamp: row.stamp,
  what: row.what === 'snapshot' || row.what === 'version' ? row.what : 'base',
  deletedAt: row.deleted_at ?? undefined,
  purgeAt: row.purge_at ?? undefined,
})

export const blobOf = (row: BlobTableRow): BlobRow => ({
  container: row.container,
  name: row.name,
  kind: row.kind === 'AppendBlob' || row.kind === 'PageBlob' ? row.kind : 'BlockBlob',
  etag: row.etag,
  createdAt: row.created_at,
  modifiedAt: row.modified_at,
  size: row.size,
  properties: JSON.parse(row.properties) as BlobProperties,
  metadata: row.metadata === '{}' ? {} : (JSON.parse(row.metadata) as Record<string, string>),
  piece: row.piece ?? undefined,
  content: row.content ?? undefined,
  blocks: row.blocks,
  state: row.state === null ? {} : (JSON.parse(row.state) as BlobState),
})

export const pieceOf = (row: { id: number; size: number; file: string | null }): Piece => ({
  ...row,
  file: row.file ?? undefined,
})

export const segmentOf = (row: {
  at: number
  size: number
  piece: number
  block: string | null
  file: string | null
  start: number
  sealed: string | null
}): Segment => ({
  ...row,
  block: row.block ?? undefined,
  file: row.file ?? undefined,
  sealed: row.sealed ?? undefined,
})

export const pendingOf = (row: { block: string; piece: number; size: number; file: string | null }): PendingBlock => ({
  ...row,
  file: row.file ?? undefined,
})
