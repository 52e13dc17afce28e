import { foldId } from '../../resource-id.ts'
import type { Resources, StoredResource } from '../resources.ts'

/** How many resources are kept as they were read, those that are not there included. */
const KEPT = 4_000

/**
 * Point reads of committed resources from memory: every request looks up its subscription, its group and its parents.
 * This process is the only writer, so what no write has touched since it was read is still so.
 */
export function cachedResources(
  resources: Resources,
): Resources & { forget(keys: Iterable<string>): void; forgetAll(): void } {
  const kept = new Map<string, StoredResource | undefined>()
  let writes = 0
  return {
    ...resources,
    async get(id) {
      const key = foldId(id)
      const known = kept.get(key)
      if (known || kept.has(key)) return known
      const before = writes
      const found = frozen(await resources.get(id))
      // What was read before a write must not be kept after it.
      if (before === writes) {
        const oldest = kept.size >= KEPT ? kept.keys().next() : undefined
        if (oldest && !oldest.done) kept.delete(oldest.value)
        kept.set(key, found)
      }
      return found
    },
    forget(keys) {
      writes++
      for (const key of keys) kept.delete(key)
    },
    forgetAll() {
      writes++
      kept.clear()
    },
  }
}

/** Many hold the same object: a change of it would be everybody's. */
function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) frozen(inner)
    Object.freeze(value)
  }
  return value
}
