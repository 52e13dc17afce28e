import { matchesGlob, posix } from 'node:path'
import type { PlacedFile } from '../plan.ts'
import type { ContextFile } from './context.ts'

/** What a Dockerfile has put into its image so far, over a file system that is this machine's. */
export interface Overlay {
  file(path: string): ContextFile | undefined
  isFolder(path: string): boolean
  put(path: string, file: ContextFile): void
  makeFolder(path: string): void
  /** Removes a file, a folder with all in it, or what a pattern names; answers whether anything of it was here. */
  remove(path: string, isPattern: boolean): boolean
  /** Files below a folder, by their path in the image. */
  below(path: string): readonly string[]
  placed(): readonly PlacedFile[]
}

/** Folders that every image has, where a file is put into and not in the place of. */
const usual = ['/', '/tmp', '/home', '/root', '/opt', '/srv', '/mnt', '/var', '/usr', '/usr/local', '/usr/src']

export function overlay(): Overlay {
  const files = new Map<string, ContextFile>()
  const folders = new Set<string>(usual)
  const made = new Set<string>()
  const inside = (path: string, folder: string) =>
    path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`)
  return {
    file: (path) => files.get(path),
    isFolder: (path) => folders.has(path),
    put(path, file) {
      files.set(path, file)
      for (let folder = posix.dirname(path); folder !== '/'; folder = posix.dirname(folder)) folders.add(folder)
    },
    makeFolder(path) {
      if (!folders.has(path)) made.add(path)
      for (let folder = path; folder !== '/'; folder = posix.dirname(folder)) folders.add(folder)
    },
    remove(path, isPattern) {
      const gone = (each: string) => (isPattern ? matchesGlob(each, path) : inside(each, path))
      const found = [...files.keys(), ...made].filter(gone)
      for (const each of found) {
        files.delete(each)
        made.delete(each)
      }
      return found.length > 0
    },
    below: (path) => [...files.keys()].filter((each) => inside(each, path)),
    placed: () => [
      ...[...made].map((path) => ({ path, mark: 'folder' })),
      ...[...files].map(([path, file]) => ({ path, source: file.path, mark: file.mark })),
    ],
  }
}
