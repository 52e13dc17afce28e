import { lstat, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { Blobs } from '../../blobs/blobs.ts'
import type { JobSpec } from '../engine.ts'
import { kept, places } from './launch.ts'

/**
 * Stores `outputs/`, `logs/` and the named outputs of a job that has ended; returns lines for its system log.
 *
 * A job may put a link in the place of any of them, at any depth: only what really lies inside its folder is taken.
 */
export async function collectOutputs(blobs: Blobs, spec: JobSpec, work: string): Promise<readonly string[]> {
  const notes: string[] = []
  for (const name of kept) {
    const kind = await ownKind(work, join(places.code, name))
    if (kind === 'folder')
      await blobs.collect(join(work, places.code, name), { ...spec.artifacts, path: join(spec.artifacts.path, name) })
  }
  for (const output of spec.outputs) {
    const path = join(places.data, output.name)
    const kind = await ownKind(work, path)
    if (kind === (output.type === 'uri_file' ? 'file' : 'folder') || (kind && output.type.endsWith('model')))
      await blobs.collect(join(work, path), output.target)
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
