import { Type } from 'typebox'
import { datasetOfVersion } from '../../domain/datasets/dataset-of-asset.ts'
import type { Deps } from '../../domain/deps.ts'
import { readOffset } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { assetAt, changeAsset } from '../asset-writes.ts'
import { Answer, type Operation, operation, type RegionalRequest, type Workspace } from '../operation.ts'
import { presentPage } from '../paging.ts'
import { Dataset, Definition, definitionAsSaved, notPending, Paged, Registering, State } from './dataset-schemas.ts'
import {
  containersOf,
  datasetAndVersion,
  datasetAt,
  pathOf,
  presentDataset,
  presentDefinition,
  STATE,
  versionAt,
  versionsOfDataset,
} from './present-dataset.ts'
import { registerDataset } from './register-dataset.ts'

type Asked = Pick<RegionalRequest<string, unknown, unknown>, 'workspace' | 'origin' | 'url'>
const read = 'data/versions/read'
const write = 'data/versions/write'

/** A page of a list that is there as a whole. */
function paged<Item>(
  asked: Asked,
  all: readonly Item[],
  {
    query,
    present,
  }: { query: { continuationToken?: string; pageSize?: number }; present: (item: Item) => JsonObject | string },
): JsonObject {
  const start = readOffset(query.continuationToken)
  const end = start + (query.pageSize ?? 100)
  const page = { items: all.slice(start, end), ...(end < all.length && { next: String(end) }) }
  return presentPage(page, present, { asked, parameter: 'continuationToken' })
}

interface Selection {
  readonly datasetNames?: readonly string[]
  readonly searchText?: string
  readonly includeInvisible?: boolean
  readonly datasetTypes?: readonly string[]
  readonly includeLatestDefinition?: boolean
}

async function shownDatasets(deps: Deps, workspace: Workspace, wanted: Selection): Promise<readonly JsonObject[]> {
  const names = wanted.datasetNames?.flatMap((name) => name.toLowerCase().split(','))
  const search = wanted.searchText?.toLowerCase()
  const shown: JsonObject[] = []
  for (const container of await containersOf(deps, workspace)) {
    const name = container.name.toLowerCase()
    if ((names && !names.includes(name)) || (search && !name.includes(search))) continue
    const [latest] = await versionsOfDataset(deps, workspace, container)
    // What has no version yet reads nothing; what a run left without a name is in no list of names.
    if (!latest || objectAt(latest.body.properties).isAnonymous === true) continue
    const dataset = await presentDataset(deps, workspace, { container, withLatest: wanted.includeLatestDefinition })
    const visible = wanted.includeInvisible || dataset.isVisible
    if (visible && (wanted.datasetTypes?.includes(String(dataset.datasetType)) ?? true)) shown.push(dataset)
  }
  return shown
}

/** Says of a dataset or of a version what became of it. */
const withState = async (
  asking: Pick<RegionalRequest<string, unknown, unknown>, 'workspace' | 'writes' | 'caller'>,
  resource: StoredResource,
  state: JsonObject,
): Promise<void> => {
  const own = objectAt(objectAt(resource.body.properties).properties)
  await changeAsset(asking, resource, {
    isArchived: state.state === 'archived',
    properties: { ...own, [STATE]: JSON.stringify({ state: state.state, deprecatedBy: state.deprecatedBy ?? null }) },
  })
}

