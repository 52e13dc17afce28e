import { existsSync } from 'node:fs'
import type { PlacedFile } from '../plan.ts'
import { isSystem } from '../stored.ts'

/** Where everybody has something: what is copied there is shown by itself, not in the place of the whole folder. */
const shared = new Set(['/', '/tmp', '/home', '/root', '/opt', '/srv', '/mnt', '/var', '/var/tmp', '/etc', '/usr'])

/** The paths that a job sees for what a Dockerfile copies: few, a folder rather than each file in it. */
export function placesOf(files: readonly PlacedFile[]): readonly string[] {
  return [...new Set(files.map(({ path }) => placeOf(path)))].sort()
}

function placeOf(path: string): string {
  const parts = path.split('/').slice(1)
  for (let depth = 1; depth < parts.length; depth += 1) {
    const folder = `/${parts.slice(0, depth).join('/')}`
    if (shared.has(folder) || folder.startsWith('/etc/') || (isSystem(folder) && existsSync(folder))) continue
    return folder
  }
  return path
}
