import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/** Data keys of workspaces and storage accounts with customer-managed keys, wrapped. */
export const dataKeys: Migration = {
  number: 10,
  name: 'data-keys',
  async up(db) {
    await sql.raw('create table data_keys (scope text primary key not null, body text not null)').execute(db)
  },
}
