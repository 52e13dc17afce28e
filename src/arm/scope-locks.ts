import { fault } from '../faults.ts'
import { objectAt, textAt } from '../json.ts'
import type { ResourceId } from '../resource-id.ts'
import type { Store } from '../store/store.ts'
import { isWithin, keyOfScope } from './scope-key.ts'

export const LOCKS = 'Microsoft.Authorization/locks'

/** Azure's management locks, asked by the verbs that change something. */
export interface ScopeLocks {
  /**
   * A read-only lock here or above stops writes and actions; any lock here, above or below stops a delete. Locks
   * themselves are never locked.
   *
   * @throws ScopeLocked
   */
  demand(id: ResourceId, operation: 'write' | 'action' | 'delete'): Promise<void>
}

interface Lock {
  /** The folded scope that it stands at. */
  readonly scope: string
  readonly level: string
}

/** Reads the locks when first asked, and again when one has changed: most servers have none. */
export function scopeLocks({ store }: { readonly store: Store }): ScopeLocks {
  let kept: readonly Lock[] | undefined
  let epoch = 0
  store.onResourceChange(LOCKS, () => {
    epoch++
    kept = undefined
  })

  async function read(): Promise<readonly Lock[]> {
    const asked = epoch
    const { items } = await store.resources.ofType('', LOCKS)
    const locks = items.map(({ id, body }) => ({
      scope: keyOfScope(id),
      level: textAt(objectAt(body.properties).level) ?? '',
    }))
    if (asked === epoch) kept = locks
    return locks
  }

  return {
    async demand(id, operation) {
      const locks = kept ?? (await read())
      if (locks.length === 0 || id.type.toLowerCase() === LOCKS.toLowerCase()) return
      const found = locks.filter(({ scope, level }) =>
        operation === 'delete'
          ? level !== 'NotSpecified' && (isWithin(id.key, scope) || isWithin(scope, id.key))
          : level === 'ReadOnly' && isWithin(id.key, scope),
      )
      if (found.length === 0) return
      const locked = [...new Set(found.map(({ scope }) => scope))].join(',')
      throw fault('ScopeLocked', { scope: id.text, operation: operation === 'delete' ? 'delete' : 'write', locked })
    },
  }
}
