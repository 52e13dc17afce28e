import { randomBytes } from 'node:crypto'
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { CachedEnvironment, EnvironmentCache } from './environments.ts'
import { readStored } from './stored.ts'

/** One that was asked for a moment ago may have a job that is only being prepared. */
const FRESH_MS = 10 * 60_000

/** The environments that a data directory keeps; works beside a server, and without one. */
export function environmentCache(data: string): EnvironmentCache {
  const folder = join(data, 'environments')
  return {
    async list() {
      const used = await usedPaths(data)
      const found = await Promise.all((await entries(folder)).map((key) => look(join(folder, key), key, used)))
      return found
        .filter((each) => each !== undefined)
        .sort((one, other) => other.usedAt.getTime() - one.usedAt.getTime())
    },
    async remove(key) {
      const place = join(folder, key)
      // Away at once: whoever asks for it now builds it anew, beside what is still being removed.
      const gone = join(folder, `.gone-${randomBytes(4).toString('hex')}`)
      await rename(place, gone)
      await rm(gone, { recursive: true, force: true })
    },
    async downloads() {
      return (await sizeOf(join(folder, 'cache'))).bytes
    },
    async removeDownloads() {
      await rm(join(folder, 'cache'), { recursive: true, force: true })
    },
  }
}

async function look(place: string, key: string, used: string): Promise<CachedEnvironment | undefined> {
  const built = /^[0-9a-f]{32}$/.test(key) ? await readStored(place).catch(() => undefined) : undefined
  if (!built) return undefined
  const [{ mtime }, { bytes, own }, requirements] = await Promise.all([
    stat(join(place, 'current.json')),
    sizeOf(place),
    requirementsIn(built.directory),
  ])
  return {
    key,
    python: built.interpreter.version,
    packages: requirements,
    usedAt: mtime,
    bytes,
    own,
    inUse: used.includes(built.directory) || Date.now() - mtime.getTime() < FRESH_MS,
  }
}

/** What was asked of the installer, call by call. */
async function requirementsIn(folder: string): Promise<readonly string[]> {
  const files = (await entries(folder)).filter((name) => /^requirements(-\d+)?\.txt$/.test(name)).sort()
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))
  const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line !== '')
  return lines.filter((line) => !/^(pip|wheel|setuptools<81)$/.test(line))
}

/** What running jobs and servers of models have in their surroundings: the folder of an environment is in their PATH. */
async function usedPaths(data: string): Promise<string> {
  const jobs = (await entries(join(data, 'jobs'))).map((name) => join(data, 'jobs', name, 'run', 'launch.json'))
  const processes = (await entries('/proc')).filter((name) => /^\d+$/.test(name))
  const texts = [...jobs, ...processes.map((name) => `/proc/${name}/environ`)].map((path) =>
    readFile(path, 'utf8').catch(() => ''),
  )
  return (await Promise.all(texts)).join('\n')
}

/** All bytes below a folder, and those that nothing else of this machine shares by a hard link. */
async function sizeOf(folder: string): Promise<{ readonly bytes: number; readonly own: number }> {
  let bytes = 0
  let own = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue
    const found = await stat(join(entry.parentPath, entry.name)).catch(() => undefined)
    bytes += found?.size ?? 0
    if (found?.nlink === 1) own += found.size
  }
  return { bytes, own }
}

const entries = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => [])
