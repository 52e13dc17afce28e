import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/** How a piece of an account with a customer-managed key is opened: its nonce, and whose key. Null for bytes in clear. */
export const sealedPieces: Migration = {
  number: 12,
  name: 'sealed-pieces',
  async up(db) {
    await sql.raw('alter table blob_pieces add column sealed text').execute(db)
  },
}
