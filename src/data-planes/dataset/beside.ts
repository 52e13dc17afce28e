import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import { artifactStore } from '../../domain/artifacts/artifact-store.ts'
import { checkPath } from '../../domain/artifacts/artifacts.ts'
import { datasetOfVersion } from '../../domain/datasets/dataset-of-asset.ts'
import { readDataflow, tableOf } from '../../domain/datasets/mltable-text.ts'
import { saveDataset } from '../../domain/datasets/saved-datasets.ts'
import type { Deps } from '../../domain/deps.ts'
import { readOffset } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import { type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { TrackedDocument } from '../../store/documents.ts'
import { Answer, type Operation, operation, type Workspace } from '../operation.ts'
import { presentPage } from '../paging.ts'
import { profileAction } from './actions.ts'
import { Paged, Registering } from './dataset-schemas.ts'
import { datasetAndVersion, datasetAt, datasetId, pathOf, presentDataset, versionAt } from './present-dataset.ts'
import { registerDataset } from './register-dataset.ts'
import { MaybeFlag, MaybeText, MaybeTexts } from './schemas.ts'

const SNAPSHOT = 'dataset-snapshot'
const ASSOCIATION = 'dataset-association'
const read = 'data/versions/read'
const write = 'data/versions/write'
const Association = Type.Object({
  associatedDatasetId: MaybeText,
  associatedDatasetType: MaybeText,
  relation: MaybeText,
})

const ownerAt = async (deps: Deps, workspace: Workspace, id: string): Promise<string> =>
  datasetId(await datasetAt(deps, workspace, id))

const presentSnapshot = ({ owner, name, at, body }: TrackedDocument): JsonObject => ({
  ...{ datasetSnapshotName: name, datasetId: owner, ...body },
  ...{ timeStamp: new Date(at).toISOString(), createdTime: new Date(at).toISOString() },
})

async function snapshotAt(
  deps: Deps,
  workspace: Workspace,
  { id, name }: { id: string; name: string },
): Promise<TrackedDocument> {
  const owner = await ownerAt(deps, workspace, id)
  const found = await deps.store.documents.get(workspace.key, SNAPSHOT, `${owner}/${name}`)
  if (!found) throw fault('AssetNotFound', { asset: name })
  return found
}

/** How a part of a dataset is taken. @throws ParameterInvalid for a strategy that MLTable has no word for */
function sampling(strategy: string, sent: JsonObject): Json {
  const named = strategy.toLowerCase().replaceAll(/[^a-z]/g, '')
  const { n, probability, seed } = sent
  if (named === 'topn' && typeof n === 'number') return { take: n }
  if (named === 'simplerandom' && typeof probability === 'number') {
    return { take_random_sample: { probability, ...(typeof seed === 'number' && { seed }) } }
  }
  throw fault('ParameterInvalid', {
    reason: `A sample '${strategy}' can't be taken: 'top_n' with n and 'simple_random' with probability can.`,
  })
}

/** What stands beside registered datasets: what they belong to, how they once were, parts of them, files about them. */
export const besideOperations: readonly Operation[] = [
  operation({
    name: 'Dataset.getAllDatasetSnapshots',
    method: 'GET',
    path: '/datasets/{datasetId}/datasetSnapshots',
    right: read,
    query: Paged,
    async answer(deps, { workspace, params, query, ...asked }) {
      const owners = [await ownerAt(deps, workspace, params.datasetId)]
      const { items } = await deps.store.documents.find(workspace.key, SNAPSHOT, { owners, newestFirst: true })
      const start = readOffset(query.continuationToken)
      const end = start + (query.pageSize ?? 100)
      const page = { items: items.slice(start, end), ...(end < items.length && { next: String(end) }) }
      return presentPage(page, presentSnapshot, { asked: { ...asked, workspace }, parameter: 'continuationToken' })
    },
  }),
  operation({
    name: 'Dataset.createDatasetSnapshot',
    method: 'POST',
    path: '/datasets/{datasetId}/datasetSnapshots',
    right: write,
    query: Type.Object({ ifExistsOk: Type.Optional(Type.Boolean()) }),
    body: Type.Object({
      datasetSnapshotName: Type.String({ minLength: 1, maxLength: 255 }),
      ...{ definitionVersion: MaybeText, createDatasnapshot: MaybeFlag },
    }),
    async answer(deps, { workspace, params, query, body }) {
      if (body.createDatasnapshot) {
        throw fault('ParameterInvalid', {
          reason: 'A snapshot keeps a profile of its data, no copy: leave createDatasnapshot out.',
        })
      }
      const container = await datasetAt(deps, workspace, params.datasetId)
      const owner = datasetId(container)
      const id = `${owner}/${body.datasetSnapshotName}`
      const known = await deps.store.documents.get(workspace.key, SNAPSHOT, id)
      if (known && !query.ifExistsOk)
        throw fault('AssetExists', { kind: 'dataset snapshot', asset: body.datasetSnapshotName })
      if (known) return presentSnapshot(known)
      const version = await versionAt(deps, workspace, { container, version: body.definitionVersion ?? undefined })
      const action = await profileAction(deps, workspace, await datasetOfVersion(deps, workspace, version))
      const document: TrackedDocument = {
        ...{ workspace: workspace.key, kind: SNAPSHOT, id, owner, name: body.datasetSnapshotName },
        at: deps.now().getTime(),
        body: { definitionVersion: version.name, profileActionId: action.id, dataSnapshotPath: null },
      }
      await deps.store.write((within) => within.documents.put(document))
      return presentSnapshot(document)
    },
  }),
  operation({
    name: 'Dataset.getDatasetSnapshot',
    method: 'GET',
    path: '/datasets/{datasetId}/datasetSnapshots/{datasetSnapshotName}',
    right: read,
    answer: async (deps, { workspace, params }) =>
      presentSnapshot(await snapshotAt(deps, workspace, { id: params.datasetId, name: params.datasetSnapshotName })),
  }),
  operation({
    name: 'Dataset.deleteDatasetSnapshot',
    method: 'DELETE',
    path: '/datasets/{datasetId}/datasetSnapshots/{datasetSnapshotName}',
    right: write,
    async answer(deps, { workspace, params }) {
      const found = await snapshotAt(deps, workspace, { id: params.datasetId, name: params.datasetSnapshotName })
      await deps.store.write((within) => within.documents.remove(workspace.key, SNAPSHOT, [found.id]))
      return new Answer(200)
    },
  }),
  operation({
    name: 'Dataset.getAssociations',
    method: 'GET',
    path: '/datasets/{datasetId}/associations',
    right: read,
    async answer(deps, { workspace, params }) {
      const owners = [await ownerAt(deps, workspace, params.datasetId)]
      const { items } = await deps.store.documents.find(workspace.key, ASSOCIATION, { owners })
      return { value: items.map((item) => ({ associationId: item.id, sourceDatasetId: item.owner, ...item.body })) }
    },
  }),
  operation({
    name: 'Dataset.associateDatasets',
    method: 'POST',
    path: '/datasets/{datasetId}/associations',
    right: write,
    body: Association,
    async answer(deps, { workspace, params, body }) {
      const owner = await ownerAt(deps, workspace, params.datasetId)
      const targetDatasetId = await ownerAt(deps, workspace, body.associatedDatasetId ?? '')
      const document: TrackedDocument = {
        ...{ workspace: workspace.key, kind: ASSOCIATION, id: randomUUID(), owner, name: targetDatasetId },
        ...{ at: deps.now().getTime(), body: { targetDatasetId, relation: body.relation ?? null } },
      }
      await deps.store.write((within) => within.documents.put(document))
      return { associationId: document.id, sourceDatasetId: owner, ...document.body }
    },
  }),
  operation({
    name: 'Dataset.dissociateDatasets',
    method: 'POST',
    path: '/datasets/{datasetId}/associations/remove',
    right: write,
    body: Association,
    async answer(deps, { workspace, params, body }) {
      const owners = [await ownerAt(deps, workspace, params.datasetId)]
      const target = await ownerAt(deps, workspace, body.associatedDatasetId ?? '')
      return await deps.store.write(async (within) => {
        const { items } = await within.documents.find(workspace.key, ASSOCIATION, { owners, name: target })
        const gone = items.filter(({ body: own }) => !body.relation || own.relation === body.relation)
        await within.documents.remove(
          workspace.key,
          ASSOCIATION,
          gone.map(({ id }) => id),
        )
        return gone.length
      })
    },
  }),
  operation({
    name: 'Dataset.sample',
    method: 'POST',
    path: '/datasets/{datasetId}/sample',
    right: write,
    query: Registering,
    body: Type.Object({
      sampleDatasetName: Type.String({ minLength: 1 }),
      sampleStrategy: Type.String(),
      sampleArguments: Type.Optional(Type.Record(Type.String(), Type.Any())),
      ...{ description: MaybeText, tags: MaybeTexts },
    }),
    async answer(deps, { params, query, body, ...asking }) {
      const { workspace } = asking
      const step = sampling(body.sampleStrategy, objectAt(body.sampleArguments))
      const { version } = await datasetAndVersion(deps, workspace, { id: params.datasetId })
      const whole = await datasetOfVersion(deps, workspace, version)
      const { paths, transformations } = readDataflow(workspace.id, whole.dataflow)
      const dataflow = tableOf(paths, [...transformations, step]).text
      const saved = await saveDataset(deps, workspace, { type: 'tabular', dataflow, properties: whole.properties })
      const registered = await registerDataset(deps, asking, {
        ...{ name: body.sampleDatasetName, saved, description: textAt(body.description), tags: body.tags },
        ...{ ifExistsOk: query.ifExistsOk, updateIfExists: query.updateDefinitionIfExists },
      })
      return {
        ...(await presentDataset(deps, workspace, { container: registered })),
        dataPath: pathOf(workspace, saved),
      }
    },
  }),
  operation({
    name: 'Dataset.uploadDatasetArtifact',
    method: 'POST',
    path: '/datasets/{datasetId}/artifacts',
    right: write,
    body: Type.Object({ path: Type.String({ minLength: 1 }), content: Type.String() }),
    async answer(deps, { workspace, params, body }) {
      const owner = await ownerAt(deps, workspace, params.datasetId)
      const path = `LocalUpload/dataset-files-${owner}/${checkPath(body.path)}`
      await deps.blobs.write({ ...(await artifactStore(deps.store, workspace.key)), path }, body.content)
      return path
    },
  }),
]
