import { createHash, randomUUID } from 'node:crypto'
import type { JsonObject } from '../../json.ts'
import { madeBy, type StoredResource, standing } from '../../store/resources.ts'
import type { Store } from '../../store/store.ts'
import { BUILT_IN, PUBLISHER } from './built-in.ts'
import { curatedEnvironments } from './curated.ts'
import { REGISTRIES } from './registry-ids.ts'

const SEEDED = 'built-in-registry'

/** Puts the built-in registry into the store, in one transaction, when this release has another than the one that is there. */
export async function seedBuiltInRegistry({ store, now }: { store: Store; now: () => Date }): Promise<void> {
  const content = createHash('sha256').update(JSON.stringify(curatedEnvironments)).digest('hex')
  if ((await store.identities.fact(SEEDED)) === content) return
  const at = now().toISOString()
  await store.write(async (within) => {
    for (const { id } of await within.resources.below(BUILT_IN)) await within.resources.remove(id)
    for (const row of rows(at)) await within.resources.put(row)
    await within.identities.putFact(SEEDED, content)
  })
}

function* rows(at: string): Generator<StoredResource> {
  const system = madeBy(PUBLISHER, at, 'User')
  const row = (type: string, id: string, body: JsonObject): StoredResource =>
    standing({ id, type, name: id.slice(id.lastIndexOf('/') + 1), body, etag: randomUUID(), system })
  yield row(REGISTRIES, BUILT_IN, { location: 'eastus', properties: { publicNetworkAccess: 'Enabled' } })
  for (const { name, image, versions, description } of curatedEnvironments) {
    const container = `${BUILT_IN}/environments/${name}`
    const common = { tags: {}, properties: {}, isArchived: false, description }
    yield row(`${REGISTRIES}/environments`, container, { properties: common })
    for (const version of versions) {
      yield row(`${REGISTRIES}/environments/versions`, `${container}/versions/${version}`, {
        properties: {
          ...common,
          image: `mcr.microsoft.com/azureml/curated/${image}:${version}`,
          osType: 'Linux',
          autoRebuild: 'Disabled',
          isAnonymous: false,
        },
      })
    }
  }
}
