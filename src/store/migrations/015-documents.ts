import type { Migration } from './migration.ts'

/** What MLflow keeps beside runs and metrics: traces, spans, webhooks, datasets, scorers. */
export const documents: Migration = {
  number: 15,
  name: 'documents',
  async up(db) {
    await db.schema
      .createTable('documents')
      .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('owner', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('body', 'text', (column) => column.notNull())
      .addUniqueConstraint('documents_id', ['workspace', 'kind', 'id'])
      .execute()
    const index = (name: string, columns: string[]) => db.schema.createIndex(name).on('documents').columns(columns)
    await index('documents_owner', ['workspace', 'kind', 'owner', 'at', 'seq']).execute()
    await index('documents_order', ['workspace', 'kind', 'at', 'seq']).execute()
    await index('documents_due', ['kind', 'at']).execute()
  },
}
