import { Type } from 'typebox'
import { openArtifacts, runContainer } from '../../domain/artifacts/artifacts.ts'
import { listFolder } from '../../domain/artifacts/list-folder.ts'
import { artifactRoot } from '../../domain/models/model-source.ts'
import { findRun } from '../../domain/runs/find-run.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import { mlflow, required, runIdOf } from './mlflow-operation.ts'
import { renderingOf } from './present.ts'
import { presentEntries } from './present-artifacts.ts'
import { RunIds } from './schemas.ts'

const text = Type.Optional(Type.String())

/** MLflow's listing of a run's artifacts, one folder at a time, and URLs that need no token. */
export const artifactOperations = [
  mlflow({
    name: 'listArtifacts',
    method: 'GET',
    path: '/artifacts/list',
    right: 'experiments/runs/read',
    input: Type.Object({ ...RunIds, path: text, page_token: text }),
    async answer(deps, { input, ...asked }): Promise<JsonObject> {
      const run = await findRun(deps.store, asked.workspace.key, { runId: runIdOf(input) })
      const artifacts = await openArtifacts(deps, runContainer(run.workspace, run.id))
      const folder = (input.path ?? '').replace(/\/+$/, '')
      const entries = await listFolder(deps, artifacts.at(folder))
      return { root_uri: artifactRoot(renderingOf(asked), run), files: presentEntries(entries, folder) }
    },
  }),
  ...(['upload', 'download'] as const).map((way) =>
    mlflow({
      name: way === 'upload' ? 'createPresignedUploadUrl' : 'createPresignedDownloadUrl',
      method: 'POST',
      path: `/artifacts/presigned-${way}-url`,
      right: way === 'upload' ? 'experiments/runs/write' : 'experiments/runs/read',
      input: Type.Object({
        ...RunIds,
        path: text,
        expiration: Type.Optional(Type.Integer({ minimum: 1 })),
        model_id: text,
      }),
      async answer(deps, { input, workspace, origin }): Promise<JsonObject> {
        const run = await findRun(deps.store, workspace.key, { runId: input.model_id || runIdOf(input) })
        const artifacts = await openArtifacts(deps, runContainer(run.workspace, run.id))
        const path = required('path', input.path)
        if (way === 'upload') {
          const presigned_url = await artifacts.url(path, origin, 'write')
          return { presigned_url, headers: { 'x-ms-blob-type': 'BlockBlob' } }
        }
        const info = await deps.blobs.info(artifacts.at(path))
        if (!info) throw fault('ArtifactNotFound', { path, container: run.id })
        return { presigned_url: await artifacts.url(path, origin, 'read'), headers: {}, file_size: info.size }
      },
    }),
  ),
]
