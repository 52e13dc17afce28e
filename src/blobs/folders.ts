import { randomBytes } from 'node:crypto'
import { constants, type ReadStream } from 'node:fs'
import { copyFile, lstat, mkdir, open, readdir, realpath, rename, rm } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { fault } from '../faults.ts'
import { openBlob } from './blob-reads.ts'
import type { BlobAddress, Core } from './core.ts'
import { listBlobs } from './listing.ts'
import { isFolder } from './paths/parents.ts'

/**
 * Puts a blob, or the blobs under a folder, on this machine. A blob in one file is cloned where the file system can
 * (reflink) and copied elsewhere; what is at `target` is never the stored file itself.
 *
 * @throws BlobNotFound where there is neither a blob nor a folder of the name; InvalidResourceName where a blob's name
 *   is no path below the folder
 */
export async function materialise(core: Core, at: BlobAddress, target: string): Promise<void> {
  const name = at.name.replace(/\/+$/, '')
  const own = name === '' ? undefined : await core.rows.find(at.account, at.container, name)
  const isMarked = own !== undefined && isFolder(own)
  if (own && !isMarked && name === at.name) return materialiseBlob(core, at, target)
  if (isMarked) await mkdir(target, { recursive: true })
  const prefix = name === '' ? '' : `${name}/`
  let marker: string | undefined
  let found = isMarked ? 1 : 0
  do {
    const page = await listBlobs(core, at, { prefix, limit: 1000, ...(marker && { marker }) })
    for (const item of page.items) {
      if (item.kind !== 'blob') continue
      found += 1
      const { name: full } = item.blob
      const path = insideOf(target, full.slice(prefix.length))
      // A folder's own marker, as clients of hierarchical accounts write it.
      if (isFolder(item.blob) || full.endsWith('/')) await mkdir(path, { recursive: true })
      else await materialiseBlob(core, { ...at, name: full }, path)
    }
    marker = page.next
  } while (marker !== undefined)
  if (found === 0) throw fault('BlobNotFound')
}

/** The path of a blob below a folder: `..` and the like lead nowhere else. */
function insideOf(folder: string, relative: string): string {
  const segments = relative.split('/').filter((segment) => segment !== '')
  if (segments.some((segment) => segment === '.' || segment === '..' || segment.includes('\0'))) {
    throw fault('InvalidResourceName')
  }
  return join(folder, ...segments)
}

async function materialiseBlob(core: Core, at: BlobAddress, target: string): Promise<void> {
  const source = await openBlob(core, at)
  // Beside the target first: whoever looks sees the whole file or none.
  const partial = `${target}.${randomBytes(6).toString('hex')}.part`
  try {
    await mkdir(dirname(target), { recursive: true })
    if (source.blob.file !== undefined && source.blob.sealed === undefined) {
      await copyFile(core.files.path(source.blob.file), partial, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
      const handle = await open(partial, 'r+')
      // The stored file is the server's alone; what a job gets is the job's.
      await handle.chmod(0o644)
      await handle.close()
    } else {
      const handle = await open(partial, 'wx', 0o644)
      try {
        for await (const chunk of source.chunks(0, source.blob.size)) await handle.writeFile(chunk)
      } finally {
        await handle.close()
      }
    }
    await rename(partial, target)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  } finally {
    source.close()
  }
}

/** A file that is to be stored, with the name that it gets. */
export interface CollectedFile {
  readonly path: string
  readonly name: string
}

/**
 * The files of a file or folder, with names below `name`. A link counts only where it leads to a file within
 * `source`: a job must not have the server read what the job itself may not.
 */
export async function* filesOf(source: string, name: string): AsyncGenerator<CollectedFile> {
  const own = await lstat(source)
  if (own.isFile()) yield { path: source, name }
  if (!own.isDirectory()) return
  const top = await realpath(source)
  const folder = name.replace(/\/+$/, '')
  for (const entry of await readdir(top, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name)
    const plain = entry.isFile() ? path : entry.isSymbolicLink() ? await fileWithin(top, path) : undefined
    if (plain === undefined) continue
    const below = relative(top, path).split(sep).join('/')
    yield { path: plain, name: folder === '' ? below : `${folder}/${below}` }
  }
}

async function fileWithin(top: string, link: string): Promise<string | undefined> {
  try {
    const path = await realpath(link)
    return path.startsWith(`${top}${sep}`) && (await lstat(path)).isFile() ? path : undefined
  } catch {
    // It leads nowhere.
    return undefined
  }
}

/** Opens a file for reading unless it has become a link meanwhile. */
export async function openPlainFile(path: string): Promise<ReadStream> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  if (!(await handle.stat()).isFile()) {
    await handle.close()
    throw new Error(`Not a plain file: ${path}`)
  }
  return handle.createReadStream({ highWaterMark: 1024 * 1024 })
}
