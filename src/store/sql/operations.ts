import { foldId } from '../../resource-id.ts'
import type { Operations, StoredOperation } from '../operations.ts'
import type { Session } from './session.ts'

/** Operations over any SQL database. */
export function sqlOperations({ db, run }: Session): Operations {
  const byId = db.selectFrom('operations').select('body').where('id', '=', '').compile()
  return {
    async get(id) {
      const [row] = await run<{ body: string }>(byId, [id])
      return row && present(row)
    },
    async put(operation) {
      const row = {
        resource_key: foldId(operation.resourceId),
        status: operation.status,
        body: JSON.stringify(operation),
        started_at: operation.startedAt,
        ended_at: operation.endedAt ?? null,
      }
      await db
        .insertInto('operations')
        .values({ id: operation.id, ...row })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute()
    },
    async unfinished() {
      const rows = await db
        .selectFrom('operations')
        .select('body')
        .where('status', '=', 'InProgress')
        .orderBy('started_at')
        .execute()
      return rows.map(present)
    },
    async forgetBefore(time) {
      await db.deleteFrom('operations').where('status', '!=', 'InProgress').where('ended_at', '<', time).execute()
    },
  }
}

const present = (row: { readonly body: string }): StoredOperation => JSON.parse(row.body) as StoredOperation
