import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import type { Session } from '../sql/session.ts'
import type { Tables } from '../sql/tables.ts'
import type { Connection } from './connection.ts'

/**
 * A session over one connection: Kysely for what is built per call, `run` for what was compiled once. `demand` is asked
 * before each query, and may throw.
 */
export function sessionOf(connection: Connection, demand: () => void = () => undefined): Session {
  return {
    db: new Kysely<Tables>({ dialect: dialectOf(connection, demand) }),
    async run<Row>(query: CompiledQuery<Row>, parameters: readonly unknown[]) {
      demand()
      return connection.execute<Row>(query.sql, parameters).rows
    },
  }
}

function dialectOf(connection: Connection, demand: () => void): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => driverOf(connection, demand),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

/** Transactions are the group commit's: Kysely's own would nest into somebody else's. */
const refuseTransaction = async (): Promise<never> => {
  throw new Error('Transactions belong to the group commit: use Database.write')
}

function driverOf(connection: Connection, demand: () => void): Driver {
  const only: DatabaseConnection = {
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      demand()
      const { rows, changes, insertId } = connection.execute<Row>(query.sql, query.parameters)
      return {
        rows,
        ...(changes !== undefined && { numAffectedRows: BigInt(changes) }),
        ...(insertId !== undefined && { insertId: BigInt(insertId) }),
      }
    },
    // biome-ignore lint/correctness/useYield: nothing here reads row by row
    async *streamQuery() {
      throw new Error('Streaming is not offered: page instead')
    },
  }
  return {
    init: async () => undefined,
    acquireConnection: async () => only,
    beginTransaction: refuseTransaction,
    commitTransaction: refuseTransaction,
    rollbackTransaction: refuseTransaction,
    releaseConnection: async () => undefined,
    destroy: async () => connection.close(),
  }
}
