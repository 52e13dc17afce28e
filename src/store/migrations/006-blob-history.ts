import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/**
 * Leases, versions, snapshots, what was deleted softly, tags; pages, which may begin within a piece; and how many rows
 * name a piece, since a snapshot shares its blob's bytes.
 */
export const blobHistory: Migration = {
  number: 6,
  name: 'blob-history',
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
}

const statements = [
  `alter table blobs add column state text`,
  `alter table blob_containers add column state text`,
  `alter table blob_containers add column deleted_name text`,
  `alter table blob_containers add column deleted_at bigint`,
  `alter table blob_containers add column purge_at bigint`,
  `create index blob_containers_deleted on blob_containers (account, deleted_name) where deleted_name is not null`,
  `alter table blob_segments add column start bigint not null default 0`,
  `alter table blob_pieces add column refs bigint not null default 1`,
  `update blob_pieces set refs = (select count(*) from blob_segments where piece = blob_pieces.id)
    where id in (select piece from blob_segments group by piece having count(*) > 1)`,
  `update blob_pieces set refs = 0 where id in (select piece from blob_garbage)`,
  `create table blob_history (
    container integer not null, name text not null, kind text not null, etag text not null,
    created_at bigint not null, modified_at bigint not null, size bigint not null,
    properties text not null, metadata text not null, piece integer, content integer, blocks integer not null,
    state text, stamp text not null, what text not null, deleted_at bigint, purge_at bigint,
    primary key (container, name, stamp)) without rowid`,
  `create index blob_history_purge on blob_history (purge_at) where purge_at is not null`,
  `create table blob_tags (
    container integer not null, tag text not null, value text not null, name text not null,
    primary key (container, tag, value, name)) without rowid`,
  `create index blob_tags_name on blob_tags (container, name)`,
]
