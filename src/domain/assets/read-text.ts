import { buffer } from 'node:stream/consumers'
import type { BlobLocation } from '../../compute/engine.ts'
import type { Deps } from '../deps.ts'

/** Files that describe an asset are read whole, up to this many bytes. */
const LIMIT = 1024 * 1024

/** The text of a file of this name in a folder; undefined where there is none, or one too long to be what it is named. */
export async function textIn(
  { blobs }: Pick<Deps, 'blobs'>,
  folder: BlobLocation,
  name: string,
): Promise<string | undefined> {
  const root = folder.path === '' || folder.path.endsWith('/') ? folder.path : `${folder.path}/`
  const at = { ...folder, path: `${root}${name}` }
  const info = await blobs.info(at)
  if (!info || info.size > LIMIT) return undefined
  return (await buffer(await blobs.read(at))).toString('utf8')
}
