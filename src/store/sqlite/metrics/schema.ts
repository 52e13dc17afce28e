import type { Connection } from '../connection.ts'

/** What the file of metrics is called in a data directory. */
export const METRICS_FILE = 'metrics.db'

const SCHEMA = 1

/**
 * Names of metrics as numbers; per run and name what is asked for without the points (latest, extremes, how many); and
 * the points in chunks. A run is its row's number in the main database, which is never used twice. A series of one point
 * has no chunk: the point is its latest.
 */
const statements = [
  'create table metric_keys (id integer primary key, name text not null unique)',
  `create table series (
    run integer not null, key integer not null, points integer not null, step integer not null, at integer not null,
    value real, low real, high real, next integer not null, open integer not null, open_points integer not null,
    primary key (run, key)) without rowid`,
  'create index series_value on series (key, value, run)',
  `create table chunks (
    run integer not null, key integer not null, seq integer not null, points integer not null, full integer not null,
    first_step integer not null, first_at integer not null, last_step integer not null, last_at integer not null,
    packed blob not null, primary key (run, key, seq)) without rowid`,
]

/**
 * Makes the tables where they are missing.
 *
 * @throws Error where the file is of a later version of Lazuli
 */
export function prepareMetrics(connection: Connection): void {
  const [row] = connection.execute<{ user_version: number }>('PRAGMA user_version', []).rows
  const found = row?.user_version ?? 0
  if (found > SCHEMA) {
    throw new Error(`${METRICS_FILE} has schema ${found}, and this version of Lazuli knows ${SCHEMA} at most.`)
  }
  if (found === SCHEMA) return
  // Before the first table: space that deletes leave is given back a slice at a time.
  connection.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  connection.exec(`BEGIN IMMEDIATE; ${statements.join('; ')}; PRAGMA user_version = ${SCHEMA}; COMMIT`)
}
