import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parse } from 'yaml'
import { type JsonObject, objectAt, textAt } from '../../../json.ts'
import type { Source, SourceModel, SourcePoint, SourceRun } from './source.ts'

/** Statuses as MLflow's folders number them. */
const STATUSES = ['', 'RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED']

interface RunPlace {
  readonly folder: string
  readonly meta: JsonObject
  readonly deleted: boolean
}

/** MLflow's folder `mlruns`: a folder per experiment and run, a file per param, tag and series. It is only read. */
export function folderSource(root: string): Source {
  const places = experimentFolders(root)
  const experiments = places.map(({ folder, deleted }) => {
    const meta = metaOf(folder)
    return {
      id: plain(meta.experiment_id),
      name: plain(meta.name),
      deleted: deleted || meta.lifecycle_stage === 'deleted',
      tags: filesBelow(join(folder, 'tags')),
    }
  })
  const all = places
    .flatMap(({ folder }) => runsIn(folder))
    .sort((a, b) => Number(a.meta.start_time) - Number(b.meta.start_time))
  const logged = places.reduce((sum, { folder }) => sum + foldersIn(join(folder, 'models')).length, 0)
  const traces = places.reduce((sum, { folder }) => sum + foldersIn(join(folder, 'traces')).length, 0)
  return {
    experiments,
    *runs() {
      for (const place of all) yield runOf(place)
    },
    models: foldersIn(join(root, 'models')).map((name) => modelOf(join(root, 'models', name))),
    left: { ...(logged > 0 && { 'logged models': logged }), ...(traces > 0 && { traces }) },
    close: () => undefined,
  }
}

function experimentFolders(root: string) {
  const trash = join(root, '.trash')
  const below = (folder: string, deleted: boolean) =>
    foldersIn(folder)
      .map((name) => ({ folder: join(folder, name), deleted }))
      .filter(
        (place) => existsSync(join(place.folder, 'meta.yaml')) && metaOf(place.folder).experiment_id !== undefined,
      )
  return [...below(root, false), ...below(trash, true)]
}

const runsIn = (folder: string): RunPlace[] =>
  foldersIn(folder)
    .map((name) => join(folder, name))
    .filter((place) => existsSync(join(place, 'meta.yaml')))
    .map((place) => ({ folder: place, meta: metaOf(place), deleted: false }))
    .filter(({ meta }) => meta.run_id !== undefined || meta.run_uuid !== undefined)

function runOf({ folder, meta }: RunPlace): SourceRun {
  const end = Number(meta.end_time ?? Number.NaN)
  const status = meta.status
  return {
    id: plain(meta.run_id ?? meta.run_uuid),
    experimentId: plain(meta.experiment_id),
    name: plain(meta.run_name ?? meta.name),
    user: plain(meta.user_id),
    status: typeof status === 'number' ? (STATUSES[status] ?? '') : plain(status),
    ...(typeof meta.start_time === 'number' && { start: meta.start_time }),
    ...(Number.isFinite(end) && end > 0 && { end }),
    deleted: meta.lifecycle_stage === 'deleted',
    artifactUri: existsSync(join(folder, 'artifacts')) ? join(folder, 'artifacts') : plain(meta.artifact_uri),
    params: filesBelow(join(folder, 'params')),
    tags: filesBelow(join(folder, 'tags')),
    datasets: datasetsOf(folder),
    *points() {
      for (const [key, text] of Object.entries(filesBelow(join(folder, 'metrics')))) {
        for (const line of text.split('\n')) if (line.trim() !== '') yield pointOf(key, line)
      }
    },
  }
}

/** `timestamp value step`; early versions wrote no step. */
function pointOf(key: string, line: string): SourcePoint {
  const [timestamp = '0', value = '0', step = '0'] = line.trim().split(' ')
  return { key, value: numberOf(value), timestamp: Number(timestamp), step: Number(step) }
}

/** As Python writes numbers. */
function numberOf(text: string): number {
  const word = text.toLowerCase()
  if (word === 'nan') return Number.NaN
  if (/^[+-]?inf(inity)?$/.test(word)) return word.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return Number(text)
}

function datasetsOf(folder: string) {
  return foldersIn(join(folder, 'inputs')).flatMap((id) => {
    const input = metaOf(join(folder, 'inputs', id))
    const place = join(folder, '..', 'datasets', plain(input.source_id))
    if (!existsSync(join(place, 'meta.yaml'))) return []
    const { digest, name, schema, profile, source, source_type } = metaOf(place)
    return [
      {
        name: plain(name),
        digest: plain(digest),
        source: plain(source),
        source_type: plain(source_type),
        ...(typeof schema === 'string' && { schema }),
        ...(typeof profile === 'string' && { profile }),
        tags: textsIn(objectAt(input.tags)),
      },
    ]
  })
}

function modelOf(folder: string): SourceModel {
  const meta = metaOf(folder)
  const aliases = filesBelow(join(folder, 'aliases'))
  const versions = foldersIn(folder).filter((name) => /^version-\d+$/.test(name))
  return {
    name: plain(meta.name),
    description: plain(meta.description),
    tags: filesBelow(join(folder, 'tags')),
    aliases: Object.fromEntries(Object.entries(aliases).map(([alias, version]) => [alias, Number(version)])),
    versions: versions
      .map((name) => ({ meta: metaOf(join(folder, name)), tags: filesBelow(join(folder, name, 'tags')) }))
      .map(({ meta: version, tags }) => ({
        version: Number(version.version),
        source: plain(version.source),
        runId: plain(version.run_id),
        description: plain(version.description),
        stage: plain(version.current_stage) || 'None',
        tags,
      }))
      .sort((a, b) => a.version - b.version),
  }
}

const metaOf = (folder: string): JsonObject => objectAt(parse(readFileSync(join(folder, 'meta.yaml'), 'utf8')))
const plain = (value: unknown): string => (value === undefined || value === null ? '' : String(value))
const textsIn = (object: JsonObject): Record<string, string> =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, textAt(value) ?? plain(value)]))

const foldersIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && entry.name !== '.trash')
        .map(({ name }) => name)
        .sort()
    : []

/** Files by their path below a folder: a name of MLflow's may have slashes. */
function filesBelow(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {}
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      return [relative(folder, path), readFileSync(path, 'utf8')]
    }),
  )
}
