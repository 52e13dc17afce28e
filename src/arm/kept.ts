import type { ResourceId } from '../resource-id.ts'
import type { StoredResource } from '../store/resources.ts'
import type { Repositories } from '../store/store.ts'
import type { RegisteredType } from './registry.ts'

type Kept = Pick<RegisteredType, 'declaration'> | undefined

/** A resource from wherever its type keeps it. */
export const getKept = (from: Repositories, type: Kept, id: ResourceId): Promise<StoredResource | undefined> =>
  type?.declaration.backing ? type.declaration.backing.get(from, id) : from.resources.get(id.key)

export const putKept = (into: Repositories, type: Kept, resource: StoredResource): Promise<void> =>
  type?.declaration.backing ? type.declaration.backing.put(into, resource) : into.resources.put(resource)

export const removeKept = (from: Repositories, type: Kept, id: ResourceId): Promise<void> =>
  type?.declaration.backing ? type.declaration.backing.remove(from, id) : from.resources.remove(id.key)
