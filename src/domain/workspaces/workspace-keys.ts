import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { accountKey } from '../dependencies/account-keys.ts'
import { adminUserEnabled, credentialsOf } from '../dependencies/registry-credentials.ts'
import type { Deps } from '../deps.ts'

/**
 * The key of the account that a workspace keeps its data in.
 *
 * @throws WorkspaceDependencyNotFound
 */
export async function workspaceStorageKey(
  { store, sealing }: Pick<Deps, 'store' | 'sealing'>,
  workspace: StoredResource,
): Promise<string> {
  const id = textAt(objectAt(workspace.body.properties).storageAccount) ?? ''
  const account = await store.resources.get(id)
  const key = account && accountKey(sealing, account)
  if (key === undefined) throw fault('WorkspaceDependencyNotFound', { property: 'storageAccount', id })
  return key
}

/** What `listKeys` of a workspace answers: the keys of the resources that it stands on. @throws WorkspaceDependencyNotFound */
export async function workspaceKeys(
  deps: Pick<Deps, 'store' | 'sealing'>,
  workspace: StoredResource,
): Promise<JsonObject> {
  const properties = objectAt(workspace.body.properties)
  const insights = await deps.store.resources.get(textAt(properties.applicationInsights) ?? '')
  const registry = await deps.store.resources.get(textAt(properties.containerRegistry) ?? '')
  return {
    userStorageKey: await workspaceStorageKey(deps, workspace),
    userStorageResourceId: textAt(properties.storageAccount) ?? null,
    appInsightsInstrumentationKey: textAt(insights?.state.instrumentationKey) ?? null,
    containerRegistryCredentials:
      registry && adminUserEnabled(registry)
        ? { location: textAt(registry.body.location) ?? null, ...credentialsOf(deps.sealing, registry) }
        : null,
    notebookAccessKeys: null,
  }
}
