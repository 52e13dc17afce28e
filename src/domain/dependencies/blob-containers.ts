import type { JsonObject } from '../../json.ts'
import { childId, type ResourceId } from '../../resource-id.ts'
import type { ContainerRow } from '../../store/blobs.ts'
import { type ListResources, madeBy, type StoredResource } from '../../store/resources.ts'
import type { Page, Repositories } from '../../store/store.ts'

const TYPE = 'Microsoft.Storage/storageAccounts/blobServices/containers'
const MOST = 5_000

const accountOf = (service: ResourceId): string => service.parent?.name.toLowerCase() ?? ''

/**
 * A container is what the blob service has, whoever made it. A row beside it says only what the resource manager knows:
 * who asked for it, and that it is being made or taken away.
 */
export const blobContainers = {
  /** An account takes all that is in it along. */
  goesAlong: true,
  async get(from: Repositories, id: ResourceId): Promise<StoredResource | undefined> {
    if (!id.parent) return undefined
    const row = await from.resources.get(id.key)
    const found = await from.blobContainers.container(accountOf(id.parent), id.name.toLowerCase())
    if (found) return row ?? standingOf(id.parent, found)
    return row && isUnderWay(row) ? row : undefined
  },
  put: (into: Repositories, resource: StoredResource): Promise<void> => into.resources.put(resource),
  remove: (from: Repositories, id: ResourceId): Promise<void> => from.resources.remove(id.key),
  async list(
    from: Repositories,
    service: ResourceId,
    { after, limit = MOST }: ListResources,
  ): Promise<Page<StoredResource>> {
    const range = { limit: limit + 1, ...(after !== undefined && { from: after, exclusive: true }) }
    const found = await from.blobContainers.containers(accountOf(service), range)
    const rows = (await from.resources.children(service.key, TYPE)).items
    const items = found.slice(0, limit).map((one) => {
      const row = rows.find(({ name }) => name.toLowerCase() === one.name)
      return row ?? standingOf(service, one)
    })
    const begun = rows.filter((row) => isUnderWay(row) && !found.some(({ name }) => name === row.name.toLowerCase()))
    const last = found.length > limit ? items.at(-1)?.name : undefined
    return { items: after === undefined ? [...begun, ...items] : items, ...(last !== undefined && { next: last }) }
  },
}

/** Of a row without a container: being made or taken away, or it could not be. Any other was taken away behind it. */
const isUnderWay = ({ provisioningState }: StoredResource): boolean => provisioningState !== 'Succeeded'

function standingOf(service: ResourceId, { name, etag, createdAt }: ContainerRow): StoredResource {
  const body: JsonObject = { properties: {} }
  return {
    id: childId(service, 'containers', name).text,
    type: TYPE,
    name,
    body,
    state: {},
    secrets: {},
    provisioningState: 'Succeeded',
    etag,
    system: madeBy('', new Date(createdAt).toISOString()),
  }
}
