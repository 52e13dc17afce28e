import { foldId } from '../../resource-id.ts'
import type { RowSealing } from '../data-keys.ts'
import type { Operations, StoredOperation } from '../operations.ts'
import { isReadable, unsealed } from './sealed-body.ts'
import type { Session } from './session.ts'

/**
 * Operations over any SQL database. Of those in a workspace with customer-managed keys what came in and what came out is
 * sealed; that they run, and how they ended, is told whatever becomes of the key.
 */
export function sqlOperations({ db, run }: Session, sealing: RowSealing = unsealed): Operations {
  const present = ({ body }: { readonly body: string }): StoredOperation => clear(sealing, JSON.parse(body) as Kept)
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
        body: JSON.stringify(sealedOperation(sealing, operation)),
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

type Kept = StoredOperation & { readonly sealed?: string }

const contextOf = ({ id }: StoredOperation): string => `operation:${id}`

function sealedOperation(sealing: RowSealing, operation: StoredOperation): Kept {
  const scope = sealing.scopeOf(foldId(operation.resourceId))
  const { input, result, error, ...told } = operation
  if (scope === undefined || (input ?? result ?? error) === undefined) return operation
  // The end of an operation is written down also where its key has gone meanwhile, without its reasons.
  if (!sealing.isOpen(scope)) return told
  return { ...told, sealed: sealing.seal(scope, JSON.stringify({ input, result, error }), contextOf(operation)) }
}

function clear(sealing: RowSealing, { sealed, ...told }: Kept): StoredOperation {
  const key = foldId(told.resourceId)
  const scope = sealing.scopeOf(key)
  if (sealed === undefined || scope === undefined || !isReadable(sealing, key)) return told
  return { ...told, ...(JSON.parse(sealing.open(scope, sealed, contextOf(told))) as Partial<StoredOperation>) }
}