/** Registered datasets of azureml's first client: data assets of the resource manager, by name, id and version. */
export const datasetOperations: readonly Operation[] = [
  operation({
    name: 'Dataset.list',
    method: 'GET',
    path: '/datasets',
    right: 'data/read',
    query: Type.Object({
      ...Paged.properties,
      datasetNames: Type.Optional(Type.Array(Type.String())),
      datasetTypes: Type.Optional(Type.Array(Type.String())),
      searchText: Type.Optional(Type.String()),
      includeInvisible: Type.Optional(Type.Boolean()),
      includeLatestDefinition: Type.Optional(Type.Boolean()),
    }),
    async answer(deps, { query, ...asked }) {
      return paged(asked, await shownDatasets(deps, asked.workspace, query), { query, present: (one) => one })
    },
  }),
  operation({
    name: 'Dataset.register',
    method: 'POST',
    path: '/datasets',
    right: write,
    query: Registering,
    body: Dataset,
    async answer(deps, { query, body, ...asking }) {
      notPending(query)
      const { workspace } = asking
      if (!body.latest) throw fault('ParameterInvalid', { reason: "A dataset has its definition in 'latest'." })
      const type = body.datasetType === 'file' ? 'file' : 'tabular'
      const saved = await definitionAsSaved(deps, workspace, { definition: body.latest, type })
      const container = await registerDataset(deps, asking, {
        ...{ name: body.name, saved, version: query.userVersionId, description: body.description, tags: body.tags },
        ...{ ifExistsOk: query.ifExistsOk, updateIfExists: query.updateDefinitionIfExists },
      })
      return await presentDataset(deps, workspace, { container })
    },
  }),
  operation({
    name: 'Dataset.deleteAllDatasets',
    method: 'DELETE',
    path: '/datasets',
    right: 'data/delete',
    async answer(deps, { workspace, writes }) {
      for (const container of await containersOf(deps, workspace)) await writes.remove(container.id)
      return new Answer(200)
    },
  }),
  operation({
    name: 'Dataset.getDatasetByName',
    method: 'GET',
    path: '/datasets/query/name={datasetName}',
    right: read,
    query: Type.Object({
      versionId: Type.Optional(Type.String()),
      includeLatestDefinition: Type.Optional(Type.Boolean()),
    }),
    async answer(deps, { workspace, params, query }) {
      const container = await assetAt(deps, workspace, { kind: 'data', name: params.datasetName })
      return await presentDataset(deps, workspace, {
        ...{ container, version: query.versionId, withLatest: query.includeLatestDefinition },
      })
    },
  }),
  operation({
    name: 'Dataset.getDatasetsBySavedDatasetId',
    method: 'GET',
    path: '/datasets/query/savedDatasetId={savedDatasetId}',
    right: read,
    query: Paged,
    async answer(deps, { params, query, ...asked }) {
      const found: JsonObject[] = []
      for (const container of await containersOf(deps, asked.workspace)) {
        for (const version of await versionsOfDataset(deps, asked.workspace, container)) {
          const { id } = await datasetOfVersion(deps, asked.workspace, version)
          if (id !== params.savedDatasetId) continue
          found.push(await presentDataset(deps, asked.workspace, { container, version: version.name }))
        }
      }
      return paged(asked, found, { query, present: (one) => one })
    },
  }),
  operation({
    name: 'Dataset.getDatasetById',
    method: 'GET',
    path: '/datasets/{datasetId}',
    right: read,
    query: Type.Object({ includeLatestDefinition: Type.Optional(Type.Boolean()) }),
    async answer(deps, { workspace, params, query }) {
      const container = await datasetAt(deps, workspace, params.datasetId)
      return await presentDataset(deps, workspace, { container, withLatest: query.includeLatestDefinition })
    },
  }),
  operation({
    name: 'Dataset.updateDataset',
    method: 'PUT',
    path: '/datasets/{datasetId}',
    right: write,
    body: Dataset,
    async answer(deps, { params, body, ...asking }) {
      const { workspace } = asking
      const container = await datasetAt(deps, workspace, params.datasetId)
      if (body.name.toLowerCase() !== container.name.toLowerCase()) {
        throw fault('ParameterInvalid', { reason: `The dataset's name is '${container.name}' and can't be changed.` })
      }
      const named = textAt(body.latest?.versionId)
      const version = await versionAt(deps, workspace, { container, version: named })
      await changeAsset(asking, version, { description: body.description, tags: body.tags })
      if (typeof body.isVisible === 'boolean') await changeAsset(asking, container, { isArchived: !body.isVisible })
      const changed = await assetAt(deps, workspace, { kind: 'data', name: container.name })
      return await presentDataset(deps, workspace, { container: changed, version: named })
    },
  }),
  operation({
    name: 'Dataset.unregisterDataset',
    method: 'DELETE',
    path: '/datasets/{name}',
    right: 'data/delete',
    async answer(deps, { workspace, params, writes }) {
      await writes.remove((await assetAt(deps, workspace, { kind: 'data', name: params.name })).id)
      return new Answer(200)
    },
  }),
  operation({
    name: 'Dataset.updateDatasetState',
    method: 'PUT',
    path: '/datasets/{datasetId}/state',
    right: write,
    body: State,
    async answer(deps, { params, body, ...asking }) {
      await withState(asking, await datasetAt(deps, asking.workspace, params.datasetId), objectAt(body))
      return new Answer(200)
    },
  }),
  operation({
    name: 'DatasetsV1.getAllDatasetVersions',
    method: 'GET',
    path: '/datasets/{datasetId}/versions',
    right: read,
    query: Paged,
    async answer(deps, { params, query, ...asked }) {
      const container = await datasetAt(deps, asked.workspace, params.datasetId)
      const versions = await versionsOfDataset(deps, asked.workspace, container)
      return paged(asked, versions, { query, present: ({ name }) => name })
    },
  }),
  operation({
    name: 'Dataset.getAllDatasetDefinitions',
    method: 'GET',
    path: '/datasets/{datasetId}/definitions',
    right: read,
    query: Paged,
    async answer(deps, { params, query, ...asked }) {
      const container = await datasetAt(deps, asked.workspace, params.datasetId)
      const shown: JsonObject[] = []
      for (const version of await versionsOfDataset(deps, asked.workspace, container)) {
        shown.push(await presentDefinition(deps, asked.workspace, { container, version }))
      }
      return paged(asked, shown, { query, present: (one) => one })
    },
  }),
  operation({
    name: 'Dataset.updateDefinition',
    method: 'POST',
    path: '/datasets/{datasetId}/definitions',
    right: write,
    query: Registering,
    body: Definition,
    async answer(deps, { params, query, body, ...asking }) {
      notPending(query)
      const { workspace } = asking
      const container = await datasetAt(deps, workspace, params.datasetId)
      const latest = await versionAt(deps, workspace, { container })
      const type = query.datasetType === 'file' || query.datasetType === 'tabular' ? query.datasetType : undefined
      const own = type ?? (await datasetOfVersion(deps, workspace, latest)).type
      const saved = await definitionAsSaved(deps, workspace, { definition: body, type: own })
      const { description, tags } = objectAt(latest.body.properties)
      const registered = await registerDataset(deps, asking, {
        ...{ name: container.name, saved, version: query.userVersionId, ifExistsOk: true, updateIfExists: true },
        description: body.description ?? textAt(description),
        tags: body.tags ?? (objectAt(tags) as Record<string, string>),
      })
      return await presentDataset(deps, workspace, { container: registered })
    },
  }),
  operation({
    name: 'Dataset.getDatasetDefinition',
    method: 'GET',
    path: '/datasets/{datasetId}/definitions/{version}',
    right: read,
    async answer(deps, { workspace, params }) {
      const found = await datasetAndVersion(deps, workspace, { id: params.datasetId, version: params.version })
      return await presentDefinition(deps, workspace, found)
    },
  }),
  operation({
    name: 'Dataset.getDataPath',
    method: 'GET',
    path: '/datasets/{datasetId}/definitions/{version}/path',
    right: read,
    async answer(deps, { workspace, params }) {
      const named = { id: params.datasetId, version: params.version }
      const { version } = await datasetAndVersion(deps, workspace, named)
      return pathOf(workspace, await datasetOfVersion(deps, workspace, version))
    },
  }),
  operation({
    name: 'Dataset.updateDefinitionState',
    method: 'PUT',
    path: '/datasets/{datasetId}/definitions/{version}/state',
    right: write,
    body: State,
    async answer(deps, { params, body, ...asking }) {
      const named = { id: params.datasetId, version: params.version }
      const { version } = await datasetAndVersion(deps, asking.workspace, named)
      await withState(asking, version, objectAt(body))
      return new Answer(200)
    },
  }),
]
