import type { BlobLocation } from '../../compute/engine.ts'
import type { Deps } from '../deps.ts'

/** A file or a folder right below another. */
export interface FolderEntry {
  readonly name: string
  /** Absent for a folder. */
  readonly size?: number
}

/** What lies right in a folder, by name; none where there is no such folder. */
export async function listFolder({ blobs }: Pick<Deps, 'blobs'>, at: BlobLocation): Promise<readonly FolderEntry[]> {
  const root = at.path === '' || at.path.endsWith('/') ? at.path : `${at.path}/`
  const found = new Map<string, FolderEntry>()
  let after: string | undefined
  do {
    const page = await blobs.list({ ...at, path: root }, after === undefined ? {} : { after })
    for (const { name, size } of page.items) {
      const [entry = '', ...deeper] = name.slice(root.length).split('/')
      found.set(entry, { name: entry, ...(deeper.length === 0 && { size }) })
    }
    after = page.next
  } while (after !== undefined)
  return [...found.values()]
}
