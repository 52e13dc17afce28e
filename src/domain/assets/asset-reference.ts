import { fault } from '../../faults.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { Resources, StoredResource } from '../../store/resources.ts'
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
 * The version that a reference names: an ARM id, `azureml:name:version`, `azureml:name@latest`, or the id by which the
 * data planes name it.
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
  const missing = () =>
    fault('AssetReferenceNotFound', {
      kind: word,
      reference,
      workspace: workspace.slice(workspace.lastIndexOf('/') + 1),
    })
  if (REGISTRY.test(reference)) throw invalid('registries are not served here yet; register it in the workspace')
  const get = async (name: string, version: string): Promise<StoredResource> => {
    const found = await resources.get(`${workspace}/${kind}/${name}/versions/${version}`)
    if (!found) throw missing()
    return found
  }
  const latest = async (name: string, label: string): Promise<StoredResource> => {
    if (label.toLowerCase() !== 'latest') throw invalid(`'${label}' is no label; 'latest' is`)
    const { latestVersion } = await containerVersions(resources, { id: `${workspace}/${kind}/${name}` }, kind)
    if (latestVersion === null) throw missing()
    return get(name, latestVersion)
  }
  const named = NAMED.exec(reference) ?? BARE.exec(reference)
  if (named) {
    const [, name = '', version, label = ''] = named
    return version === undefined ? latest(name, label) : get(name, version)
  }
  const byGuid = GUID.exec(reference)
  if (byGuid) {
    const [, guid, sort, name = '', version = ''] = byGuid
    const own = await resources.get(workspace)
    if (guid?.toLowerCase() !== own?.state.workspaceId && guid?.toLowerCase() !== own?.name.toLowerCase()) {
      throw invalid('it is of another workspace')
    }
    if (sort?.toLowerCase() !== kind) throw invalid(`it names one of the workspace's ${sort}`)
    return get(name, version)
  }
  const text = reference.replace(/^azureml:/i, '')
  const label = /^(.+)\/labels\/([^/]+)$/i.exec(text)
  const id = parseResourceId(label?.[1] ?? text)
  if (!id?.subscriptionId) throw invalid('give its ARM id, azureml:name:version or azureml:name@latest')
  const owner = label ? id.parent : id.parent?.parent
  if (owner?.key !== workspace.toLowerCase()) throw invalid('it is of another workspace')
  const type = label ? `${id.type}/versions` : id.type
  if (type.toLowerCase() !== versionType(kind).toLowerCase()) throw invalid(`it is the id of a ${id.type}`)
  return label ? latest(id.name, label[2] ?? '') : get(id.parent?.name ?? '', id.name)
}

const article = (word: string): string => `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`
