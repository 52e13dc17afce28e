import { Type } from 'typebox'
import { checkPath, openArtifacts } from '../../domain/artifacts/artifacts.ts'
import type { Deps } from '../../domain/deps.ts'
import { fault, isFault } from '../../faults.ts'
import type { Origin } from '../../gateway/surface.ts'
import type { JsonObject } from '../../json.ts'
import { presentArtifact, presentContent } from '../artifact-dto.ts'
import { Answer, operation, type Workspace } from '../operation.ts'

const Ids = Type.Object({ artifactIds: Type.Array(Type.String(), { maxItems: 1000 }) })
const Named = Type.Object({ origin: Type.String(), container: Type.String(), path: Type.String() })

/** `{origin}/{container}/{path}`. */
function placeOf(id: string) {
  const [origin = '', container = '', ...path] = id.split('/')
  return { origin, container, path: path.join('/') }
}

async function batch(deps: Deps, workspace: Workspace, asked: { ids: readonly string[]; origin: Origin }) {
  const artifacts: Record<string, JsonObject> = {}
  const contents: Record<string, JsonObject> = {}
  const errors: Record<string, JsonObject> = {}
  for (const id of asked.ids) {
    try {
      const { path, ...place } = placeOf(id)
      const opened = await openArtifacts(deps, { ...place, workspace: workspace.key })
      artifacts[id] = presentArtifact(opened, await opened.get(path))
      contents[id] = await presentContent(opened, path, asked.origin)
    } catch (error) {
      if (!isFault(error)) throw error
      errors[id] = { error: { code: 'UserError', message: error.message } }
    }
  }
  return { artifacts, artifactContentInformation: contents, errors }
}

/** An artifact is its file: registering one that was written finds it, and makes nothing up. */
const named = (name: string, path: string) =>
  operation({
    name,
    method: 'POST',
    path,
    right: 'artifacts/write',
    body: Named,
    async answer(deps, { workspace, body }) {
      const opened = await openArtifacts(deps, { ...body, workspace: workspace.key })
      return presentArtifact(opened, await opened.get(body.path))
    },
  })

const many = (name: string, path: string) =>
  operation({
    name,
    method: 'POST',
    path,
    right: 'artifacts/read',
    body: Ids,
    answer: (deps, { workspace, body, origin }) => batch(deps, workspace, { ids: body.artifactIds, origin }),
  })

async function removeAll(deps: Deps, workspace: Workspace, of: { origin: string; container: string }): Promise<void> {
  const opened = await openArtifacts(deps, { ...of, workspace: workspace.key })
  for (;;) {
    const { items } = await opened.list('')
    for (const { path } of items) await deps.blobs.remove(opened.at(checkPath(path)))
    if (items.length === 0) return
  }
}

/** Artifacts by their ids, and many at once. */
export const byIdOperations = [
  named('Artifacts.create', '/artifacts/metadata'),
  named('Artifacts.register', '/artifacts/register'),
  many('Artifacts.batchGetById', '/artifacts/batch/metadata'),
  many('Artifacts.batchGetStorageById', '/artifacts/storageuri/batch/metadata'),
  operation({
    name: 'Artifacts.deleteBatchMetaData',
    method: 'POST',
    path: '/artifacts/{origin}/{container}/batch/metadata:delete',
    right: 'artifacts/delete',
    body: Type.Object({ paths: Type.Array(Type.Object({ path: Type.String() }), { maxItems: 1000 }) }),
    async answer(deps, { workspace, params, body }) {
      const opened = await openArtifacts(deps, { ...params, workspace: workspace.key })
      for (const { path } of body.paths) await opened.get(path)
      for (const { path } of body.paths) await deps.blobs.remove(opened.at(checkPath(path)))
      return new Answer(200)
    },
  }),
  ...(['/artifacts/{origin}/{container}/batch', '/artifacts/batch/{origin}/{container}'] as const).map((path) =>
    operation({
      name: path.startsWith('/artifacts/batch')
        ? 'Artifact.deleteMetaDataInContainer'
        : 'Artifacts.deleteMetaDataInContainer',
      method: 'DELETE',
      path: path as '/artifacts/{origin}/{container}/batch',
      right: 'artifacts/delete',
      async answer(deps, { workspace, params }) {
        await removeAll(deps, workspace, params)
        return new Answer(200)
      },
    }),
  ),
  operation({
    name: 'Artifacts.setDefaultDatastore',
    method: 'POST',
    path: '/artifacts/datacontainer/{datacontainerid}/datastore/{datastorename}',
    right: 'artifacts/write',
    async answer(_deps, { params }) {
      if (params.datastorename === 'workspaceartifactstore') return new Answer(200)
      throw fault('ArtifactsStay', { datastore: params.datastorename })
    },
  }),
]
