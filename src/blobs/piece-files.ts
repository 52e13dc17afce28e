import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, opendir, readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type RemoteMd5, remoteMd5 } from './remote-md5.ts'

/** A file that was made and that no row names yet. */
export interface NewFile {
  readonly id: string
  readonly path: string
  /** To be called once the row that names the file is visible. */
  committed(): void
  /** Takes the file away again. */
  discard(): Promise<void>
}

/**
 * The files that hold large pieces: written once under a random id, never changed. No name of a client's ever
 * becomes part of a path.
 */
export interface PieceFiles {
  /** Computes checksums of what is written. */
  readonly md5: RemoteMd5
  path(id: string): string
  /** Opens a new file for writing; `seal` brings it and its directory entry to disk. */
  create(): Promise<NewFile & { readonly handle: FileHandle; seal(): Promise<void> }>
  remove(id: string): Promise<void>
  /** The ids of all files that are there. */
  list(): AsyncGenerator<string>
  /** Removes files that nothing names: what a killed server was writing. */
  sweep(isKnown: (id: string) => Promise<boolean>): Promise<number>
  close(): Promise<void>
}

const ID = /^[0-9a-f]{32}$/
const FOLDER = /^[0-9a-f]{2}$/

/** Files below `directory`, in 256 folders by the first byte of their ids. */
export async function pieceFiles(directory: string): Promise<PieceFiles> {
  /** Files that are being made: no row names them, and they are no orphans. */
  const pending = new Set<string>()
  /** Folders that are in use, open to be synced. Made when first needed: a start waits for none. */
  const folders = new Map<string, Promise<FileHandle>>()
  await mkdir(directory, { recursive: true, mode: 0o700 })

  const openFolder = async (name: string): Promise<FileHandle> => {
    await mkdir(join(directory, name), { recursive: true, mode: 0o700 })
    // Also where it was there: the server that made it may have been killed before this.
    const top = await open(directory, 'r')
    await top.sync()
    await top.close()
    return open(join(directory, name), 'r')
  }
  const folderOf = (id: string): Promise<FileHandle> => {
    const name = id.slice(0, 2)
    const opened = folders.get(name) ?? openFolder(name)
    folders.set(name, opened)
    opened.catch(() => folders.delete(name))
    return opened
  }
  const path = (id: string): string => {
    if (!ID.test(id)) throw new Error(`Not an id of a piece: ${id}`)
    return join(directory, id.slice(0, 2), id)
  }
  const newFile = (): NewFile => {
    const id = randomBytes(16).toString('hex')
    pending.add(id)
    return {
      id,
      path: path(id),
      committed: () => pending.delete(id),
      discard: async () => {
        await unlinkIfThere(path(id))
        pending.delete(id)
      },
    }
  }
  const syncFolder = async (id: string): Promise<void> => (await folderOf(id)).sync()

  async function* list(): AsyncGenerator<string> {
    for (const folder of await readdir(directory)) {
      if (!FOLDER.test(folder)) continue
      for await (const { name } of await opendir(join(directory, folder))) if (ID.test(name)) yield name
    }
  }

  const md5 = remoteMd5()
  return {
    md5,
    path,
    async create() {
      const file = newFile()
      try {
        await folderOf(file.id)
        const handle = await open(file.path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600)
        return {
          ...file,
          handle,
          seal: async () => {
            await handle.datasync()
            await handle.close()
            await syncFolder(file.id)
          },
        }
      } catch (error) {
        file.committed()
        throw error
      }
    },
    remove: (id) => unlinkIfThere(path(id)),
    list,
    async sweep(isKnown) {
      let removed = 0
      for await (const id of list()) {
        // Asked in this order: a file leaves `pending` only once its row can be seen.
        if (pending.has(id) || (await isKnown(id))) continue
        await unlinkIfThere(path(id))
        removed += 1
      }
      return removed
    },
    async close() {
      await md5.close()
      for (const folder of folders.values()) await (await folder).close()
      folders.clear()
    },
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
