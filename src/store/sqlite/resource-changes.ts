import { foldId, parseResourceId } from '../../resource-id.ts'
import type { Repositories } from '../store.ts'
import type { VaultObjectKey } from '../vault-objects.ts'

/** What one part wrote: folded ids of resources, and those of their types that somebody listens to. */
export interface Touched {
  readonly keys: Set<string>
  readonly types: Set<string>
}

/** Notes which resources a part writes, and tells those who compile something from resources of a type. */
export function resourceChanges() {
  const listeners = new Map<string, (() => void)[]>()
  const touch = (touched: Touched, id: string, type: string) => {
    touched.keys.add(foldId(id))
    const key = type.toLowerCase()
    if (listeners.has(key)) touched.types.add(key)
  }
  return {
    listen(type: string, listener: () => void): void {
      const key = type.toLowerCase()
      listeners.set(key, [...(listeners.get(key) ?? []), listener])
    },
    /** The repositories of one part, noting in `touched` what it writes. */
    watch(within: Repositories, touched: Touched): Repositories {
      const { resources, vaults } = within
      // What is in a vault is told as its ARM type is.
      const touchVault = ({ kind }: VaultObjectKey) => {
        const key = `microsoft.keyvault/vaults/${kind}`
        if (listeners.has(key)) touched.types.add(key)
      }
      return {
        ...within,
        vaults: {
          ...vaults,
          putObject(object) {
            touchVault(object)
            return vaults.putObject(object)
          },
          putVersion(version) {
            touchVault(version)
            return vaults.putVersion(version)
          },
          removeObject(object) {
            touchVault(object)
            return vaults.removeObject(object)
          },
        },
        resources: {
          ...resources,
          put(resource) {
            touch(touched, resource.id, resource.type)
            return resources.put(resource)
          },
          mark(id, change) {
            touch(touched, id, parseResourceId(id)?.type ?? '')
            return resources.mark(id, change)
          },
          remove(id) {
            touch(touched, id, parseResourceId(id)?.type ?? '')
            return resources.remove(id)
          },
        },
      }
    },
    tell(types: ReadonlySet<string>): void {
      for (const type of types) for (const listener of listeners.get(type) ?? []) listener()
    },
  }
}
