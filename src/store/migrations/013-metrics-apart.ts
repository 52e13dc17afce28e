import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/** Metrics stand in a file of their own: the numbers of removed runs are kept until their points are gone there too. */
export const metricsApart: Migration = {
  number: 13,
  name: 'metrics-apart',
  async up(db) {
    await sql.raw('create table metric_garbage (run integer primary key not null)').execute(db)
    await sql
      .raw(
        'create trigger runs_removed after delete on runs begin insert or ignore into metric_garbage values (old.seq); end',
      )
      .execute(db)
  },
}
