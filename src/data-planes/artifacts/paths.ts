import { Type } from 'typebox'
import { checkPath, openArtifacts } from '../../domain/artifacts/artifacts.ts'
import type { Deps } from '../../domain/deps.ts'
import { presentArtifact, presentBatch, presentContent } from '../artifact-dto.ts'
import { listArtifacts } from '../artifact-pages.ts'
import { Answer, operation, type Workspace } from '../operation.ts'

const read = 'artifacts/read'
const write = 'artifacts/write'
const Continued = Type.Object({ continuationToken: Type.Optional(Type.String()) })

const open = (deps: Deps, workspace: Workspace, params: { origin: string; container: string }) =>
  openArtifacts(deps, { ...params, workspace: workspace.key })

/** The same by paths that end in the file's: as azureml-core asks. */
export const pathOperations = [
  operation({
    name: 'Artifact.get',
    method: 'GET',
    path: '/artifacts/metadata/{origin}/{container}/{path}',
    deep: true,
    right: read,
    async answer(deps, { workspace, params }) {
      const artifacts = await open(deps, workspace, params)
      return presentArtifact(artifacts, await artifacts.get(params.path))
    },
  }),
  operation({
    name: 'Artifact.deleteMetaData',
    method: 'DELETE',
    path: '/artifacts/metadata/{origin}/{container}/{path}',
    deep: true,
    right: 'artifacts/delete',
    async answer(deps, { workspace, params }) {
      const artifacts = await open(deps, workspace, params)
      const { path } = await artifacts.get(params.path)
      await deps.blobs.remove(artifacts.at(checkPath(path)))
      return new Answer(200)
    },
  }),
  operation({
    name: 'Artifact.getContentInformation',
    method: 'GET',
    path: '/artifacts/contentinfo/{origin}/{container}/{path}',
    deep: true,
    right: read,
    async answer(deps, { workspace, params, origin }) {
      const artifacts = await open(deps, workspace, params)
      const { path } = await artifacts.get(params.path)
      return await presentContent(artifacts, path, origin)
    },
  }),
  operation({
    name: 'Artifact.getWriteSas',
    method: 'GET',
    path: '/artifacts/write/{origin}/{container}/{path}',
    deep: true,
    right: write,
    async answer(deps, { workspace, params, origin }) {
      const artifacts = await open(deps, workspace, params)
      const contentUri = await artifacts.url(params.path, origin, 'write')
      return { ...(await presentContent(artifacts, params.path, origin)), contentUri }
    },
  }),
  operation({
    name: 'Artifact.listSasByPrefix',
    method: 'GET',
    path: '/artifacts/prefix/contentinfo/{origin}/{container}/{path}',
    deep: true,
    right: read,
    query: Continued,
    async answer(deps, { workspace, params, query, ...rest }) {
      const artifacts = await open(deps, workspace, params)
      const asked = { ...rest, workspace }
      return await listArtifacts(artifacts, {
        asked,
        path: params.path,
        token: query.continuationToken,
        contents: true,
      })
    },
  }),
  operation({
    name: 'Artifact.listInPath',
    method: 'GET',
    path: '/artifacts/{origin}/{container}/{path}',
    deep: true,
    right: read,
    query: Continued,
    async answer(deps, { workspace, params, query, ...rest }) {
      const artifacts = await open(deps, workspace, params)
      return await listArtifacts(artifacts, {
        asked: { ...rest, workspace },
        path: params.path,
        token: query.continuationToken,
      })
    },
  }),
  operation({
    name: 'Artifact.batchCreateEmptyArtifacts',
    method: 'POST',
    path: '/artifacts/batch/metadata/{origin}/{container}',
    right: write,
    body: Type.Object({ paths: Type.Array(Type.Object({ path: Type.String() }), { maxItems: 1000 }) }),
    async answer(deps, { workspace, params, body, origin }) {
      const artifacts = await open(deps, workspace, params)
      return await presentBatch(artifacts, { paths: body.paths, origin, now: deps.now() })
    },
  }),
  ...(
    [
      ['Artifacts.getStorageContentInformation', '/artifacts/{origin}/{container}/contentinfo/storageuri'],
      ['Artifacts.listStorageUriByPrefix', '/artifacts/{origin}/{container}/prefix/contentinfo/storageuri'],
    ] as const
  ).map(([name, path]) =>
    operation({
      name,
      method: 'GET',
      path: path as '/artifacts/{origin}/{container}/contentinfo/storageuri',
      right: read,
      query: Type.Object({ path: Type.Optional(Type.String()), continuationToken: Type.Optional(Type.String()) }),
      async answer(deps, { workspace, params, query, ...rest }) {
        const artifacts = await open(deps, workspace, params)
        if (name === 'Artifacts.getStorageContentInformation') {
          const { path: file } = await artifacts.get(query.path ?? '')
          return await presentContent(artifacts, file, rest.origin)
        }
        const asked = { ...rest, workspace }
        return await listArtifacts(artifacts, {
          asked,
          path: query.path ?? '',
          token: query.continuationToken,
          contents: true,
        })
      },
    }),
  ),
]
