import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/** Points that a write of the main database promised, until they are in the file of metrics. */
export const pendingPoints: Migration = {
  number: 17,
  name: 'pending-points',
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
}

const statements = [
  'create table pending_points (id integer primary key autoincrement, run integer not null, keys text not null, cells blob not null)',
  'create trigger runs_pending_removed after delete on runs begin delete from pending_points where run = old.seq; end',
]
