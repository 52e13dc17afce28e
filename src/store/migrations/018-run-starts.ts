import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/** When a run began, per experiment: the order in which MLflow lists runs. 0 for runs of sealed workspaces. */
export const runStarts: Migration = {
  number: 18,
  name: 'run-starts',
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
}

const statements = [
  'alter table runs add column started integer not null default 0',
  `update runs set started = coalesce((select value from run_values where run = runs.seq and key = 'a start'), 0)`,
  'create index runs_started on runs (workspace, experiment_id, started desc, id_key)',
]
