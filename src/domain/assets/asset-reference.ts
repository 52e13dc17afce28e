import { fault } from '../../faults.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { Resources, StoredResource } from '../../store/resources.ts'
import { BUILT_IN } from '../registries/built-in.ts'
import { findRegistry } from '../registries/find-registry.ts'
import { parseRegistryAsset } from '../registries/registry-ids.ts'
import { type AssetKind, assetKinds, versionType } from './asset-kinds.ts'
import { containerVersions } from './container-versions.ts'

const NAMED = /^azureml:([^:/@]+)(?::([^:/@]+)|@([^:/@]+))$/i
const BARE = /^([^:/@]+):([^:/@]+)$/
const GUID =
  /^azureml:\/\/locations\/[^/]+\/workspaces\/([^/]+)\/(codes|components|data|environments|models)\/([^/]+)\/versions\/([^/]+)$/i
const REGISTRY = /^azureml:\/\/registries\//i

/** Whether a text names an asset rather than the place of its bytes. */
export const isAssetReference = (text: string): boolean =>
  NAMED.test(text) ||
  GUID.test(text) ||
  REGISTRY.test(text) ||
  /^(?:azureml:)?\/?subscriptions\/.+\/versions\/[^/]+$/i.test(text) ||
  /^(?:azureml:)?\/?subscriptions\/.+\/labels\/[^/]+$/i.test(text)

/**
 * The version that a reference names: an ARM id, `azureml:name:version`, `azureml:name@latest`, the id by which the data
 * planes name it, or a registry's `azureml://registries/…`. A curated environment is known in every workspace by its name.
 *
 * @throws AssetReferenceInvalid, AssetReferenceNotFound
 */
export async function findAsset(
  resources: Resources,
  workspace: string,
  { kind, reference }: { readonly kind: AssetKind; readonly reference: string },
): Promise<StoredResource> {
  const word = assetKinds[kind]
  const invalid = (why: string) => fault('AssetReferenceInvalid', { reference, kind: article(word), why })
  const missing = (owner = workspace) =>
    fault('AssetReferenceNotFound', { kind: word, reference, workspace: owner.slice(owner.lastIndexOf('/') + 1) })
  const find = async (owner: string, name: string, version: Version): Promise<StoredResource> => {
    const [found] = await firstOf([owner, ...(kind === 'environments' ? [BUILT_IN] : [])], (at) =>
      versionAt(resources, `${at}/${kind}/${name}`, kind, version),
    )
    if (!found) throw missing(owner)
    return found
  }
  const labelled = (label: string): Version => {
    if (label.toLowerCase() !== 'latest') throw invalid(`'${label}' is no label; 'latest' is`)
    return LATEST
  }
  const named = NAMED.exec(reference) ?? BARE.exec(reference)
  if (named) {
    const [, name = '', version, label = ''] = named
    return find(workspace, name, version ?? labelled(label))
  }
  if (REGISTRY.test(reference)) {
    const asset = parseRegistryAsset(reference)
    if (!asset) throw invalid('give it as azureml://registries/{registry}/{kind}/{name}/versions/{version}')
    if (asset.kind.toLowerCase() !== kind.toLowerCase()) throw invalid(`it names one of the registry's ${asset.kind}`)
    const registry = await findRegistry(resources, asset.registry)
    return find(registry.id, asset.name, asset.labelled ? labelled(asset.version) : asset.version)
  }
  const byGuid = GUID.exec(reference)
  if (byGuid) {
    const [, guid, sort, name = '', version = ''] = byGuid
    const own = await resources.get(workspace)
    if (guid?.toLowerCase() !== own?.state.workspaceId && guid?.toLowerCase() !== own?.name.toLowerCase()) {
      throw invalid('it is of another workspace')
    }
    if (sort?.toLowerCase() !== kind) throw invalid(`it names one of the workspace's ${sort}`)
    return find(workspace, name, version)
  }
  const text = reference.replace(/^azureml:/i, '')
  const label = /^(.+)\/labels\/([^/]+)$/i.exec(text)
  const id = parseResourceId(label?.[1] ?? text)
  if (!id?.subscriptionId) throw invalid('give its ARM id, azureml:name:version or azureml:name@latest')
  const owner = label ? id.parent : id.parent?.parent
  if (owner?.key !== workspace.toLowerCase()) throw invalid('it is of another workspace')
  const type = label ? `${id.type}/versions` : id.type
  if (type.toLowerCase() !== versionType(kind, 'workspaces').toLowerCase())
    throw invalid(`it is the id of a ${id.type}`)
  return label ? find(workspace, id.name, labelled(label[2] ?? '')) : find(workspace, id.parent?.name ?? '', id.name)
}

const LATEST = Symbol('latest')
type Version = string | typeof LATEST

/** The latest version of a container, if it has one. */
export const latestOf = (
  resources: Resources,
  container: string,
  kind: AssetKind,
): Promise<StoredResource | undefined> => versionAt(resources, container, kind, LATEST)

/** The version of a container; its latest where no name is given. */
async function versionAt(
  resources: Resources,
  container: string,
  kind: AssetKind,
  version: Version,
): Promise<StoredResource | undefined> {
  const name =
    version === LATEST ? (await containerVersions(resources, { id: container }, kind)).latestVersion : version
  return name === null ? undefined : resources.get(`${container}/versions/${name}`)
}

async function firstOf<Item, Found>(
  items: readonly Item[],
  find: (item: Item) => Promise<Found | undefined>,
): Promise<readonly Found[]> {
  for (const item of items) {
    const found = await find(item)
    if (found !== undefined) return [found]
  }
  return []
}

const article = (word: string): string => `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`
