import { Type } from 'typebox'
import { checkPath, openArtifacts } from '../../domain/artifacts/artifacts.ts'
import { readPageToken } from '../../domain/search/page-token.ts'
import { presentArtifact, presentBatch, presentContent } from '../artifact-dto.ts'
import { historyRefusal } from '../history-errors.ts'
import { Answer, type Face, operation } from '../operation.ts'
import { presentPage } from '../paging.ts'
import { byIdOperations } from './by-id.ts'
import { contentOperations } from './contents.ts'
import { pathOperations } from './paths.ts'

const PAGE = 1000
const read = 'artifacts/read'
const write = 'artifacts/write'
const at = '/artifacts/{origin}/{container}'
const PathQuery = Type.Object({ path: Type.String() })
const ListQuery = Type.Object({ path: Type.Optional(Type.String()), continuationToken: Type.Optional(Type.String()) })
const Paths = Type.Object({ paths: Type.Array(Type.Object({ path: Type.String() }), { maxItems: 1000 }) })

const pageOf = (token: string | undefined) => {
  const after = readPageToken(token)
  return { limit: PAGE, ...(after !== undefined && { after }) }
}

/** The artifact service: files by origin and container, of runs and of uploads. */
export const artifactFace: Face = {
  name: 'Artifacts',
  prefixes: ['/artifact/v2.0'],
  refuse: historyRefusal,
  operations: [
    ...contentOperations,
    ...byIdOperations,
    ...pathOperations,
    operation({
      name: 'Artifacts.batchCreateEmptyArtifacts',
      method: 'POST',
      path: `${at}/batch/metadata`,
      right: write,
      body: Paths,
      async answer(deps, { workspace, params, body, origin }) {
        const artifacts = await openArtifacts(deps, { ...params, workspace: workspace.key })
        return await presentBatch(artifacts, { paths: body.paths, origin, now: deps.now() })
      },
    }),
    operation({
      name: 'Artifacts.listInContainer',
      method: 'GET',
      path: at,
      right: read,
      query: ListQuery,
      async answer(deps, { workspace, params, query, ...asked }) {
        const artifacts = await openArtifacts(deps, { ...params, workspace: workspace.key })
        const page = await artifacts.list(query.path ?? '', pageOf(query.continuationToken))
        return presentPage(page, (item) => presentArtifact(artifacts, item), {
          asked: { ...asked, workspace },
          parameter: 'continuationToken',
        })
      },
    }),
    operation({
      name: 'Artifacts.getMetadata',
      method: 'GET',
      path: `${at}/metadata`,
      right: read,
      query: PathQuery,
      async answer(deps, { workspace, params, query }) {
        const artifacts = await openArtifacts(deps, { ...params, workspace: workspace.key })
        return presentArtifact(artifacts, await artifacts.get(query.path))
      },
    }),
    operation({
      name: 'Artifacts.getContentInformation',
      method: 'GET',
      path: `${at}/contentinfo`,
      right: read,
      query: PathQuery,
      async answer(deps, { workspace, params, query, origin }) {
        const artifacts = await openArtifacts(deps, { ...params, workspace: workspace.key })
        const { path } = await artifacts.get(query.path)
        return await presentContent(artifacts, path, origin)
      },
    }),
    operation({
      name: 'Artifacts.getSas',
      method: 'GET',
      path: `${at}/write`,
      right: write,
      query: PathQuery,
      async answer(deps, { workspace, params, query, origin }) {
        const artifacts = await openArtifacts(deps, { ...params, workspace: workspace.key })
        const contentUri = await artifacts.url(query.path, origin, 'write')
        return { ...(await presentContent(artifacts, query.path, origin)), contentUri }
      },
    }),
    operation({
      name: 'Artifacts.listSasByPrefix',
      method: 'GET',
      path: `${at}/prefix/contentinfo`,
      right: read,
      query: ListQuery,
      async answer(deps, { workspace, params, query, ...asked }) {
        const artifacts = await openArtifacts(deps, { ...params, workspace: workspace.key })
        const page = await artifacts.list(query.path ?? '', pageOf(query.continuationToken))
        const items = await Promise.all(page.items.map(({ path }) => presentContent(artifacts, path, asked.origin)))
        return presentPage({ ...page, items }, (content) => content, {
          asked: { ...asked, workspace },
          parameter: 'continuationToken',
        })
      },
    }),
    operation({
      name: 'Artifacts.deleteMetadata',
      method: 'DELETE',
      path: `${at}/metadata`,
      right: 'artifacts/delete',
      query: PathQuery,
      async answer(deps, { workspace, params, query }) {
        const artifacts = await openArtifacts(deps, { ...params, workspace: workspace.key })
        const { path } = await artifacts.get(query.path)
        await deps.blobs.remove(artifacts.at(checkPath(path)))
        return new Answer(200)
      },
    }),
  ],
}
