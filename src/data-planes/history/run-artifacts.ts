import { Type } from 'typebox'
import { openArtifacts, runContainer } from '../../domain/artifacts/artifacts.ts'
import type { Deps } from '../../domain/deps.ts'
import { findRun, type RunPath } from '../../domain/runs/find-run.ts'
import type { Origin } from '../../gateway/surface.ts'
import type { Json } from '../../json.ts'
import { presentArtifact, presentBatch, presentContent } from '../artifact-dto.ts'
import { listArtifacts } from '../artifact-pages.ts'
import { operation, type Workspace } from '../operation.ts'
import { runOperation } from './run-operation.ts'

const read = 'experiments/runs/read'
const PathQuery = Type.Object({ path: Type.String() })
const ListQuery = Type.Object({ path: Type.Optional(Type.String()), continuationToken: Type.Optional(Type.String()) })

async function artifactsOf(deps: Deps, workspace: Workspace, path: RunPath) {
  const run = await findRun(deps.store, workspace.key, path)
  return await openArtifacts(deps, runContainer(workspace.key, run.id))
}

/** The artifacts of a run: lists, and URLs with which clients read and write them as blobs. */
export const runArtifactOperations = [
  ...runOperation({
    name: 'RunArtifacts.batchCreateEmptyArtifacts',
    method: 'POST',
    suffix: '/artifacts/batch/metadata',
    onlyByExperiment: true,
    right: 'experiments/runs/write',
    body: Type.Object({ paths: Type.Array(Type.Object({ path: Type.String() }), { maxItems: 1000 }) }),
    async answer(deps, { workspace, path, body, origin }) {
      const artifacts = await artifactsOf(deps, workspace, path)
      return await presentBatch(artifacts, { paths: body.paths, origin, now: deps.now() })
    },
  }),
  ...[
    { name: 'RunArtifacts.list', suffix: '/artifacts', byPath: false },
    { name: 'RunArtifacts.listByPath', suffix: '/artifacts/path', byPath: true },
  ].flatMap(({ name, suffix, byPath }) =>
    runOperation({
      name,
      method: 'GET',
      suffix,
      onlyByExperiment: true,
      right: read,
      query: ListQuery,
      async answer(deps, { workspace, path, query, ...asked }) {
        const artifacts = await artifactsOf(deps, workspace, path)
        return await listArtifacts(artifacts, {
          path: byPath ? (query.path ?? '') : '',
          token: query.continuationToken,
          asked: { ...asked, workspace },
        })
      },
    }),
  ),
  ...runOperation({
    name: 'RunArtifacts.getMetadata',
    method: 'GET',
    suffix: '/artifacts/metadata',
    onlyByExperiment: true,
    right: read,
    query: PathQuery,
    async answer(deps, { workspace, path, query }) {
      const artifacts = await artifactsOf(deps, workspace, path)
      return presentArtifact(artifacts, await artifacts.get(query.path))
    },
  }),
  ...runOperation({
    name: 'RunArtifacts.getContentInformation',
    method: 'GET',
    suffix: '/artifacts/contentinfo',
    onlyByExperiment: true,
    right: read,
    query: PathQuery,
    async answer(deps, { workspace, path, query, origin }) {
      const artifacts = await artifactsOf(deps, workspace, path)
      const { path: file } = await artifacts.get(query.path)
      return await presentContent(artifacts, file, origin)
    },
  }),
  ...runOperation({
    name: 'RunArtifacts.getUri',
    method: 'GET',
    suffix: '/artifacts/artifacturi',
    onlyByExperiment: true,
    right: read,
    query: ListQuery,
    async answer(deps, { workspace, path, query }) {
      const artifacts = await artifactsOf(deps, workspace, path)
      return `aml://artifactId/${artifacts.origin}/${artifacts.container}/${query.path ?? ''}`
    },
  }),
  ...runOperation({
    name: 'RunArtifacts.listSasByPrefix',
    method: 'GET',
    suffix: '/artifacts/prefix/contentinfo',
    onlyByExperiment: true,
    right: read,
    query: ListQuery,
    async answer(deps, { workspace, path, query, ...asked }) {
      const artifacts = await artifactsOf(deps, workspace, path)
      return await listArtifacts(artifacts, {
        path: query.path ?? '',
        token: query.continuationToken,
        contents: true,
        asked: { ...asked, workspace },
      })
    },
  }),
  ...byPath('contentinfo', 'RunArtifact.getContentInformation', async (artifacts, { path, origin }) => {
    const { path: file } = await artifacts.get(path)
    return await presentContent(artifacts, file, origin)
  }),
  ...byPath('artifacturi', 'RunArtifact.getSasUri', (artifacts, { path, origin }) =>
    artifacts.url(path, origin, 'read'),
  ),
  ...byPath('path', 'RunArtifact.listInPath', (artifacts, { path, token, asked }) =>
    listArtifacts(artifacts, { path, token, asked }),
  ),
  ...byPath('prefix/contentinfo', 'RunArtifact.listSasByPrefix', (artifacts, { path, token, asked }) =>
    listArtifacts(artifacts, { path, token, asked, contents: true }),
  ),
]

interface ByPath {
  readonly path: string
  readonly origin: Origin
  readonly token: string | undefined
  readonly asked: { readonly origin: Origin; readonly workspace: Workspace; readonly url: string }
}

/** Paths that end in the file's, as azureml-core asks. */
function byPath(
  suffix: string,
  name: string,
  answer: (artifacts: Awaited<ReturnType<typeof artifactsOf>>, asked: ByPath) => Promise<Json>,
) {
  return [
    operation({
      name,
      method: 'GET',
      path: `/experiments/{experimentName}/runs/{runId}/artifacts/${suffix}/{path}` as '/experiments/{experimentName}/runs/{runId}/artifacts/path/{path}',
      deep: true,
      right: read,
      query: Type.Object({ continuationToken: Type.Optional(Type.String()) }),
      async answer(deps, { workspace, params, query, origin, url }) {
        const artifacts = await artifactsOf(deps, workspace, params)
        const asked = { origin, workspace, url }
        return await answer(artifacts, { path: params.path, origin, token: query.continuationToken, asked })
      },
    }),
  ]
}
