import { containerType } from '../../domain/assets/asset-kinds.ts'
import { containerVersions } from '../../domain/assets/container-versions.ts'
import { datasetOfVersion } from '../../domain/datasets/dataset-of-asset.ts'
import { readDataflow } from '../../domain/datasets/mltable-text.ts'
import { type SavedDataset, uuidOf } from '../../domain/datasets/saved-datasets.ts'
import type { Deps } from '../../domain/deps.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, objectIn, textAt } from '../../json.ts'
import { foldId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'
import { assetAt, versionsOfAsset } from '../asset-writes.ts'
import type { Workspace } from '../operation.ts'
import { userOf } from './present-data.ts'

/** The property of a container, or of a version, that says what became of it: deprecated, and in favour of what. */
export const STATE = 'azureml.datasetState'

/** A registered dataset's id follows from its name and the time of its making. */
export const datasetId = (container: StoredResource): string =>
  uuidOf(`${foldId(container.id)}|${container.system.createdAt}`)

export const containersOf = async ({ store }: Pick<Deps, 'store'>, workspace: Workspace) =>
  (await store.resources.children(workspace.id, containerType('data', 'workspaces'))).items

/** A registered dataset by its id, or by its name. @throws AssetNotNamed */
export async function datasetAt(deps: Deps, workspace: Workspace, id: string): Promise<StoredResource> {
  const found = (await containersOf(deps, workspace)).find((container) => datasetId(container) === id.toLowerCase())
  return found ?? (await assetAt(deps, workspace, { kind: 'data', name: id }))
}

/** A version of a registered dataset; its latest where none is named. @throws AssetNotNamed */
export async function versionAt(
  deps: Deps,
  workspace: Workspace,
  { container, version }: { readonly container: StoredResource; readonly version?: string | undefined },
): Promise<StoredResource> {
  const name = version ?? (await containerVersions(deps.store.resources, container, 'data')).latestVersion
  if (name === null) throw fault('AssetNotNamed', { kind: 'data asset', asset: container.name })
  return await assetAt(deps, workspace, { kind: 'data', name: container.name, version: name })
}

/** A registered dataset by its id or name, and a version of it; its latest where none is named. @throws AssetNotNamed */
export async function datasetAndVersion(
  deps: Deps,
  workspace: Workspace,
  { id, version }: { readonly id: string; readonly version?: string | undefined },
): Promise<{ readonly container: StoredResource; readonly version: StoredResource }> {
  const container = await datasetAt(deps, workspace, id)
  return { container, version: await versionAt(deps, workspace, { container, version }) }
}

export function stateOf(resource: StoredResource): JsonObject {
  const properties = objectAt(resource.body.properties)
  const kept = textAt(objectAt(properties.properties)[STATE])
  const said = kept === undefined ? {} : objectIn(kept)
  const state = properties.isArchived === true ? 'archived' : (textAt(said.state) ?? 'active')
  return { state, deprecatedBy: said.deprecatedBy ?? null, etag: resource.etag }
}

export async function presentDefinition(
  deps: Deps,
  workspace: Workspace,
  { container, version }: { readonly container: StoredResource; readonly version: StoredResource },
): Promise<JsonObject> {
  const properties = objectAt(version.body.properties)
  const saved = await datasetOfVersion(deps, workspace, version)
  const { system } = version
  return {
    datasetId: datasetId(container),
    versionId: version.name,
    datasetDefinitionState: stateOf(version),
    dataflow: saved.dataflow,
    dataPath: pathOf(workspace, saved),
    partitionFormatInPath: null,
    profileActionResult: null,
    notes: null,
    etag: version.etag,
    createdTime: system.createdAt,
    modifiedTime: system.lastModifiedAt,
    createdBy: userOf(system.createdBy),
    modifiedBy: userOf(system.lastModifiedBy),
    fileType: null,
    properties: saved.properties,
    savedDatasetId: saved.id,
    description: textAt(properties.description) ?? null,
    tags: objectAt(properties.tags),
  }
}

const IN_DATASTORE = /\/datastores\/([^/]+)\/paths\/(.*)$/i

/** Where a dataset reads, in this service's words. Source: `DataPathDto`. */
export function pathOf(workspace: Workspace, saved: SavedDataset): JsonObject {
  const places = readDataflow(workspace.id, saved.dataflow).paths.map(({ place }) => place)
  const [first = ''] = places
  const [, datastoreName = null, relativePath = null] = IN_DATASTORE.exec(first) ?? []
  return {
    datastoreName,
    relativePath,
    paths: places.map((place) => IN_DATASTORE.exec(place)?.[2] ?? place),
    httpUrl: datastoreName === null ? first : null,
    azureFilePath: null,
    sqlDataPath: null,
    additionalProperties: {},
    partitionFormat: null,
  }
}

interface Shown {
  readonly container: StoredResource
  readonly version?: string | undefined
  /** False to leave the definition out. */
  readonly withLatest?: boolean | undefined
}

/** Source: `DatasetDto`; description and tags are those of the version. */
export async function presentDataset(
  deps: Deps,
  workspace: Workspace,
  { container, version, withLatest = true }: Shown,
): Promise<JsonObject> {
  const found = await versionAt(deps, workspace, { container, version })
  const properties = objectAt(found.body.properties)
  const state = stateOf(container)
  return {
    datasetId: datasetId(container),
    datasetState: state,
    latest: withLatest ? await presentDefinition(deps, workspace, { container, version: found }) : null,
    nextVersionId: (await containerVersions(deps.store.resources, container, 'data')).nextVersion,
    createdTime: container.system.createdAt,
    modifiedTime: found.system.lastModifiedAt,
    etag: container.etag,
    name: container.name,
    description: textAt(properties.description) ?? null,
    tags: objectAt(properties.tags),
    isVisible: state.state !== 'archived',
    defaultCompute: null,
    datasetType: (await datasetOfVersion(deps, workspace, found)).type,
  }
}

/** The names and numbers of a dataset's versions, newest first. */
export const versionsOfDataset = (deps: Deps, workspace: Workspace, container: StoredResource) =>
  versionsOfAsset(deps, workspace, { kind: 'data', name: container.name })
