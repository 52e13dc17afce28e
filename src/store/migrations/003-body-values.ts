import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/**
 * Values in bodies that are asked for among many: the hash of code (every job's submission looks for it in its whole
 * workspace) and the principal of a role assignment. The expressions are those of the `where` of a listing.
 */
export const bodyValues: Migration = {
  number: 3,
  name: 'body-values',
  async up(db) {
    for (const [name, path] of [
      ['resources_hash', '$."properties"."properties"."hash_sha256"'],
      ['resources_principal', '$."properties"."principalId"'],
    ] as const) {
      const value = `json_extract(body, '${path}')`
      await sql
        .raw(`create index ${name} on resources (${value}, type_key, key) where ${value} is not null`)
        .execute(db)
    }
  },
}
