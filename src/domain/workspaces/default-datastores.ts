import { randomUUID } from 'node:crypto'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { ResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import { STORAGE_SUFFIX } from '../datastores/datastore.ts'
import type { Deps } from '../deps.ts'
import { rulesOf } from './workspace-kinds.ts'

/** The datastores that come with a workspace and can't be taken from it. */
export const systemDatastores: ReadonlySet<string> = new Set([
  'workspaceblobstore',
  'workspaceartifactstore',
  'workspacefilestore',
  'workspaceworkingdirectory',
])

export interface DefaultDatastores {
  readonly workspace: StoredResource
  readonly workspaceGuid: string
  readonly account: ResourceId
}

/** Makes the datastores that every workspace has, and their containers. What is there already stays as it is. */
export async function ensureDefaultDatastores(
  deps: Pick<Deps, 'blobs' | 'store'>,
  { workspace, workspaceGuid, account }: DefaultDatastores,
): Promise<void> {
  const places = rulesOf(workspace.body).places(workspaceGuid)
  await deps.blobs.ensureContainer(account.name, places.blobs)
  await deps.blobs.ensureContainer(account.name, places.artifacts)
  const mode = textAt(objectAt(workspace.body.properties).systemDatastoresAuthMode)?.toLowerCase() ?? 'accesskey'
  const common = {
    accountName: account.name,
    endpoint: STORAGE_SUFFIX,
    protocol: 'https',
    subscriptionId: account.subscriptionId ?? '',
    resourceGroup: account.resourceGroup ?? '',
    // By identity or by user delegation, no key of the account stands in them.
    credentials: { credentialsType: mode === 'accesskey' ? 'AccountKey' : 'None' },
    serviceDataAccessAuthIdentity: 'None',
    tags: {},
    properties: {},
  }
  const wishes: Record<string, JsonObject> = {
    workspaceblobstore: { datastoreType: 'AzureBlob', containerName: places.blobs, isDefault: true },
    workspaceartifactstore: { datastoreType: 'AzureBlob', containerName: places.artifacts, isDefault: false },
    workspacefilestore: {
      datastoreType: 'AzureFile',
      fileShareName: places.files,
      isDefault: false,
    },
    workspaceworkingdirectory: {
      datastoreType: 'AzureFile',
      fileShareName: places.code,
      isDefault: false,
    },
  }
  await deps.store.write(async (within) => {
    for (const [name, own] of Object.entries(wishes)) {
      const id = `${workspace.id}/datastores/${name}`
      if (await within.resources.get(id)) continue
      await within.resources.put({
        id,
        type: 'Microsoft.MachineLearningServices/workspaces/datastores',
        name,
        body: { properties: { ...common, ...own } },
        state: {},
        secrets: {},
        provisioningState: 'Succeeded',
        etag: randomUUID(),
        system: workspace.system,
      })
    }
  })
}
