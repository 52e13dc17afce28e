import { randomBytes } from 'node:crypto'
import { Type } from 'typebox'
import type { BlobLocation } from '../../compute/engine.ts'
import { type ArtifactPlace, artifactPlace } from '../../domain/artifacts/artifact-path.ts'
import { listFolder } from '../../domain/artifacts/list-folder.ts'
import type { Deps } from '../../domain/deps.ts'
import { findRun, writableRun } from '../../domain/runs/find-run.ts'
import { fault } from '../../faults.ts'
import type { Origin } from '../../gateway/surface.ts'
import type { Json } from '../../json.ts'
import { operation, type RegionalRequest, streamOf } from '../operation.ts'
import { presentEntries } from './present-artifacts.ts'
import { sentFile } from './sent-files.ts'

const read = 'experiments/runs/read'
const write = 'experiments/runs/write'
const BASE = '/api/2.0/mlflow-artifacts'
const FILE = `${BASE}/artifacts/{artifact_path}` as const
const SAS_SECONDS = 24 * 3600
const MOST_PARTS = 50_000

type Asked = Pick<RegionalRequest<string, unknown, unknown>, 'workspace'>

/** @throws RunNotFound, ArtifactPathInvalid */
async function readable({ store }: Deps, { workspace }: Asked, path: string): Promise<ArtifactPlace> {
  const place = await artifactPlace(store, workspace.id, path)
  if (place.run !== undefined) await findRun(store, workspace.key, { runId: place.run })
  return place
}

/** @throws RunNotFound, RunIsDeleted, ArtifactPathInvalid, ArtifactReadOnly */
async function writable({ store }: Deps, { workspace }: Asked, path: string): Promise<ArtifactPlace> {
  const place = await artifactPlace(store, workspace.id, path)
  if (place.readOnly) throw fault('ArtifactReadOnly', { path })
  if (place.run !== undefined) await writableRun(store, workspace.key, place.run)
  return place
}

/** A file's URL, and the signature with which it is used without a token. */
async function signed({ blobs }: Deps, origin: Origin, at: BlobLocation, permissions: string) {
  const sas = await blobs.sas(at, { permissions, lifetimeSeconds: SAS_SECONDS })
  const path = at.path.split('/').map(encodeURIComponent).join('/')
  return { file: `${origin.blob(at.account)}/${at.container}/${path}`, signature: sas.replace(/^\?/, '') }
}

/** The block of a part: its upload's id makes sure that two uploads of one file do not mix. */
const blockOf = (upload: string, part: number): string =>
  Buffer.from(`${upload}-${String(part).padStart(5, '0')}`).toString('base64')

const Parts = Type.Object({
  path: Type.Optional(Type.String()),
  upload_id: Type.String({ pattern: '^[0-9a-f]{32}$' }),
  parts: Type.Optional(
    Type.Array(
      Type.Object({
        part_number: Type.Integer({ minimum: 1, maximum: MOST_PARTS }),
        etag: Type.Optional(Type.String()),
        url: Type.Optional(Type.String()),
      }),
    ),
  ),
})

async function remove({ blobs }: Deps, { blobs: at }: ArtifactPlace): Promise<void> {
  await blobs.remove(at)
  const folder = { ...at, path: at.path.endsWith('/') ? at.path : `${at.path}/` }
  for (;;) {
    const { items } = await blobs.list(folder)
    for (const { name } of items) await blobs.remove({ ...at, path: name })
    if (items.length === 0) return
  }
}

