import { type Kysely, sql } from 'kysely'
import type { Migration } from './migration.ts'

/**
 * Brings a database to the newest schema and answers its number. The caller holds a transaction around it.
 *
 * @throws Error where the database is newer than this program: going back would lose what it does not know
 */
export async function migrate<Tables>(db: Kysely<Tables>, steps: readonly Migration[]): Promise<number> {
  await sql`create table if not exists schema_steps (
    number integer primary key not null, name text not null, applied_at text not null)`.execute(db)
  const { rows } = await sql<{ number: number }>`select number from schema_steps order by number`.execute(db)
  const applied = new Set(rows.map((row) => row.number))
  const newest = steps.reduce((highest, step) => Math.max(highest, step.number), 0)
  const beyond = rows.find((row) => row.number > newest)
  if (beyond) {
    throw new Error(
      `The data directory has schema ${beyond.number}, and this version of Lazuli knows ${newest} at most. Start it with the version that wrote it, or a later one.`,
    )
  }
  for (const step of steps) {
    if (applied.has(step.number)) continue
    await step.up(db as unknown as Kysely<unknown>)
    await sql`insert into schema_steps (number, name, applied_at)
      values (${step.number}, ${step.name}, ${new Date().toISOString()})`.execute(db)
  }
  return newest
}
