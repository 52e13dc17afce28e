import { randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import { objectAt } from '../../json.ts'
import type { ResourceId } from '../../resource-id.ts'
import type { Deps } from '../deps.ts'
import { DATASTORES } from './datastore.ts'

/** Takes the mark of the default datastore off every other one of the workspace: there is only one. */
export async function makeOnlyDefault({ store }: Pick<Deps, 'store'>, datastore: ResourceId): Promise<void> {
  const workspace = datastore.parent?.text ?? ''
  await store.write(async (within) => {
    const { items } = await within.resources.children(workspace, DATASTORES, {
      where: { 'properties.isDefault': true },
    })
    for (const item of items) {
      if (item.id.toLowerCase() === datastore.key) continue
      const properties = { ...objectAt(item.body.properties), isDefault: false }
      await within.resources.put({ ...item, body: { ...item.body, properties } })
    }
  })
}

/**
 * Makes a datastore the default one of its workspace, and changes nothing else of it: its credentials stay sealed.
 *
 * @throws DatastoreNotFound
 */
export async function setDefaultDatastore(
  { store }: Pick<Deps, 'store'>,
  workspace: string,
  name: string,
): Promise<void> {
  await store.write(async (within) => {
    const { items } = await within.resources.children(workspace, DATASTORES)
    const wanted = items.find((item) => item.name.toLowerCase() === name.toLowerCase())
    if (!wanted) throw fault('DatastoreNotFound', { datastore: name })
    for (const item of items) {
      const properties = objectAt(item.body.properties)
      const isDefault = item.id === wanted.id
      if ((properties.isDefault === true) === isDefault) continue
      const body = { ...item.body, properties: { ...properties, isDefault } }
      await within.resources.put({ ...item, body, etag: randomUUID() })
    }
  })
}
