import type { BlobLocation } from '../../compute/engine.ts'
import { fault } from '../../faults.ts'
import { objectAt, textAt } from '../../json.ts'
import type { Repositories } from '../../store/store.ts'

const DATASTORE = 'workspaceartifactstore'

/**
 * The account and container in which a workspace keeps the artifacts of its runs.
 *
 * @throws ArtifactStoreMissing where the workspace's artifact datastore is gone
 */
export async function artifactStore(from: Repositories, workspace: string): Promise<Omit<BlobLocation, 'path'>> {
  const datastore = await from.resources.get(`${workspace}/datastores/${DATASTORE}`)
  const properties = objectAt(datastore?.body.properties)
  const account = textAt(properties.accountName)
  const container = textAt(properties.containerName)
  if (!account || !container) throw fault('ArtifactStoreMissing', { workspace, datastore: DATASTORE })
  return { account, container }
}
