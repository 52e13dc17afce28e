import { randomUUID } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { Type } from 'typebox'
import { artifactStore } from '../../domain/artifacts/artifact-store.ts'
import { datasetOfVersion } from '../../domain/datasets/dataset-of-asset.ts'
import { readDataflow } from '../../domain/datasets/mltable-text.ts'
import { profileRows } from '../../domain/datasets/profile-rows.ts'
import { readRows } from '../../domain/datasets/read-rows.ts'
import { findSavedDataset, type SavedDataset, saveDataset } from '../../domain/datasets/saved-datasets.ts'
import type { Deps } from '../../domain/deps.ts'
import { readOffset } from '../../domain/search/page-token.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import type { TrackedDocument } from '../../store/documents.ts'
import { Answer, type Operation, operation, type Workspace } from '../operation.ts'
import { presentPage } from '../paging.ts'
import { datasetAndVersion } from './present-dataset.ts'
import { MaybeText } from './schemas.ts'

const KIND = 'dataset-action'
const PROFILED = 100_000
const read = 'data/versions/read'
const write = 'data/versions/write'
const Request = Type.Object({
  ...{ actionType: MaybeText, definitionVersion: MaybeText, dataflowJson: MaybeText, savedDatasetId: MaybeText },
})
const Counted = Type.Object({
  count: Type.Optional(Type.Integer({ minimum: 1 })),
  continuationToken: Type.Optional(Type.String()),
})

interface Asked {
  readonly definitionVersion?: string | null
  readonly dataflowJson?: string | null
  readonly savedDatasetId?: string | null
}

/** The dataset that a request is about: one that it names itself, or a version of the path's. @throws AssetNotNamed, AssetNotFound */
async function datasetOf(
  deps: Deps,
  workspace: Workspace,
  { id, asked }: { id: string; asked: Asked },
): Promise<SavedDataset> {
  if (asked.savedDatasetId) return await findSavedDataset(deps.store, workspace.key, asked.savedDatasetId)
  if (asked.dataflowJson) {
    return await saveDataset(deps, workspace, { type: 'tabular', dataflow: asked.dataflowJson, properties: {} })
  }
  const named = { id, version: asked.definitionVersion ?? undefined }
  const { version } = await datasetAndVersion(deps, workspace, named)
  return await datasetOfVersion(deps, workspace, version)
}

async function profileOf(deps: Deps, workspace: Workspace, saved: SavedDataset): Promise<string> {
  const table = readDataflow(workspace.id, saved.dataflow)
  return JSON.stringify(profileRows(await readRows(deps, workspace.id, { table, limit: PROFILED })))
}

/** Makes a profile at once, and keeps it as an artifact: no compute is needed for what this service can read. */
export async function profileAction(deps: Deps, workspace: Workspace, saved: SavedDataset): Promise<TrackedDocument> {
  const profile = await profileOf(deps, workspace, saved)
  const id = randomUUID()
  const artifact = `LocalUpload/dataset-action-${id}/profile.json`
  await deps.blobs.write({ ...(await artifactStore(deps.store, workspace.key)), path: artifact }, profile)
  const at = deps.now().getTime()
  const body = { resultArtifactIds: [artifact] }
  const document = { ...{ workspace: workspace.key, kind: KIND, id, owner: saved.id, name: '', at }, body }
  await deps.store.write((within) => within.documents.put(document))
  return document
}

const actionOf = async ({ store }: Deps, workspace: Workspace, id: string): Promise<TrackedDocument> => {
  const found = await store.documents.get(workspace.key, KIND, id)
  if (!found) throw fault('AssetNotFound', { asset: id })
  return found
}

const actionsOf = async ({ store }: Deps, workspace: Workspace, saved: SavedDataset) =>
  (await store.documents.find(workspace.key, KIND, { owners: [saved.id], newestFirst: true })).items

const present = ({ id, owner, at, body }: TrackedDocument): JsonObject => ({
  actionId: id,
  actionType: 'Profile',
  datasetId: owner,
  resultArtifactIds: body.resultArtifactIds ?? [],
  createdTime: new Date(at).toISOString(),
  startTimeUtc: new Date(at).toISOString(),
  endTimeUtc: new Date(at).toISOString(),
  status: 'Completed',
  error: null,
})

/** The newest profile of a dataset, and whether it is what one made now would be. */
async function resultOf(deps: Deps, workspace: Workspace, saved: SavedDataset): Promise<JsonObject> {
  const [newest] = await actionsOf(deps, workspace, saved)
  if (!newest) return { isUpToDate: false, isUpToDateError: null, resultArtifactIds: [], inProgressActionId: null }
  const { resultArtifactIds = [] } = newest.body
  const [path] = Array.isArray(resultArtifactIds) ? resultArtifactIds.map(String) : []
  const at = { ...(await artifactStore(deps.store, workspace.key)), path: path ?? '' }
  const kept = (await deps.blobs.info(at)) ? (await buffer(await deps.blobs.read(at))).toString('utf8') : undefined
  const isUpToDate = kept === (await profileOf(deps, workspace, saved))
  return { isUpToDate, isUpToDateError: null, resultArtifactIds, inProgressActionId: null }
}

const pageOf = (all: readonly TrackedDocument[], query: { count?: number; continuationToken?: string }) => {
  const start = readOffset(query.continuationToken)
  const end = start + (query.count ?? 100)
  return { items: all.slice(start, end), ...(end < all.length && { next: String(end) }) }
}

