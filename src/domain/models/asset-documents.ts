import { randomUUID } from 'node:crypto'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { TrackedDocument } from '../../store/documents.ts'
import type { Repositories } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { findVersion, type ModelView } from './models.ts'

const KIND = 'model-asset'
const IN_STORE = /\/datastores\/workspaceartifactstore\/paths\/(.+?)\/?$/i

/** A set of artifacts that azureml's first clients name before they register a model from it. */
export interface ModelAsset {
  readonly id: string
  readonly name: string
  readonly type?: string
  readonly description?: string
  /** Each names artifacts by `{origin}/{container}/{path}`: one by its id, or all that start with a prefix. */
  readonly artifacts: readonly { readonly id?: string; readonly prefix?: string }[]
  readonly tags: Readonly<Record<string, string>>
  readonly properties: Readonly<Record<string, string>>
  readonly run?: string
  readonly meta: Readonly<Record<string, string>>
  readonly createdAt: string
}

const assetOf = ({ id, name, at, body }: TrackedDocument): ModelAsset => ({
  ...(body as unknown as Omit<ModelAsset, 'id' | 'name' | 'createdAt'>),
  ...{ id, name, createdAt: new Date(at).toISOString() },
})

const documentOf = (workspace: string, { id, name, createdAt, ...body }: ModelAsset): TrackedDocument => ({
  ...{ workspace, kind: KIND, id, owner: body.run ?? '', name, at: Date.parse(createdAt), body: objectAt({ ...body }) },
})

/** Keeps a set of artifacts under an id. */
export async function keepAsset(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  workspace: string,
  asset: Omit<ModelAsset, 'id' | 'createdAt'>,
): Promise<ModelAsset> {
  const kept = { ...asset, id: randomUUID().replaceAll('-', ''), createdAt: now().toISOString() }
  await store.write((within) => within.documents.put(documentOf(workspace, kept)))
  return kept
}

/** Those of a workspace, newest first. */
export async function assetsOf(from: Repositories, workspace: string): Promise<readonly ModelAsset[]> {
  return (await from.documents.find(workspace, KIND, { newestFirst: true })).items.map(assetOf)
}

/**
 * The set that has this id, or that a model's files are (`name:version`).
 *
 * @throws AssetNotFound
 */
export async function findModelAsset(
  from: Repositories,
  workspace: { readonly key: string; readonly id: string },
  id: string,
): Promise<ModelAsset> {
  const kept = await from.documents.get(workspace.key, KIND, id)
  if (kept) return assetOf(kept)
  const [, name, version] = /^(.+):([^:]+)$/.exec(id) ?? []
  if (name === undefined || version === undefined) throw fault('AssetNotFound', { asset: id })
  const asset = assetOfModel(await findVersion(from, workspace.id, { name, version }))
  if (!asset) throw fault('AssetNotFound', { asset: id })
  return asset
}

/** The files of a model as artifacts; undefined where they lie in no artifact store. */
export function assetOfModel(model: ModelView): ModelAsset | undefined {
  const path = IN_STORE.exec(model.uri)?.[1]
  if (path === undefined) return undefined
  return {
    id: `${model.name}:${model.version}`,
    name: model.name,
    artifacts: [{ prefix: path }],
    ...{ tags: {}, properties: {}, meta: {} },
    ...(model.run !== undefined && { run: model.run }),
    createdAt: model.createdAt,
  }
}

/** Changes what is kept under an id. @throws AssetNotFound, also for what is a model's */
export async function changeAssetDocument(
  { store }: Pick<Deps, 'store'>,
  workspace: string,
  { id, change }: { readonly id: string; readonly change: (asset: ModelAsset) => ModelAsset },
): Promise<ModelAsset> {
  return await store.write(async (within) => {
    const known = await within.documents.get(workspace, KIND, id)
    if (!known) throw fault('AssetNotFound', { asset: id })
    const changed = change(assetOf(known))
    await within.documents.put(documentOf(workspace, changed))
    return changed
  })
}

/** Forgets what is kept under an id; the artifacts stay. @throws AssetNotFound, also for what is a model's */
export async function removeAssetDocument(
  { store }: Pick<Deps, 'store'>,
  workspace: string,
  id: string,
): Promise<void> {
  await store.write(async (within) => {
    if (!(await within.documents.get(workspace, KIND, id))) throw fault('AssetNotFound', { asset: id })
    await within.documents.remove(workspace, KIND, [id])
  })
}

const OF_ASSET = /^aml:\/\/asset\/(.+)$/i

/**
 * The place of the one set of files that `aml://asset/{id}` names; any other URL is its own.
 *
 * @throws AssetNotFound, ParameterInvalid for a set of several places
 */
export async function sourceOf(
  from: Repositories,
  workspace: { readonly key: string; readonly id: string },
  url: string,
): Promise<string> {
  const id = OF_ASSET.exec(url)?.[1]
  if (id === undefined) return url
  const { artifacts } = await findModelAsset(from, workspace, id)
  const [first] = artifacts
  const place = first?.prefix ?? first?.id
  if (place === undefined || artifacts.length !== 1) {
    throw fault('ParameterInvalid', { reason: `A model lies in one place; the asset '${id}' has ${artifacts.length}.` })
  }
  return `aml://artifactId/${place}`
}

/** What azureml's first clients say of a model and the resource manager has no word for. */
export interface ModelDetails {
  readonly framework?: string
  readonly frameworkVersion?: string
  readonly mimeType?: string
  readonly unpack?: boolean
  readonly url?: string
  readonly experimentName?: string
  readonly parentModelId?: string
  readonly datasets?: readonly JsonObject[]
  readonly sampleInputData?: string
  readonly sampleOutputData?: string
  readonly resourceRequirements?: JsonObject
}

export const detailsOf = ({ resource }: ModelView): ModelDetails =>
  objectAt(resource.state.management) as unknown as ModelDetails

/** Whether a model is of a dataset, by its id. */
export const ofDataset = (model: ModelView, dataset: string): boolean =>
  (detailsOf(model).datasets ?? []).some(({ id }) => textAt(id) === dataset)
