import type { DataKeyRow, DataKeys } from '../data-keys.ts'
import type { Session } from './session.ts'

/** Wrapped data keys over any SQL database. */
export function sqlDataKeys({ db }: Session): DataKeys {
  return {
    async get(scope) {
      const row = await db.selectFrom('data_keys').select('body').where('scope', '=', scope).executeTakeFirst()
      return row && present(row)
    },
    async all() {
      return (await db.selectFrom('data_keys').select('body').orderBy('scope').execute()).map(present)
    },
    async put(key) {
      const body = JSON.stringify(key)
      await db
        .insertInto('data_keys')
        .values({ scope: key.scope, body })
        .onConflict((conflict) => conflict.column('scope').doUpdateSet({ body }))
        .execute()
    },
    async remove(scope) {
      await db.deleteFrom('data_keys').where('scope', '=', scope).execute()
    },
  }
}

const present = (row: { readonly body: string }): DataKeyRow => JSON.parse(row.body) as DataKeyRow
