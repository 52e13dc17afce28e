import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Tables } from '../sql/tables.ts'
import type { Migration } from './migration.ts'

/**
 * The directory: applications beside their service principals, groups and owners, names of secrets, and what signed-in
 * users hold. Every application of an older database gets its registration.
 */
export const directory: Migration = {
  number: 9,
  name: 'directory',
  async up(db) {
    await db.schema
      .alterTable('principals')
      .addColumn('details', 'text', (column) => column.notNull().defaultTo('{}'))
      .execute()
    for (const name of ['display_name', 'hint', 'starts_at']) {
      await db.schema.alterTable('client_secrets').addColumn(name, 'text').execute()
    }
    await db.schema
      .createTable('applications')
      .addColumn('object_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('app_id', 'text', (column) => column.notNull().unique())
      .addColumn('display_name', 'text', (column) => column.notNull())
      .addColumn('details', 'text', (column) => column.notNull())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .execute()
    await db.schema
      .createTable('directory_links')
      .addColumn('source', 'text', (column) => column.notNull())
      .addColumn('relation', 'text', (column) => column.notNull())
      .addColumn('target', 'text', (column) => column.notNull())
      .addColumn('detail', 'text', (column) => column.notNull())
      .addColumn('created_at', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('directory_links_key', ['source', 'relation', 'target', 'detail'])
      .execute()
    await db.schema.createIndex('directory_links_to').on('directory_links').columns(['target', 'relation']).execute()
    await makeGrants(db)
    await registerApplications(db as Kysely<Tables>)
  },
}

async function makeGrants(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('grants')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('family', 'text', (column) => column.notNull())
    .addColumn('user_code', 'text', (column) => column.unique())
    .addColumn('subject', 'text')
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'text', (column) => column.notNull())
    .addColumn('used_at', 'text')
    .execute()
  for (const column of ['family', 'subject', 'expires_at']) {
    await db.schema.createIndex(`grants_${column}`).on('grants').column(column).execute()
  }
}

async function registerApplications(db: Kysely<Tables>): Promise<void> {
  const known = await db.selectFrom('principals').selectAll().where('kind', '=', 'Application').execute()
  for (const { app_id, display_name, created_at } of known) {
    if (app_id === null) continue
    await db
      .insertInto('applications')
      .values({ object_id: randomUUID(), app_id, display_name, details: '{}', created_at })
      .execute()
  }
}
