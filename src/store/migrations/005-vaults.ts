import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/** Secrets, keys and certificates of key vaults. What is secret of them stands sealed beside the rest. */
export const vaults: Migration = {
  number: 5,
  name: 'vaults',
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
}

const statements = [
  `create table vault_objects (
    vault text not null, kind text not null, name_key text not null, name text not null, version text not null,
    body text not null, deleted_at text, purge_at text, primary key (vault, kind, name_key)) without rowid`,
  `create index vault_objects_purge on vault_objects (purge_at) where purge_at is not null`,
  `create table vault_versions (
    seq integer primary key autoincrement, vault text not null, kind text not null, name_key text not null,
    version text not null, name text not null, body text not null, sealed text,
    unique (vault, kind, name_key, version))`,
  `create index vault_versions_order on vault_versions (vault, kind, name_key, seq)`,
]
