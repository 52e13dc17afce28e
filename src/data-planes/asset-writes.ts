import { type AssetKind, assetKinds, versionType } from '../domain/assets/asset-kinds.ts'
import { containerVersions } from '../domain/assets/container-versions.ts'
import type { Deps } from '../domain/deps.ts'
import { fault } from '../faults.ts'
import type { Caller } from '../identity/identity.ts'
import { type JsonObject, objectAt } from '../json.ts'
import { foldId } from '../resource-id.ts'
import type { StoredResource } from '../store/resources.ts'
import type { ResourceWrites, Workspace } from './operation.ts'

/** Who asks a service of a region for what of an asset. */
export interface Asking {
  readonly workspace: Workspace
  readonly writes: ResourceWrites
  readonly caller: Caller
}

interface NewVersion {
  readonly kind: AssetKind
  readonly name: string
  /** Left out: the next one. */
  readonly version?: string | undefined
  readonly properties: JsonObject
}

/**
 * Makes a version of an asset as the resource that it is: a PUT's checks, and the asset seen on every face.
 *
 * @throws AssetExists, and every refusal of a PUT
 */
export async function makeVersion(
  { store }: Pick<Deps, 'store'>,
  { workspace, writes, caller }: Asking,
  { kind, name, version, properties }: NewVersion,
): Promise<StoredResource> {
  const container = `${workspace.id}/${kind}/${name}`
  return await writes.inTurn(foldId(container), async () => {
    const own = version || (await containerVersions(store.resources, { id: container }, kind)).nextVersion
    const id = `${container}/versions/${own}`
    if (await store.resources.get(id)) {
      throw fault('AssetExists', { kind: assetKinds[kind], asset: `${name}:${own}` })
    }
    return await writes.put(id, { properties: withoutNulls(properties) }, caller)
  })
}

/** Changes what may be of an asset, or of a version of one: a PUT of what stands with these properties over it. */
export async function changeAsset(
  { writes, caller }: Asking,
  resource: StoredResource,
  properties: JsonObject,
): Promise<StoredResource> {
  return await writes.put(
    resource.id,
    { properties: { ...objectAt(resource.body.properties), ...withoutNulls(properties) } },
    caller,
  )
}

/** @throws AssetNotNamed */
export async function assetAt(
  { store }: Pick<Deps, 'store'>,
  workspace: Workspace,
  { kind, name, version }: { readonly kind: AssetKind; readonly name: string; readonly version?: string | undefined },
): Promise<StoredResource> {
  const id = `${workspace.id}/${kind}/${name}${version === undefined ? '' : `/versions/${version}`}`
  const found = await store.resources.get(id)
  if (!found) {
    const asset = version === undefined ? name : `${name}:${version}`
    throw fault('AssetNotNamed', { kind: assetKinds[kind], asset })
  }
  return found
}

/** The versions of an asset, newest first. */
export const versionsOfAsset = async (
  { store }: Pick<Deps, 'store'>,
  workspace: Workspace,
  { kind, name }: { readonly kind: AssetKind; readonly name: string },
): Promise<readonly StoredResource[]> =>
  (
    await store.resources.children(`${workspace.id}/${kind}/${name}`, versionType(kind, 'workspaces'), {
      newestFirst: true,
    })
  ).items

/** Without what is null or undefined: to this service's clients it is absent. */
export const withoutNulls = (properties: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null && value !== undefined))
