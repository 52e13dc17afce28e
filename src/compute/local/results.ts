import { lstat, realpath } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { Blobs } from '../../blobs/blobs.ts'
import type { BlobLocation, JobSpec } from '../engine.ts'
import { kept, nodeFolder, places } from './launch.ts'
import { mountsAreFollowed } from './mounts.ts'

/**
 * Stores `outputs/`, `logs/` and the named outputs of a job that has ended; returns lines for its system log.
 *
 * A job may put a link in the place of any of them, at any depth: only what really lies inside its folder is taken.
 */
export async function collectOutputs(blobs: Blobs, spec: JobSpec, work: string): Promise<readonly string[]> {
  const notes: string[] = []
  // Where several nodes left a file of one name, the first node's stays.
  for (let node = spec.instanceCount - 1; node >= 0; node -= 1)
    for (const name of kept) {
      const path = join(relative(work, nodeFolder(work, node)), places.code, name)
      const artifacts = { ...spec.artifacts, path: join(spec.artifacts.path, name) }
      if ((await ownKind(work, path)) === 'folder') await blobs.collect(join(work, path), artifacts)
    }
  for (const output of spec.outputs.filter(({ mode }) => mode !== 'direct')) {
    const path = join(places.data, output.name)
    const kind = await ownKind(work, path)
    const wanted = output.type === 'uri_file' ? 'file' : 'folder'
    if (kind !== wanted && !(kind && output.type.endsWith('model'))) {
      notes.push(`output ${output.name}: the job left no ${output.type} there, so nothing is stored`)
      continue
    }
    // A mount has been stored as it was written.
    const isStored = kind === wanted && output.mode === 'rw_mount' && mountsAreFollowed
    if (!isStored) await blobs.collect(join(work, path), output.target)
    if (output.type === 'uri_folder') await keepEmpty(blobs, output.target)
  }
  return notes
}

/** A step that wrote nothing leaves an empty folder, not nothing: the next step mounts it, as in Azure. */
async function keepEmpty(blobs: Blobs, target: BlobLocation): Promise<void> {
  const path = target.path.replace(/\/*$/, '')
  const { items } = await blobs.list({ ...target, path: `${path}/` }, { limit: 1 })
  if (items.length === 0) await blobs.makeFolder({ ...target, path })
}

async function ownKind(work: string, path: string): Promise<'file' | 'folder' | undefined> {
  const found = await lstat(join(work, path)).catch(() => undefined)
  if (!found || (await realpath(join(work, path))) !== join(await realpath(work), path)) return undefined
  if (found.isDirectory()) return 'folder'
  return found.isFile() ? 'file' : undefined
}
