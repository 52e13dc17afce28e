import { fault } from '../../faults.ts'
import { objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import type { Repositories } from '../../store/store.ts'
import { workspaceGuid } from '../workspaces/workspace-guid.ts'

const BY_LOCATION = /^azureml:\/\/locations\/[^/]+\/workspaces\/([^/]+)\/(data|models)\/([^/]+)\/versions\/([^/]+)$/i
const BY_ARM = /(\/subscriptions\/.+\/workspaces\/[^/]+)\/(data|models)\/([^/]+)\/versions\/([^/]+)$/i
const SHORT = /^azureml:([^:/]+):([^:/]+)$/

/** Where an asset's bytes are, and what they are, in ARM's words. */
export interface ResolvedAsset {
  readonly uri: string
  readonly type: string
}

/**
 * What an asset id of the data planes stands for.
 *
 * @throws AssetNotFound
 */
export async function resolveAsset(
  from: Repositories,
  workspace: { readonly id: string; readonly name: string },
  { id, kind }: { readonly id: string; readonly kind: 'data' | 'models' },
): Promise<ResolvedAsset> {
  const key = await assetKey(from, workspace, { id, kind })
  const found = key === undefined ? undefined : await from.resources.get(key)
  const properties = objectAt(found?.body.properties)
  const uri = textAt(kind === 'data' ? properties.dataUri : properties.modelUri)
  if (uri === undefined) throw fault('AssetNotFound', { asset: id })
  const type = textAt(kind === 'data' ? properties.dataType : properties.modelType) ?? ''
  return { uri, type: type || (kind === 'data' ? 'uri_file' : 'custom_model') }
}

async function assetKey(
  from: Repositories,
  workspace: { readonly id: string; readonly name: string },
  { id, kind }: { readonly id: string; readonly kind: 'data' | 'models' },
): Promise<string | undefined> {
  const short = SHORT.exec(id)
  if (short) return `${workspace.id}/${kind}/${short[1]}/versions/${short[2]}`
  const arm = BY_ARM.exec(id)
  if (arm?.[1]?.toLowerCase() === workspace.id.toLowerCase() && arm[2]?.toLowerCase() === kind) return id
  const located = BY_LOCATION.exec(id)
  if (!located || located[2]?.toLowerCase() !== kind) return undefined
  const owner = await from.resources.get(workspace.id)
  if (!owner || !names(owner, located[1] ?? '')) return undefined
  return `${workspace.id}/${kind}/${located[3]}/versions/${located[4]}`
}

const names = (workspace: StoredResource, name: string): boolean =>
  name.toLowerCase() === workspaceGuid(workspace) || name.toLowerCase() === workspace.name.toLowerCase()
