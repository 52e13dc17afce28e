import { Type } from 'typebox'
import { checkPath, openArtifacts } from '../../domain/artifacts/artifacts.ts'
import type { Deps } from '../../domain/deps.ts'
import { fault } from '../../faults.ts'
import { presentArtifact } from '../artifact-dto.ts'
import { Answer, operation, streamOf } from '../operation.ts'

const read = 'artifacts/read'
const write = 'artifacts/write'

interface Upload {
  readonly path: string
  readonly index?: number
  readonly append?: boolean
  readonly allowOverwrite?: boolean
}

const UploadQuery = Type.Object({
  path: Type.String(),
  index: Type.Optional(Type.Integer({ minimum: 0 })),
  append: Type.Optional(Type.Boolean()),
  allowOverwrite: Type.Optional(Type.Boolean()),
})
const { path: _path, ...uploadOptions } = UploadQuery.properties

type Place = { readonly workspace: string; readonly origin: string; readonly container: string }

/** @throws ArtifactExists where the file is there and may not be written over */
async function upload(deps: Deps, place: Place, { path, append, allowOverwrite }: Upload, body: unknown) {
  const artifacts = await openArtifacts(deps, place)
  const at = artifacts.at(checkPath(path))
  if (append) {
    for await (const piece of streamOf(body)) await deps.blobs.append(at, piece)
  } else {
    if (allowOverwrite === false && (await deps.blobs.info(at))) {
      throw fault('ArtifactExists', { path, container: place.container })
    }
    await deps.blobs.write(at, streamOf(body))
  }
  return presentArtifact(artifacts, await artifacts.get(path))
}

/** The file itself, as a download: what a client uploaded must not run as a page of this origin. */
async function download(deps: Deps, place: Place, path: string) {
  const artifacts = await openArtifacts(deps, place)
  const { size } = await artifacts.get(path)
  const stream = await deps.blobs.read(artifacts.at(checkPath(path)))
  return new Answer(200, stream, 'application/octet-stream', {
    'content-length': String(size),
    'x-content-type-options': 'nosniff',
  })
}

const CONTENT = '/artifacts/content/{origin}/{container}/{path}'
const BY_QUERY = '/artifacts/{origin}/{container}/content'

/** The bytes of artifacts, through the service itself. */
export const contentOperations = [
  operation({
    name: 'Artifact.download',
    method: 'GET',
    path: CONTENT,
    deep: true,
    right: read,
    answer: (deps, { workspace, params }) => download(deps, { ...params, workspace: workspace.key }, params.path),
  }),
  operation({
    name: 'Artifact.upload',
    method: 'POST',
    path: CONTENT,
    deep: true,
    streamed: true,
    right: write,
    query: Type.Object(uploadOptions),
    answer: (deps, { workspace, params, query, body }) =>
      upload(deps, { ...params, workspace: workspace.key }, { ...query, path: params.path }, body),
  }),
  operation({
    name: 'Artifacts.download',
    method: 'GET',
    path: BY_QUERY,
    right: read,
    query: Type.Object({ path: Type.String() }),
    answer: (deps, { workspace, params, query }) => download(deps, { ...params, workspace: workspace.key }, query.path),
  }),
  operation({
    name: 'Artifacts.upload',
    method: 'POST',
    path: BY_QUERY,
    streamed: true,
    right: write,
    query: UploadQuery,
    answer: (deps, { workspace, params, query, body }) =>
      upload(deps, { ...params, workspace: workspace.key }, query, body),
  }),
]
