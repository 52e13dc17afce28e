import { type Kysely, sql } from 'kysely'
import type { Migration } from './migration.ts'

/** Resources, operations, identities, runs and metrics. */
export const base: Migration = {
  number: 1,
  name: 'base',
  async up(db) {
    await resources(db)
    await identities(db)
    await runs(db)
    await metrics(db)
  },
}

async function resources(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('resources')
    .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('key', 'text', (column) => column.notNull().unique())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('type_key', 'text', (column) => column.notNull())
    .addColumn('parent_key', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('name_key', 'text', (column) => column.notNull())
    .addColumn('listed', 'integer', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('secrets', 'text', (column) => column.notNull())
    .addColumn('provisioning_state', 'text', (column) => column.notNull())
    .addColumn('etag', 'text', (column) => column.notNull())
    .addColumn('system', 'text', (column) => column.notNull())
    .addColumn('deleted_at', 'text')
    .execute()
  await db.schema.createIndex('resources_type').on('resources').columns(['type_key', 'key']).execute()
  await db.schema.createIndex('resources_parent').on('resources').columns(['parent_key', 'type_key', 'key']).execute()
  await db.schema.createIndex('resources_name').on('resources').columns(['type_key', 'name_key']).execute()
  await db.schema
    .createTable('operations')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('resource_key', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('started_at', 'text', (column) => column.notNull())
    .addColumn('ended_at', 'text')
    .execute()
  await db.schema.createIndex('operations_status').on('operations').columns(['status', 'started_at']).execute()
}

async function identities(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('principals')
    .addColumn('object_id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('app_id', 'text', (column) => column.unique())
    .addColumn('display_name', 'text', (column) => column.notNull())
    .addColumn('resource_id', 'text')
    .addColumn('resource_key', 'text', (column) => column.unique())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('client_secrets')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('app_id', 'text', (column) => column.notNull())
    .addColumn('salt', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'text')
    .execute()
  await db.schema.createIndex('client_secrets_app').on('client_secrets').column('app_id').execute()
  await db.schema
    .createTable('signing_keys')
    .addColumn('kid', 'text', (column) => column.primaryKey().notNull())
    .addColumn('public_jwk', 'text', (column) => column.notNull())
    .addColumn('sealed_private_jwk', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('facts')
    .addColumn('name', 'text', (column) => column.primaryKey().notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute()
}

async function runs(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('experiments')
    .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('workspace', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('runs', 'integer', (column) => column.notNull().defaultTo(0))
    .addUniqueConstraint('experiments_id', ['workspace', 'id'])
    .addUniqueConstraint('experiments_name', ['workspace', 'name'])
    .execute()
  await db.schema
    .createTable('runs')
    .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('workspace', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('id_key', 'text', (column) => column.notNull())
    .addColumn('experiment_id', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('parent_key', 'text')
    .addColumn('root_key', 'text', (column) => column.notNull())
    .addColumn('compute_key', 'text')
    .addColumn('hidden', 'integer', (column) => column.notNull())
    .addColumn('deleted', 'integer', (column) => column.notNull())
    .addColumn('open', 'integer', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addUniqueConstraint('runs_id', ['workspace', 'id_key'])
    .execute()
  await db.schema.createIndex('runs_order').on('runs').columns(['workspace', 'seq']).execute()
  await db.schema.createIndex('runs_experiment').on('runs').columns(['workspace', 'experiment_id', 'seq']).execute()
  await db.schema.createIndex('runs_parent').on('runs').columns(['workspace', 'parent_key', 'seq']).execute()
  await db.schema
    .createIndex('runs_open')
    .on('runs')
    .column('seq')
    .where('open' as never, '=', sql.lit(1))
    .execute()
}

async function metrics(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('metric_series')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('run', 'integer', (column) => column.notNull().references('runs.seq').onDelete('cascade'))
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('step', 'bigint', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('value', 'double precision', (column) => column.notNull())
    .addColumn('nan', 'integer', (column) => column.notNull())
    .addUniqueConstraint('metric_series_key', ['run', 'key'])
    .execute()
  // The whole point is the key: a client's retry adds nothing, and a series reads in order of step and time.
  await db.schema
    .createTable('metric_points')
    .addColumn('series', 'integer', (column) => column.notNull().references('metric_series.id').onDelete('cascade'))
    .addColumn('step', 'bigint', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('value', 'double precision', (column) => column.notNull())
    .addColumn('nan', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('metric_points_point', ['series', 'step', 'at', 'value', 'nan'])
    .modifyEnd(sql`without rowid`)
    .execute()
}
