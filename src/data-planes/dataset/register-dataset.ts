import { datasetOfVersion, SAVED_ID } from '../../domain/datasets/dataset-of-asset.ts'
import { placeOf, type SavedDataset } from '../../domain/datasets/saved-datasets.ts'
import type { Deps } from '../../domain/deps.ts'
import { fault } from '../../faults.ts'
import type { StoredResource } from '../../store/resources.ts'
import { type Asking, makeVersion } from '../asset-writes.ts'
import { versionAt } from './present-dataset.ts'

interface Registering {
  readonly name: string
  readonly saved: SavedDataset
  readonly version?: string | undefined
  readonly description?: string | null | undefined
  readonly tags?: Readonly<Record<string, string>> | null | undefined
  /** Without it a name that is taken is refused. */
  readonly ifExistsOk?: boolean | undefined
  /** Without it what is there under the name is answered as it is. */
  readonly updateIfExists?: boolean | undefined
}

/**
 * Registers a dataset as a version of a data asset. The one that its latest version is already makes no other.
 *
 * @throws AssetExists, and every refusal of a PUT
 */
export async function registerDataset(deps: Deps, asking: Asking, wanted: Registering): Promise<StoredResource> {
  const { workspace, writes } = asking
  const { name, saved } = wanted
  const id = `${workspace.id}/data/${name}`
  return await writes.inTurn(`dataset ${id.toLowerCase()}`, async () => {
    const known = await deps.store.resources.get(id)
    if (known && !wanted.ifExistsOk) throw fault('AssetExists', { kind: 'dataset', asset: name })
    const latest = known && (await versionAt(deps, workspace, { container: known }))
    const same = latest && (await datasetOfVersion(deps, workspace, latest)).id === saved.id
    if (!latest || (wanted.updateIfExists && !same)) {
      await makeVersion(deps, asking, {
        ...{ kind: 'data', name, version: wanted.version },
        properties: {
          ...(await placeOf(deps, workspace.id, saved)),
          ...{ description: wanted.description, tags: wanted.tags, properties: { [SAVED_ID]: saved.id } },
        },
      })
    }
    const found = await deps.store.resources.get(id)
    if (!found) throw fault('AssetNotNamed', { kind: 'dataset', asset: name })
    return found
  })
}
