import type { BlobInfo } from '../../blobs/blobs.ts'
import type { BlobLocation } from '../../compute/engine.ts'
import { fault } from '../../faults.ts'
import type { Origin } from '../../gateway/surface.ts'
import type { Page } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { artifactStore } from './artifact-store.ts'

/** A set of artifacts: a run's (`ExperimentRun`, `dcid.{run}`) or an upload's (`LocalUpload`, any name). */
export interface ArtifactContainer {
  readonly workspace: string
  readonly origin: string
  readonly container: string
}

export interface Artifact {
  readonly path: string
  readonly size: number
  readonly etag: string
  readonly createdAt: string
}

type Needs = Pick<Deps, 'store' | 'blobs'>

const origins: ReadonlyMap<string, string> = new Map(
  ['ExperimentRun', 'LocalUpload', 'WebUpload'].map((origin) => [origin.toLowerCase(), origin]),
)
const SAS_SECONDS = 24 * 3600

export const runContainer = (workspace: string, run: string): ArtifactContainer => ({
  workspace,
  origin: 'ExperimentRun',
  container: `dcid.${run}`,
})

/** Opens a set of artifacts: its files are blobs of the workspace's artifact store, and nothing else is kept of them. */
export async function openArtifacts(deps: Needs, of: ArtifactContainer) {
  const origin = origins.get(of.origin.toLowerCase())
  if (!origin) throw fault('ArtifactOriginUnknown', { origin: of.origin })
  checkPath(of.container)
  const store = await artifactStore(deps.store, of.workspace)
  const root = `${origin}/${of.container}/`
  const at = (path: string): BlobLocation => ({ ...store, path: `${root}${path}` })
  const seen = ({ name, size, etag, createdAt }: BlobInfo): Artifact => ({
    path: name.slice(root.length),
    size,
    etag,
    createdAt,
  })

  return {
    origin,
    container: of.container,

    /** @throws ArtifactNotFound */
    async get(path: string): Promise<Artifact> {
      const info = await deps.blobs.info(at(checkPath(path)))
      if (!info) throw fault('ArtifactNotFound', { path, container: of.container })
      return seen(info)
    },

    /** Files whose path starts with `prefix`, by path. */
    async list(
      prefix = '',
      options: { readonly after?: string; readonly limit?: number } = {},
    ): Promise<Page<Artifact>> {
      const page = await deps.blobs.list(at(prefix), options)
      return { ...page, items: page.items.map(seen) }
    },

    /** A URL on the asked origin with which a client without a token reads or writes one file. */
    async url(path: string, origin: Origin, access: 'read' | 'write'): Promise<string> {
      const location = at(checkPath(path))
      const signature = await deps.blobs.sas(location, {
        permissions: access === 'read' ? 'r' : 'racw',
        lifetimeSeconds: SAS_SECONDS,
      })
      const encoded = location.path.split('/').map(encodeURIComponent).join('/')
      return `${origin.blob(location.account)}/${location.container}/${encoded}?${signature.replace(/^\?/, '')}`
    },

    at,
  }
}

/** @throws ArtifactPathInvalid for what would leave its container, or can be no blob's name */
export function checkPath(path: string): string {
  const wrong = path.split('/').some((part) => part === '' || part === '.' || part === '..')
  if (wrong || path.length > 1000 || path.includes('\\') || path.includes('\0'))
    throw fault('ArtifactPathInvalid', { path })
  return path
}
