import { sql } from 'kysely'
import type { Database, Session } from '../sql/session.ts'

const BATCH = 500

interface Table {
  readonly name: string
  /** The columns of its key, in order. */
  readonly key: readonly string[]
  readonly texts: readonly string[]
}

/**
 * Hands every text of the database to `rewrap`, and writes those that it changes: what is sealed may stand in any column,
 * alone or inside of JSON. Answers how many rows changed. Writers go on meanwhile.
 */
export async function resealAll(database: Database, rewrap: (text: string) => string): Promise<number> {
  let changed = 0
  for (const table of await tablesOf(database.read)) {
    let after: readonly unknown[] | undefined
    do {
      const rows = await page(database.read, table, after)
      const wanted = rows.filter((row) => Object.keys(changesOf(table, row, rewrap)).length > 0)
      for (const row of wanted) changed += await database.write((session) => rewrite(session, { table, row, rewrap }))
      const last = rows.at(-1)
      after = rows.length === BATCH && last ? table.key.map((column) => last[column]) : undefined
    } while (after)
  }
  return changed
}

type Row = Readonly<Record<string, unknown>>

async function tablesOf({ db }: Session): Promise<readonly Table[]> {
  const { rows } = await sql<{ name: string }>`select name from sqlite_master
    where type = 'table' and name not like 'sqlite_%'`.execute(db)
  const tables: Table[] = []
  for (const { name } of rows) {
    const columns = await sql<{ name: string; type: string; pk: number }>`select name, type, pk
      from pragma_table_info(${name})`.execute(db)
    const key = columns.rows.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk)
    const texts = columns.rows.filter(({ type, pk }) => type.toLowerCase() === 'text' && pk === 0)
    if (key.length > 0 && texts.length > 0) {
      tables.push({ name, key: key.map((column) => column.name), texts: texts.map((column) => column.name) })
    }
  }
  return tables
}

async function page({ db }: Session, table: Table, after: readonly unknown[] | undefined): Promise<readonly Row[]> {
  const columns = sql.join([...table.key, ...table.texts].map((name) => sql.ref(name)))
  const key = sql.join(table.key.map((name) => sql.ref(name)))
  const from = after ? sql`where (${key}) > (${sql.join([...after])})` : sql``
  const found =
    await sql<Row>`select ${columns} from ${sql.table(table.name)} ${from} order by ${key} limit ${BATCH}`.execute(db)
  return found.rows
}

function changesOf({ texts }: Table, row: Row, rewrap: (text: string) => string): Record<string, string> {
  const changed = texts.flatMap((name) => {
    const text = row[name]
    const next = typeof text === 'string' ? rewrap(text) : undefined
    return next === undefined || next === text ? [] : [[name, next] as const]
  })
  return Object.fromEntries(changed)
}

/** Looks again inside of the write: what somebody else wrote meanwhile is not written over. */
async function rewrite(
  { db }: Session,
  { table, row, rewrap }: { readonly table: Table; readonly row: Row; readonly rewrap: (text: string) => string },
): Promise<number> {
  const at = sql.join(
    table.key.map((name) => sql`${sql.ref(name)} = ${row[name]}`),
    sql` and `,
  )
  const columns = sql.join(table.texts.map((name) => sql.ref(name)))
  const { rows } = await sql<Row>`select ${columns} from ${sql.table(table.name)} where ${at}`.execute(db)
  const [current] = rows
  const changes = Object.entries(current ? changesOf(table, current, rewrap) : {})
  if (changes.length === 0) return 0
  const set = sql.join(changes.map(([name, text]) => sql`${sql.ref(name)} = ${text}`))
  await sql`update ${sql.table(table.name)} set ${set} where ${at}`.execute(db)
  return 1
}
