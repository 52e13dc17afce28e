import type { CompiledQuery, Kysely } from 'kysely'
import type { Tables } from './tables.ts'

/** One connection, as the SQL adapters see it. Written once for every dialect: all calls are asynchronous. */
export interface Session {
  readonly db: Kysely<Tables>
  /** Runs a query that was compiled once, with its parameters in the order in which the query names them. */
  run<Row>(query: CompiledQuery<Row>, parameters: readonly unknown[]): Promise<readonly Row[]>
}

/**
 * A database with one writer. Everything that keeps rows shares its group commit, whatever tables it has.
 */
export interface Database {
  /** Sees what is committed. */
  readonly read: Session
  /**
   * Runs `work` as one atomic part of a group that is committed together; resolves when the part is on disk. A part
   * that throws is rolled back alone. Inside, await nothing but the session: everybody waits for the part.
   */
  write<Result>(work: (session: Session) => Promise<Result>): Promise<Result>
  /** Finishes what was accepted and closes the files. May be called twice. */
  close(): Promise<void>
}
