import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

interface Cached {
  readonly statement: StatementSync
  readonly answersRows: boolean
}

/** What a statement did. */
export interface Outcome<Row> {
  readonly rows: Row[]
  readonly changes?: number | bigint
  readonly insertId?: number | bigint
}

/** How many prepared statements a connection keeps; listings with varying filters make many. */
const STATEMENTS = 500

/** One connection to an SQLite file with its prepared statements, kept by their text. */
export class Connection {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, Cached>()

  constructor(path: string, options: { readonly readOnly?: boolean; readonly busyTimeoutMs?: number } = {}) {
    this.#database = new DatabaseSync(path, {
      readOnly: options.readOnly ?? false,
      timeout: options.busyTimeoutMs ?? 10_000,
    })
  }

  execute<Row>(sql: string, parameters: readonly unknown[]): Outcome<Row> {
    const { statement, answersRows } = this.#statements.get(sql) ?? this.#prepare(sql)
    const bound = parameters as readonly SQLInputValue[]
    if (answersRows) return { rows: statement.all(...bound) as Row[] }
    const { changes, lastInsertRowid } = statement.run(...bound)
    return { rows: [], changes, insertId: lastInsertRowid }
  }

  /** Runs statements that are not worth keeping: pragmas, what a failure rolls back. */
  exec(sql: string): void {
    this.#database.exec(sql)
  }

  close(): void {
    this.#statements.clear()
    if (this.#database.isOpen) this.#database.close()
  }

  #prepare(sql: string): Cached {
    const statement = this.#database.prepare(sql)
    const cached = { statement, answersRows: statement.columns().length > 0 }
    if (this.#statements.size >= STATEMENTS) {
      const oldest = this.#statements.keys().next()
      if (!oldest.done) this.#statements.delete(oldest.value)
    }
    this.#statements.set(sql, cached)
    return cached
  }
}
