/**
 * Makes `spec/` from a folder of facts that were read out of public client packages: `arm.<Service>_<version>.json`
 * with operations, models and enums.
 *
 *     bin/node scripts/spec/build.ts <folder of facts> [--check]
 *
 * `--check` writes nothing and fails where `spec/` is not what the facts make of it.
 */
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { compareVersions } from '../../src/arm/versions.ts'
import { factsIn, type Source } from './facts-in.ts'
import { foldType } from './fold-type.ts'
import { placeOf } from './place-of.ts'

/** What this script makes in `spec/`; other files there are made by others. */
export const MADE = ['index.json', '*/*.json'] as const

const SERVICES = [
  'arm.Authorization',
  'arm.ContainerRegistry',
  'arm.Insights.components',
  'arm.KeyVault',
  'arm.Locks',
  'arm.MachineLearningServices',
  'arm.ManagedIdentity',
  'arm.OperationalInsights',
  'arm.Resources',
  'arm.Storage',
  'arm.Subscriptions',
] as const

/** Every file of `spec/` by its path, as the facts make it. */
export function buildSpec(folder: string): ReadonlyMap<string, string> {
  const namespaces = new Map<string, Map<string, { spelling: string; sources: Source[] }>>()
  for (const source of SERVICES.flatMap((service) => factsIn(folder, service))) {
    for (const [key, operations] of Map.groupBy(source.operations, (operation) => {
      const place = placeOf(operation)
      return place && `${place.namespace}/${place.type}`
    })) {
      if (key === undefined) continue
      const namespace = key.slice(0, key.indexOf('/')).toLowerCase()
      const type = key.slice(key.indexOf('/') + 1)
      const types = namespaces.get(namespace) ?? new Map()
      namespaces.set(namespace, types)
      const known = types.get(type.toLowerCase()) ?? { spelling: type, sources: [] }
      types.set(type.toLowerCase(), known)
      known.sources.push({ ...source, operations })
    }
  }

  const files = new Map<string, string>()
  const index: Record<string, { versions: string[]; types: Record<string, number[]> }> = {}
  for (const [namespace, types] of [...namespaces].sort(([a], [b]) => a.localeCompare(b))) {
    const versions = [...new Set([...types.values()].flatMap(({ sources }) => sources.map(({ version }) => version)))]
    versions.sort(compareVersions)
    const places: Record<string, number[]> = {}
    for (const { spelling, sources } of [...types.values()].sort((a, b) => a.spelling.localeCompare(b.spelling))) {
      const ordered = sources.sort((a, b) => compareVersions(a.version, b.version))
      places[spelling] = [...new Set(ordered.map(({ version }) => versions.indexOf(version)))]
      files.set(`${namespace}/${spelling.replaceAll('/', '.')}.json`, `${JSON.stringify(foldType(ordered))}\n`)
    }
    index[namespace] = { versions, types: places }
  }
  files.set('index.json', `${JSON.stringify(index)}\n`)
  return files
}

if (import.meta.main) {
  const folder = process.argv[2]
  if (folder === undefined || !existsSync(folder)) throw new Error('Which folder of facts?')
  const target = join(import.meta.dirname, '..', '..', 'spec')
  const files = buildSpec(folder)
  if (process.argv.includes('--check')) {
    const there = globSync(MADE, { cwd: target })
    const stale = [...files].filter(
      ([path, text]) => !there.includes(path) || readFileSync(join(target, path), 'utf8') !== text,
    )
    const left = there.filter((path) => !files.has(path))
    for (const path of [...stale.map(([path]) => path), ...left]) console.error(`spec/${path} is not fresh`)
    process.exitCode = stale.length + left.length === 0 ? 0 : 1
  } else {
    for (const path of globSync(MADE, { cwd: target })) rmSync(join(target, path))
    for (const [path, text] of files) {
      mkdirSync(dirname(join(target, path)), { recursive: true })
      writeFileSync(join(target, path), text)
    }
    const size = [...files.values()].reduce((sum, text) => sum + text.length, 0)
    console.log(`${files.size} files, ${Math.round(size / 1024)} KiB`)
  }
}
