import { lstat, realpath } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { Blobs } from '../../blobs/blobs.ts'
import type { JobSpec } from '../engine.ts'
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
    // A mount has been stored as it was written.
    if (kind === wanted && output.mode === 'rw_mount' && mountsAreFollowed) continue
    if (kind === wanted || (kind && output.type.endsWith('model'))) await blobs.collect(join(work, path), output.target)
    else notes.push(`output ${output.name}: the job left no ${output.type} there, so nothing is stored`)
  }
  return notes
}

async function ownKind(work: string, path: string): Promise<'file' | 'folder' | undefined> {
  const found = await lstat(join(work, path)).catch(() => undefined)
  if (!found || (await realpath(join(work, path))) !== join(await realpath(work), path)) return undefined
  if (found.isDirectory()) return 'folder'
  return found.isFile() ? 'file' : undefined
}
