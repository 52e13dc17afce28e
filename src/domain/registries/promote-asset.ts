import { randomUUID } from 'node:crypto'
import type { BlobLocation } from '../../compute/engine.ts'
import { fault } from '../../faults.ts'
import { isObject, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { type AssetKind, assetKinds, ownerOf } from '../assets/asset-kinds.ts'
import { findAsset } from '../assets/asset-reference.ts'
import { accountOf } from '../assets/pending-upload.ts'
import { STORAGE_SUFFIX } from '../datastores/datastore.ts'
import { resolveUri } from '../datastores/resolve-uri.ts'
import type { Deps } from '../deps.ts'

type Needs = Pick<Deps, 'store' | 'blobs'>

export interface Promotion {
  readonly source: StoredResource
  readonly registry: StoredResource
  readonly name: string
  readonly version: string
  /** Makes the version, as a client's PUT would. */
  readonly put: (id: string, body: JsonObject) => Promise<StoredResource>
}

const URI: Readonly<Partial<Record<AssetKind, string>>> = { codes: 'codeUri', data: 'dataUri', models: 'modelUri' }

/**
 * Copies a version with its bytes into a registry. What a component runs, its code and its environment, comes along
 * under its own name. The copy knows what it was made of (`originAssetId`).
 *
 * @throws AssetExistsInRegistry, and every refusal of a PUT there
 */
export async function promoteAsset(deps: Needs, promotion: Promotion): Promise<StoredResource> {
  const { source, registry, name, version, put } = promotion
  const kind = kindOf(source)
  const target = `${registry.id}/${kind}/${name}/versions/${version}`
  if (await deps.store.resources.get(target)) {
    throw fault('AssetExistsInRegistry', { registry: registry.name, kind, name, version })
  }
  const own = objectAt(source.body.properties)
  const moved = kind === 'components' ? await withParts(deps, promotion, own) : await withBytes(deps, promotion, kind)
  const origin = kind === 'models' ? { originAssetId: source.id } : {}
  return put(target, { properties: { ...own, ...moved, ...origin, isArchived: false } })
}

const kindOf = ({ type }: StoredResource): AssetKind => {
  const word = type.split('/')[2]?.toLowerCase()
  const found = (Object.keys(assetKinds) as AssetKind[]).find((kind) => kind.toLowerCase() === word)
  if (!found || found.startsWith('feature')) throw fault('PromotionUnsupported', { type })
  return found
}

/** The properties that name bytes, over a copy of them that is the registry's. */
async function withBytes(deps: Needs, { source, registry }: Promotion, kind: AssetKind): Promise<JsonObject> {
  const own = objectAt(source.body.properties)
  const copy = async (uri: string): Promise<string> => {
    const place = await resolveUri(deps.store, ownerOf(source.id), uri)
    // A web address is as good from there.
    return place ? copyInto(deps, place, registry) : uri
  }
  const property = URI[kind]
  const uri = property && textAt(own[property])
  if (property && uri) return { [property]: await copy(uri) }
  const context = textAt(objectAt(own.build).contextUri)
  return context ? { build: { ...objectAt(own.build), contextUri: await copy(context) } } : {}
}

/** A component over parts that stand in the registry too. */
async function withParts(deps: Needs, promotion: Promotion, own: JsonObject): Promise<JsonObject> {
  const spec = objectAt(own.componentSpec)
  const workspace = ownerOf(promotion.source.id)
  const moved: Record<string, string> = {}
  for (const [property, kind] of [
    ['code', 'codes'],
    ['environment', 'environments'],
  ] as const) {
    const reference = textAt(spec[property])
    if (!reference || /^azureml:\/\/registries\//i.test(reference)) continue
    const part = await findAsset(deps.store.resources, workspace, { kind, reference })
    const [name = '', version = ''] = [part.id.split('/').at(-3), part.name]
    const at = `${promotion.registry.id}/${kind}/${name}/versions/${version}`
    if (!(await deps.store.resources.get(at))) await promoteAsset(deps, { ...promotion, source: part, name, version })
    moved[property] = `azureml://registries/${promotion.registry.name}/${kind}/${name}/versions/${version}`
  }
  return { componentSpec: { ...spec, ...moved } }
}

/** A copy of a file, or of all under a folder, under its own name below `to`; answers that name. */
export async function copyBytes({ blobs }: Pick<Deps, 'blobs'>, from: BlobLocation, to: BlobLocation): Promise<string> {
  const root = from.path.replace(/\/+$/, '')
  const word = root.slice(root.lastIndexOf('/') + 1)
  const copy = async (path: string, below: readonly string[]): Promise<void> => {
    const at = [to.path, word, ...below].filter((part) => part !== '').join('/')
    await blobs.write({ ...to, path: at }, await blobs.read({ ...from, path }))
  }
  if (root !== '' && (await blobs.info({ ...from, path: root }))) await copy(root, [])
  let after: string | undefined
  const prefix = root === '' ? '' : `${root}/`
  do {
    const page = await blobs.list({ ...from, path: prefix }, { limit: 500, ...(after !== undefined && { after }) })
    for (const { name } of page.items) await copy(name, [name.slice(prefix.length)])
    after = page.next
  } while (after !== undefined)
  return word
}

/** A copy in a fresh container of the registry's account; answers its address. */
async function copyInto({ store, blobs }: Needs, from: BlobLocation, registry: StoredResource): Promise<string> {
  const account = await accountOf(store.resources, registry.id)
  const container = randomUUID()
  await blobs.ensureContainer(account.name, container)
  const word = await copyBytes({ blobs }, from, { account: account.name, container, path: '' })
  return `https://${account.name}.blob.${STORAGE_SUFFIX}/${container}/${word}`
}

/** The version that a promotion's `sourceAssetId` names: of a workspace by its GUID, of a registry, or by its ARM id. */
export async function sourceAsset({ store }: Pick<Deps, 'store'>, id: string): Promise<StoredResource> {
  const [, guid, rest] = /^azureml:\/\/locations\/[^/]+\/workspaces\/([^/]+)\/(.+)$/i.exec(id) ?? []
  const [, registry, below] = /^azureml:\/\/registries\/([^/]+)\/(.+)$/i.exec(id) ?? []
  const owner = guid ? await workspaceOf(store, guid) : registry ? await registryOf(store, registry) : undefined
  const found = await store.resources.get(owner ? `${owner.id}/${rest ?? below}` : id)
  if (!found || !/\/versions$/i.test(found.type) || !isObject(found.body.properties)) {
    throw fault('AssetReferenceNotFound', { kind: 'asset', reference: id, workspace: owner?.name ?? '' })
  }
  return found
}

async function workspaceOf({ resources }: Deps['store'], guid: string): Promise<StoredResource | undefined> {
  const { items } = await resources.ofType('', 'Microsoft.MachineLearningServices/workspaces')
  return items.find(({ state }) => state.workspaceId === guid.toLowerCase())
}

const registryOf = ({ resources }: Deps['store'], name: string): Promise<StoredResource | undefined> =>
  resources.byGlobalName('Microsoft.MachineLearningServices/registries', name)
