import { parseResourceId } from '../../resource-id.ts'
import type { Repositories } from '../store.ts'

/** Tells those who compile something from resources of a type that one has been written. */
export function resourceChanges() {
  const listeners = new Map<string, (() => void)[]>()
  const touch = (touched: Set<string>, type: string) => {
    const key = type.toLowerCase()
    if (listeners.has(key)) touched.add(key)
  }
  return {
    listen(type: string, listener: () => void): void {
      const key = type.toLowerCase()
      listeners.set(key, [...(listeners.get(key) ?? []), listener])
    },
    /** The repositories of one part, noting in `touched` the types that somebody listens to. */
    watch(within: Repositories, touched: Set<string>): Repositories {
      if (listeners.size === 0) return within
      const { resources } = within
      return {
        ...within,
        resources: {
          ...resources,
          put(resource) {
            touch(touched, resource.type)
            return resources.put(resource)
          },
          remove(id) {
            touch(touched, parseResourceId(id)?.type ?? '')
            return resources.remove(id)
          },
        },
      }
    },
    tell(touched: ReadonlySet<string>): void {
      for (const type of touched) for (const listener of listeners.get(type) ?? []) listener()
    },
  }
}