/** MLflow's artifact service: what a client of `mlflow-artifacts:/…` reads and writes through the tracking server. */
export const artifactServiceOperations = [
  operation({
    name: 'MLflowArtifacts.listArtifacts',
    method: 'GET',
    path: `${BASE}/artifacts`,
    right: read,
    query: Type.Object({ path: Type.Optional(Type.String()) }),
    async answer(deps, { query, ...asked }): Promise<Json> {
      const { blobs } = await readable(deps, asked, query.path ?? '')
      return { files: presentEntries(await listFolder(deps, blobs)) }
    },
  }),
  operation({
    name: 'MLflowArtifacts.downloadArtifact',
    method: 'GET',
    path: FILE,
    deep: true,
    right: read,
    async answer(deps, { params, ...asked }) {
      const path = params.artifact_path
      const { blobs } = await readable(deps, asked, path)
      return await sentFile(deps, blobs, path, 'the artifacts of this workspace')
    },
  }),
  operation({
    name: 'MLflowArtifacts.uploadArtifact',
    method: 'PUT',
    path: FILE,
    deep: true,
    streamed: true,
    right: write,
    async answer(deps, { params, body, ...asked }) {
      const { blobs } = await writable(deps, asked, params.artifact_path)
      await deps.blobs.write(blobs, streamOf(body))
      return {}
    },
  }),
  operation({
    name: 'MLflowArtifacts.deleteArtifact',
    method: 'DELETE',
    path: FILE,
    deep: true,
    right: 'experiments/runs/delete',
    async answer(deps, { params, ...asked }) {
      const place = await artifactPlace(deps.store, asked.workspace.id, params.artifact_path)
      if (place.readOnly) throw fault('ArtifactReadOnly', { path: params.artifact_path })
      await remove(deps, place)
      return {}
    },
  }),
  operation({
    name: 'MLflowArtifacts.createMultipartUpload',
    method: 'POST',
    path: `${BASE}/mpu/create/{artifact_path}`,
    deep: true,
    right: write,
    body: Type.Object({ path: Type.String(), num_parts: Type.Integer({ minimum: 1, maximum: MOST_PARTS }) }),
    async answer(deps, { params, body, origin, ...asked }) {
      const { blobs } = await writable(deps, asked, fileOf(params.artifact_path, body.path))
      const upload = randomBytes(16).toString('hex')
      const { file, signature } = await signed(deps, origin, blobs, 'racw')
      const credentials = Array.from({ length: body.num_parts }, (_, index) => ({
        url: `${file}?comp=block&blockid=${encodeURIComponent(blockOf(upload, index + 1))}&${signature}`,
        part_number: index + 1,
        headers: {},
      }))
      return { upload_id: upload, credentials }
    },
  }),
  operation({
    name: 'MLflowArtifacts.completeMultipartUpload',
    method: 'POST',
    path: `${BASE}/mpu/complete/{artifact_path}`,
    deep: true,
    right: write,
    body: Parts,
    async answer(deps, { params, body, ...asked }) {
      const { blobs } = await writable(deps, asked, fileOf(params.artifact_path, body.path))
      const parts = (body.parts ?? []).map(({ part_number }) => part_number).toSorted((a, b) => a - b)
      await deps.blobs.commit(
        blobs,
        parts.map((part) => blockOf(body.upload_id, part)),
      )
      return {}
    },
  }),
  operation({
    name: 'MLflowArtifacts.abortMultipartUpload',
    method: 'POST',
    path: `${BASE}/mpu/abort/{artifact_path}`,
    deep: true,
    right: write,
    body: Parts,
    async answer(deps, { params, body, ...asked }) {
      const { blobs } = await writable(deps, asked, fileOf(params.artifact_path, body.path))
      await deps.blobs.dropBlocks(blobs)
      return {}
    },
  }),
  operation({
    name: 'MLflowArtifacts.getPresignedDownloadUrl',
    method: 'GET',
    path: `${BASE}/presigned/{artifact_path}`,
    deep: true,
    right: read,
    async answer(deps, { params, origin, ...asked }) {
      const path = params.artifact_path
      const { blobs } = await readable(deps, asked, path)
      const info = await deps.blobs.info(blobs)
      if (!info) throw fault('ArtifactNotFound', { path, container: 'the artifacts of this workspace' })
      const { file, signature } = await signed(deps, origin, blobs, 'r')
      return { url: `${file}?${signature}`, headers: {}, file_size: info.size }
    },
  }),
]

/** The path names the folder; the body the file as it lies on the client's machine. */
function fileOf(folder: string, path: string | undefined): string {
  const name = path?.split(/[\\/]/).at(-1)
  if (!name) throw fault('ParameterInvalid', { reason: "Missing value for required parameter 'path'." })
  return `${folder.replace(/\/+$/, '')}/${name}`
}
