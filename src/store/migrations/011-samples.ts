import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/** What was measured of resources, a row per resource and moment. */
export const samples: Migration = {
  number: 11,
  name: 'samples',
  async up(db) {
    await sql
      .raw(
        'create table samples (resource_key text not null, at text not null, body text not null, primary key (resource_key, at)) without rowid',
      )
      .execute(db)
    await sql.raw('create index samples_time on samples (at)').execute(db)
  },
}
