import { text } from 'node:stream/consumers'
import type { Blobs } from '../../blobs/blobs.ts'
import type { BlobLocation } from '../../compute/engine.ts'
import { isFault } from '../../faults.ts'
import { EnvironmentBuildFailed } from '../environments.ts'
import type { BuildContext, ContextFile } from './context.ts'

/** The build context that is stored below a folder. @throws EnvironmentBuildFailed where nothing is stored there */
export async function openContext(
  blobs: Pick<Blobs, 'list' | 'read' | 'materialise'>,
  at: BlobLocation,
): Promise<BuildContext> {
  const folder = at.path.replace(/\/+$/, '')
  const prefix = folder === '' ? '' : `${folder}/`
  const files: ContextFile[] = []
  let after: string | undefined
  do {
    const page = await blobs.list({ ...at, path: prefix }, after === undefined ? {} : { after })
    for (const { name, md5, etag, size, metadata } of page.items)
      if (metadata.hdi_isfolder !== 'true')
        files.push({ path: name.slice(prefix.length), mark: `${size} ${md5 ?? etag}` })
    after = page.next
  } while (after !== undefined)
  if (files.length === 0) throw new EnvironmentBuildFailed('The build context of the environment is not stored.')
  const blobOf = (path: string) => ({ ...at, path: `${prefix}${path}` })
  return {
    files,
    async read(path) {
      try {
        return await text(await blobs.read(blobOf(path)))
      } catch (cause) {
        if (!isFault(cause) || cause.key !== 'BlobNotFound') throw cause
        throw new EnvironmentBuildFailed(
          `The build context has no file '${path}'; it has ${files
            .slice(0, 20)
            .map((file) => file.path)
            .join(', ')}.`,
        )
      }
    },
    place: (path, target) => blobs.materialise(blobOf(path), target),
  }
}
