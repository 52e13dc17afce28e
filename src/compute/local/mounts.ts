import { constants, existsSync } from 'node:fs'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Blobs } from '../../blobs/blobs.ts'
import { jsonOf, writeWhole } from '../../host/files.ts'
import type { BlobLocation, JobSpec } from '../engine.ts'
import type { JobFolder } from './job-files.ts'
import { places } from './launch.ts'

/** A file as it was when it was stored last: size in bytes and time of change in milliseconds. */
type Seen = Readonly<Record<string, readonly [size: number, changed: number]>>

/** A place of the job that storage follows: what is written there is stored, what is removed there goes. */
interface Mount {
  readonly name: string
  /** Its folder below the data place, and in it the one file that counts, if it is no folder. */
  readonly folder: string
  readonly file?: string
  /** Of the folder, or of the file. */
  readonly target: BlobLocation
}

/** Whether this machine can open a folder inside another that it holds open; without that, outputs are stored at the end. */
export const mountsAreFollowed = existsSync('/proc/self/fd')

/** A file that never rests is stored as it stands this often. */
const restlessMs = 10_000

/**
 * Read-write mounts while a job runs. The folders are the job's own; what rests for a moment is stored, so that others
 * see it before the job ends, as with Azure's mounts.
 *
 * What is stored already stands in the runner's folder: a restarted server goes on from there.
 */
export class Mounts {
  readonly #blobs: Blobs
  readonly #mounts: readonly Mount[]
  readonly #data: string
  readonly #record: string
  #stored: Record<string, Seen> | undefined
  #last = new Map<string, Seen>()
  readonly #restless = new Map<string, number>()

  constructor(blobs: Blobs, spec: JobSpec, folder: JobFolder) {
    this.#blobs = blobs
    this.#mounts = mountsAreFollowed ? mountsOf(spec) : []
    this.#data = join(folder.work, places.data)
    this.#record = join(folder.run, 'mounts.json')
  }

  /** Notes what lies in the mounts before the job begins: it is stored already. */
  async begin(): Promise<void> {
    if (this.#mounts.length === 0) return
    this.#stored = {}
    for (const mount of this.#mounts) this.#stored[mount.name] = await this.#filesOf(mount)
    await writeWhole(this.#record, JSON.stringify(this.#stored))
  }

  /** Stores what has changed and come to rest; everything that has changed where the job has `ended`. */
  async look({ ended = false }: { readonly ended?: boolean } = {}): Promise<void> {
    if (this.#mounts.length === 0) return
    this.#stored ??= ((await jsonOf(this.#record)) as Record<string, Seen> | undefined) ?? {}
    let changed = false
    for (const mount of this.#mounts) changed = (await this.#follow(mount, this.#stored, ended)) || changed
    if (changed) await writeWhole(this.#record, JSON.stringify(this.#stored))
  }

  async #follow(mount: Mount, stored: Record<string, Seen>, ended: boolean): Promise<boolean> {
    const known = { ...stored[mount.name] }
    const before = this.#last.get(mount.name) ?? {}
    let changed = false
    const now = await this.#filesOf(mount, async (file, path, seen) => {
      const id = `${mount.name}\0${path}`
      if (equal(known[path], seen)) return
      const since = this.#restless.get(id) ?? Date.now()
      this.#restless.set(id, since)
      if (!ended && !equal(before[path], seen) && Date.now() - since < restlessMs) return
      await this.#blobs.write(placeOf(mount, path), file.createReadStream({ start: 0, autoClose: false }))
      this.#restless.delete(id)
      known[path] = seen
      changed = true
    })
    this.#last.set(mount.name, now)
    for (const path of Object.keys(known).filter((each) => !Object.hasOwn(now, each))) {
      await this.#blobs.remove(placeOf(mount, path))
      delete known[path]
      changed = true
    }
    stored[mount.name] = known
    return changed
  }

  /** The files of a mount by path. Each folder is opened inside the one before: a link that a job swaps in is no folder. */
  async #filesOf(
    mount: Mount,
    visit?: (file: FileHandle, path: string, seen: readonly [number, number]) => Promise<void>,
  ): Promise<Seen> {
    const found: Record<string, readonly [number, number]> = {}
    const walk = async (folder: FileHandle, prefix: string): Promise<void> => {
      const here = `/proc/self/fd/${folder.fd}`
      for (const name of await readdir(here)) {
        if (prefix === '' && mount.file !== undefined && name !== mount.file) continue
        const inner = await openPlain(join(here, name))
        if (!inner) continue
        try {
          const stat = await inner.stat()
          if (stat.isDirectory()) await walk(inner, `${prefix}${name}/`)
          else if (stat.isFile()) {
            const seen = [stat.size, stat.mtimeMs] as const
            await visit?.(inner, `${prefix}${name}`, seen)
            found[`${prefix}${name}`] = seen
          }
        } finally {
          await inner.close()
        }
      }
    }
    const data = await openPlain(this.#data)
    const folder = data && (await openPlain(`/proc/self/fd/${data.fd}/${mount.folder}`))
    try {
      if ((await folder?.stat())?.isDirectory() && folder) await walk(folder, '')
    } finally {
      await folder?.close()
      await data?.close()
    }
    return found
  }
}

/** A file or folder that is no link; nothing else is waited for. */
async function openPlain(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (['ENOENT', 'ELOOP', 'ENXIO', 'EACCES', 'ENOTDIR'].includes(code)) return undefined
    throw error
  }
}

function mountsOf({ inputs, outputs }: JobSpec): readonly Mount[] {
  const written = inputs.flatMap(({ name, mode, source, type }): Mount[] => {
    if (mode !== 'rw_mount' || !source || type === 'literal') return []
    const folder = `INPUT_${name}`
    const file = type === 'uri_file' ? basename(source.path) : undefined
    return [{ name: `inputs/${name}`, folder, target: source, ...(file !== undefined && { file }) }]
  })
  const made = outputs.flatMap(({ name, mode, target, type }): Mount[] => {
    if (mode !== 'rw_mount') return []
    return [
      { name: `outputs/${name}`, target, ...(type === 'uri_file' ? { folder: '.', file: name } : { folder: name }) },
    ]
  })
  // The files of outputs lie beside each other: which one counts is told by its name.
  return [...written, ...made]
}

function placeOf({ target, file }: Mount, path: string): BlobLocation {
  if (file !== undefined) return target
  return { ...target, path: [target.path.replace(/\/$/, ''), path].filter((part) => part !== '').join('/') }
}

const equal = (one: readonly [number, number] | undefined, other: readonly [number, number]): boolean =>
  one !== undefined && one[0] === other[0] && one[1] === other[1]
