import type { JsonObject } from '../../json.ts'
import type { ResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Page, Repositories } from '../../store/store.ts'

interface OnlyChild {
  readonly type: string
  /** Its name, which may follow from its parent. */
  readonly name: (parent: StoredResource) => string
  /** What it is until a PUT changes it. */
  readonly body: (parent: StoredResource) => JsonObject
}

/** Keeps the one child that every resource of a type has, without a row until somebody changes it. */
export function onlyChild({ type, name, body }: OnlyChild) {
  const last = type.slice(type.lastIndexOf('/') + 1)
  const idOf = (parent: StoredResource): string => `${parent.id}/${last}/${name(parent)}`
  const built = (parent: StoredResource): StoredResource => ({
    id: idOf(parent),
    type,
    name: name(parent),
    body: body(parent),
    state: {},
    secrets: {},
    provisioningState: 'Succeeded',
    etag: parent.etag,
    system: parent.system,
  })
  return {
    async get(from: Repositories, id: ResourceId): Promise<StoredResource | undefined> {
      const changed = await from.resources.get(id.text)
      if (changed) return changed
      const parent = id.parent && (await from.resources.get(id.parent.text))
      return parent && name(parent).toLowerCase() === id.name.toLowerCase() ? built(parent) : undefined
    },
    put: (into: Repositories, resource: StoredResource): Promise<void> => into.resources.put(resource),
    remove: (from: Repositories, id: ResourceId): Promise<void> => from.resources.remove(id.text),
    async list(from: Repositories, { text }: ResourceId): Promise<Page<StoredResource>> {
      const parent = await from.resources.get(text)
      return { items: parent ? [(await from.resources.get(idOf(parent))) ?? built(parent)] : [] }
    },
  }
}
