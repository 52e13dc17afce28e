import type { Migration } from './migration.ts'

/**
 * Children newest first without a sort: `latest` of a container with many versions. The row's number, which orders
 * them, ends every index by itself.
 */
export const newestFirst: Migration = {
  number: 4,
  name: 'newest-first',
  async up(db) {
    await db.schema.createIndex('resources_newest').on('resources').columns(['parent_key', 'type_key']).execute()
  },
}
