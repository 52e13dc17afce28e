import type { Artifact, openArtifacts } from '../domain/artifacts/artifacts.ts'
import { isFault } from '../faults.ts'
import type { Origin } from '../gateway/surface.ts'
import type { JsonObject } from '../json.ts'

type Artifacts = Awaited<ReturnType<typeof openArtifacts>>

/** An artifact as run history and the artifact service show it. */
export const presentArtifact = ({ origin, container }: Artifacts, artifact: Artifact): JsonObject => ({
  artifactId: `${origin}/${container}/${artifact.path}`,
  origin,
  container,
  path: artifact.path,
  etag: artifact.etag,
  createdTime: artifact.createdAt,
  dataPath: null,
  tags: {},
})

/** Where an artifact's bytes are read. */
export const presentContent = async (artifacts: Artifacts, path: string, origin: Origin): Promise<JsonObject> => ({
  contentUri: await artifacts.url(path, origin, 'read'),
  origin: artifacts.origin,
  container: artifacts.container,
  path,
  tags: {},
})

interface Batch {
  readonly paths: readonly { readonly path: string }[]
  readonly origin: Origin
  readonly now: Date
}

/** Places for artifacts that a client is about to write, each with the URL that takes its bytes. */
export async function presentBatch(artifacts: Artifacts, { paths, origin, now }: Batch): Promise<JsonObject> {
  const places: Record<string, JsonObject> = {}
  const contents: Record<string, JsonObject> = {}
  const errors: Record<string, JsonObject> = {}
  for (const { path } of paths) {
    try {
      const contentUri = await artifacts.url(path, origin, 'write')
      places[path] = presentArtifact(artifacts, { path, size: 0, etag: '', createdAt: now.toISOString() })
      contents[path] = { ...(await presentContent(artifacts, path, origin)), contentUri }
    } catch (error) {
      if (!isFault(error)) throw error
      errors[path] = { error: { code: 'UserError', message: error.message } }
    }
  }
  return { artifacts: places, artifactContentInformation: contents, errors }
}
