import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/**
 * Containers and blobs. A blob's row is small and holds no bytes, so that a page of a listing reads few pages of the
 * database whatever the blobs hold; the bytes of small ones are in `blob_pieces`.
 */
export const blobs: Migration = {
  number: 2,
  name: 'blobs',
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
}

const statements = [
  `create table blob_containers (
    id integer primary key autoincrement, account text not null, name text, etag text not null,
    created_at bigint not null, modified_at bigint not null, public_access text,
    metadata text not null, policies text not null, unique (account, name))`,
  `create table blobs (
    container integer not null, name text not null, kind text not null, etag text not null,
    created_at bigint not null, modified_at bigint not null, size bigint not null,
    properties text not null, metadata text not null, piece integer, content integer, blocks integer not null,
    primary key (container, name)) without rowid`,
  `create table blob_pieces (
    id integer primary key autoincrement, size bigint not null, file text, bytes blob)`,
  `create unique index blob_pieces_file on blob_pieces (file) where file is not null`,
  `create table blob_segments (
    content integer not null, at bigint not null, size bigint not null, piece integer not null, block text,
    primary key (content, at)) without rowid`,
  `create table blob_blocks (
    container integer not null, name text not null, block text not null, piece integer not null,
    size bigint not null, at bigint not null, primary key (container, name, block)) without rowid`,
  `create table blob_garbage (piece integer primary key not null)`,
]
