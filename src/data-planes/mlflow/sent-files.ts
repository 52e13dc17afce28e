import { Type } from 'typebox'
import type { BlobLocation } from '../../compute/engine.ts'
import { checkPath, openArtifacts, runContainer } from '../../domain/artifacts/artifacts.ts'
import type { Deps } from '../../domain/deps.ts'
import { modelPlace } from '../../domain/models/model-source.ts'
import { findVersion } from '../../domain/models/models.ts'
import { findRun } from '../../domain/runs/find-run.ts'
import { fault } from '../../faults.ts'
import { Answer, operation } from '../operation.ts'
import { required, runIdOf } from './mlflow-operation.ts'
import { RunIds } from './schemas.ts'

const text = Type.Optional(Type.String())

/** A body that is saved, not shown: what a client uploaded must not run as a page of this origin. */
export const attached = (path: string, body: Answer['body'], more: { contentType: string; size?: number }): Answer =>
  new Answer(200, body, more.contentType, {
    ...(more.size !== undefined && { 'content-length': String(more.size) }),
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(path.slice(path.lastIndexOf('/') + 1))}`,
    'x-content-type-options': 'nosniff',
  })

/** @throws ArtifactNotFound, that names the path and what was to hold it */
export async function sentFile({ blobs }: Deps, at: BlobLocation, path: string, container: string): Promise<Answer> {
  const info = await blobs.info(at)
  if (!info) throw fault('ArtifactNotFound', { path, container })
  return attached(path, await blobs.read(at), info)
}

/** The links of MLflow's pages and of those who copied one from there. */
export const sentFileOperations = [
  operation({
    name: 'MLflow.getArtifact',
    method: 'GET',
    path: '/get-artifact',
    right: 'experiments/runs/read',
    query: Type.Object({ ...RunIds, path: text }),
    async answer(deps, { workspace, query }) {
      const run = await findRun(deps.store, workspace.key, { runId: runIdOf(query) })
      const path = checkPath(required('path', query.path))
      const artifacts = await openArtifacts(deps, runContainer(run.workspace, run.id))
      return await sentFile(deps, artifacts.at(path), path, run.id)
    },
  }),
  operation({
    name: 'MLflow.getModelVersionArtifact',
    method: 'GET',
    path: '/model-versions/get-artifact',
    right: 'models/versions/read',
    query: Type.Object({ name: text, version: text, path: text }),
    async answer(deps, { workspace, query }) {
      const asked = { name: required('name', query.name), version: required('version', query.version) }
      const path = checkPath(required('path', query.path))
      const { uri } = await findVersion(deps.store, workspace.id, asked)
      const { blobs } = await modelPlace(deps, workspace.id, uri)
      const at = { ...blobs, path: `${blobs.path.replace(/\/+$/, '')}/${path}` }
      return await sentFile(deps, at, path, `${asked.name}:${asked.version}`)
    },
  }),
]
