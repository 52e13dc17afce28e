import type { AccessPolicy, BlobProperties, BlobRow, ContainerRow, PendingBlock, Piece, Segment } from '../blobs.ts'
import type { BlobContainerRow, BlobTableRow } from './blob-tables.ts'

export const containerColumns = (container: Omit<ContainerRow, 'id'>) => ({
  account: container.account,
  name: container.name,
  etag: container.etag,
  created_at: container.createdAt,
  modified_at: container.modifiedAt,
  public_access: container.publicAccess ?? null,
  metadata: JSON.stringify(container.metadata),
  policies: JSON.stringify(container.policies),
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
})

export const blobOf = (row: BlobTableRow): BlobRow => ({
  container: row.container,
  name: row.name,
  kind: row.kind === 'AppendBlob' ? 'AppendBlob' : 'BlockBlob',
  etag: row.etag,
  createdAt: row.created_at,
  modifiedAt: row.modified_at,
  size: row.size,
  properties: JSON.parse(row.properties) as BlobProperties,
  metadata: row.metadata === '{}' ? {} : (JSON.parse(row.metadata) as Record<string, string>),
  piece: row.piece ?? undefined,
  content: row.content ?? undefined,
  blocks: row.blocks,
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
}): Segment => ({ ...row, block: row.block ?? undefined, file: row.file ?? undefined })

export const pendingOf = (row: { block: string; piece: number; size: number; file: string | null }): PendingBlock => ({
  ...row,
  file: row.file ?? undefined,
})
