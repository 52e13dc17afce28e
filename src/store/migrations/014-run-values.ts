import { sql } from 'kysely'
import { valuesOf } from '../sql/run-values.ts'
import type { Migration } from './migration.ts'

/**
 * What runs are searched by, a row per value, found by run and by value. Runs of sealed workspaces have none: theirs are
 * read.
 */
export const runValues: Migration = {
  number: 14,
  name: 'run-values',
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db)
    let after = 0
    for (;;) {
      const { rows } = await sql<{ seq: number; body: string }>`select seq, body from runs
        where seq > ${after} order by seq limit 500`.execute(db)
      for (const { seq, body } of rows) {
        after = seq
        const run = JSON.parse(body)
        if (run.sealed !== undefined) continue
        for (const [key, value] of valuesOf(run)) {
          await sql`insert into run_values (run, key, value) values (${seq}, ${key}, ${value})`.execute(db)
        }
      }
      if (rows.length === 0) return
    }
  },
}

const statements = [
  // Values are texts or numbers, and stay what they are: the column has no type.
  'create table run_values (run integer not null, key text not null, value not null, primary key (run, key)) without rowid',
  'create index run_values_value on run_values (key, value, run)',
  'create trigger runs_values_removed after delete on runs begin delete from run_values where run = old.seq; end',
]
