import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/** The activity log: an event per row, read newest first, of one subscription. */
export const activities: Migration = {
  number: 7,
  name: 'activities',
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
}

const statements = [
  `create table activities (
    seq integer primary key autoincrement, id text not null, at text not null, subscription text not null,
    resource_group text not null, resource_key text not null, correlation_id text not null, caller text not null,
    status text not null, body text not null)`,
  'create index activities_order on activities (subscription, seq)',
  'create index activities_time on activities (at)',
  'create index activities_group on activities (subscription, resource_group, seq)',
  'create index activities_resource on activities (resource_key, seq)',
  'create index activities_correlation on activities (correlation_id, seq)',
]
