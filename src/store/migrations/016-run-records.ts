import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/** Rows of typed metrics, events and spans of runs, in the order in which they came. */
export const runRecords: Migration = {
  number: 16,
  name: 'run-records',
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
}

const statements = [
  `create table run_records (
    seq integer primary key autoincrement, run integer not null, kind text not null, name text not null,
    id text not null, body text not null, unique (run, kind, name, id))`,
  'create index run_records_order on run_records (run, kind, name, seq)',
  'create index run_records_id on run_records (id)',
  'create trigger runs_records_removed after delete on runs begin delete from run_records where run = old.seq; end',
]
