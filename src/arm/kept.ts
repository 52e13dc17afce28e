import type { ResourceId } from '../resource-id.ts'
import type { ResourceMark, StoredResource } from '../store/resources.ts'
import type { Repositories } from '../store/store.ts'
import type { RegisteredType } from './registry.ts'

type Kept = Pick<RegisteredType, 'declaration'> | undefined

/** A resource from wherever its type keeps it. */
export const getKept = (from: Repositories, type: Kept, id: ResourceId): Promise<StoredResource | undefined> =>
  type?.declaration.backing ? type.declaration.backing.get(from, id) : from.resources.get(id.key)

/** As `getKept`, but one whose key is away is there all the same, `closed`. */
export const peekKept = (from: Repositories, type: Kept, id: ResourceId): Promise<StoredResource | undefined> =>
  type?.declaration.backing ? type.declaration.backing.get(from, id) : from.resources.peek(id.key)

/** Changes how a resource stands and nothing of what it holds: also where that can't be read. */
export const markKept = (
  into: Repositories,
  type: Kept,
  { resource, ...change }: ResourceMark & { readonly resource: StoredResource },
): Promise<void> =>
  resource.closed ? into.resources.mark(resource.id, change) : putKept(into, type, { ...resource, ...change })

export const putKept = (into: Repositories, type: Kept, resource: StoredResource): Promise<void> =>
  type?.declaration.backing ? type.declaration.backing.put(into, resource) : into.resources.put(resource)

export const removeKept = (from: Repositories, type: Kept, id: ResourceId): Promise<void> =>
  type?.declaration.backing ? type.declaration.backing.remove(from, id) : from.resources.remove(id.key)