/** Profiles that are kept. Azure makes them on a compute; what this service reads itself is made when it is asked for. */
export const actionOperations: readonly Operation[] = [
  operation({
    name: 'Dataset.submitAction',
    method: 'POST',
    path: '/datasets/{datasetId}/actions',
    right: write,
    body: Request,
    async answer(deps, { workspace, params, body }) {
      if ((body.actionType ?? 'Profile').toLowerCase() !== 'profile') {
        throw fault('ParameterInvalid', {
          reason: `An action of type '${body.actionType}' is not offered: a Profile is.`,
        })
      }
      const saved = await datasetOf(deps, workspace, { id: params.datasetId, asked: body })
      return present(await profileAction(deps, workspace, saved))
    },
  }),
  operation({
    name: 'Dataset.listActions',
    method: 'GET',
    path: '/datasets/{datasetId}/actions',
    right: read,
    query: Counted,
    async answer(deps, { workspace, params, query, ...asked }) {
      const saved = await datasetOf(deps, workspace, { id: params.datasetId, asked: {} })
      const page = pageOf(await actionsOf(deps, workspace, saved), query)
      return presentPage(page, present, { asked: { ...asked, workspace }, parameter: 'continuationToken' })
    },
  }),
  operation({
    name: 'Dataset.deleteActions',
    method: 'DELETE',
    path: '/datasets/{datasetId}/actions',
    right: write,
    async answer(deps, { workspace, params }) {
      const saved = await datasetOf(deps, workspace, { id: params.datasetId, asked: {} })
      await deps.store.write((within) => within.documents.removeOwned(workspace.key, KIND, saved.id))
      return new Answer(200)
    },
  }),
  operation({
    name: 'Dataset.listActionsFromRequest',
    method: 'POST',
    path: '/datasets/{datasetId}/actions/listactionsfromrequest',
    right: read,
    query: Counted,
    body: Request,
    async answer(deps, { workspace, params, query, body, ...asked }) {
      const saved = await datasetOf(deps, workspace, { id: params.datasetId, asked: body })
      const page = pageOf(await actionsOf(deps, workspace, saved), query)
      return presentPage(page, present, { asked: { ...asked, workspace }, parameter: 'continuationToken' })
    },
  }),
  operation({
    name: 'Dataset.getActionResult',
    method: 'POST',
    path: '/datasets/{datasetId}/actions/result',
    right: read,
    body: Request,
    answer: async (deps, { workspace, params, body }) =>
      await resultOf(deps, workspace, await datasetOf(deps, workspace, { id: params.datasetId, asked: body })),
  }),
  operation({
    name: 'Dataset.getActionById',
    method: 'GET',
    path: '/datasets/{datasetId}/actions/{actionId}',
    right: read,
    answer: async (deps, { workspace, params }) => present(await actionOf(deps, workspace, params.actionId)),
  }),
  operation({
    name: 'Dataset.cancelActionById',
    method: 'POST',
    path: '/datasets/{datasetId}/actions/{actionId}/cancel',
    right: write,
    async answer(deps, { workspace, params }) {
      // An action is over when it is answered: nothing is left to be called off.
      await actionOf(deps, workspace, params.actionId)
      return new Answer(200)
    },
  }),
  operation({
    name: 'Dataset.updateActionResult',
    method: 'PUT',
    path: '/datasets/{datasetId}/actions/{actionId}/result',
    right: write,
    body: Type.Object({ resultArtifactIds: Type.Array(Type.String()) }),
    async answer(deps, { workspace, params, body }) {
      await deps.store.write(async (within) => {
        const found = await within.documents.get(workspace.key, KIND, params.actionId)
        if (!found) throw fault('AssetNotFound', { asset: params.actionId })
        await within.documents.put({ ...found, body: { ...found.body, resultArtifactIds: body.resultArtifactIds } })
      })
      return new Answer(200)
    },
  }),
  operation({
    name: 'Dataset.generateProfile',
    method: 'POST',
    path: '/datasets/{datasetId}/definitions/{versionId}/profile',
    right: write,
    async answer(deps, { workspace, params }) {
      const asked = { definitionVersion: params.versionId }
      const saved = await datasetOf(deps, workspace, { id: params.datasetId, asked })
      await profileAction(deps, workspace, saved)
      return new Answer(200)
    },
  }),
  operation({
    name: 'Dataset.getProfile',
    method: 'GET',
    path: '/datasets/{datasetId}/definitions/{versionId}/profile',
    right: read,
    async answer(deps, { workspace, params }) {
      const asked = { definitionVersion: params.versionId }
      const saved = await datasetOf(deps, workspace, { id: params.datasetId, asked })
      const [newest] = await actionsOf(deps, workspace, saved)
      if (!newest) throw fault('AssetNotFound', { asset: `profile of ${params.datasetId}` })
      return {
        profileActionId: newest.id,
        status: 'Completed',
        completedOnUtc: new Date(newest.at).toISOString(),
        actionResult: await resultOf(deps, workspace, saved),
      }
    },
  }),
  operation({
    name: 'Dataset.generateProfileWithPreview',
    method: 'POST',
    path: '/saveddatasets/{id}/profilewithpreview',
    right: write,
    async answer(deps, { workspace, params }) {
      const saved = await findSavedDataset(deps.store, workspace.key, params.id)
      return present(await profileAction(deps, workspace, saved))
    },
  }),
]
