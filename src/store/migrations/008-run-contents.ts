import type { Migration } from './migration.ts'

/** What a run follows from, so that a pipeline finds the step that has done the same before. */
export const runContents: Migration = {
  number: 8,
  name: 'run-contents',
  async up(db) {
    await db.schema.alterTable('runs').addColumn('content_key', 'text').execute()
    await db.schema.alterTable('runs').addColumn('content_family', 'text').execute()
    for (const column of ['content_key', 'content_family']) {
      await db.schema
        .createIndex(`runs_${column}`)
        .on('runs')
        .columns(['workspace', column])
        .where(column, 'is not', null)
        .execute()
    }
  },
}
