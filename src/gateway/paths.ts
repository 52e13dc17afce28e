import type { Surface } from './surface.ts'

/** Where a path of the own origin leads: the plane, the name that a reserved path carries, and the path below it. */
export interface PathTarget {
  readonly surface: Surface
  readonly name: string
  readonly url: string
}

const byFirstSegment: ReadonlyMap<string, Surface> = new Map<string, Surface>([
  ...['subscriptions', 'providers', 'tenants', 'batch'].map((path) => [path, 'arm'] as const),
  ...['lazuli', 'metadata', ''].map((path) => [path, 'direct'] as const),
  ...['v1.0'].map((path) => [path, 'graph'] as const),
  ...['studio'].map((path) => [path, 'studio'] as const),
  ...[
    'discovery',
    'history',
    'mlflow',
    'api',
    'ajax-api',
    'execution',
    'hyperdrive',
    'modelmanagement',
    'modelregistry',
    'artifact',
    'artifacts',
    'metric',
    'metrics',
    'data',
    'dataset',
    'datastore',
    'environment',
    'experimentation',
    'rp',
    'assetstore',
    'mferp',
    'pipelines',
    'index',
    'registrymanagement',
    // What MLflow's server has beside its API.
    'version',
    'health',
    'v1',
    'get-artifact',
    'model-versions',
    'graphql',
  ].map((path) => [path, 'regional'] as const),
])

/** Reserved first segments, and how many segments after them make the name. */
const reserved: ReadonlyMap<string, readonly [Surface, 1 | 2]> = new Map<string, readonly [Surface, 1 | 2]>([
  ['_blob', ['blob', 1]],
  ['_dfs', ['storage', 1]],
  ['_file', ['storage', 1]],
  ['_queue', ['storage', 1]],
  ['_table', ['storage', 1]],
  ['_vault', ['vault', 1]],
  ['_registry', ['registry', 1]],
  ['_score', ['scoring', 2]],
])

/** `/{tenant}/…` belongs to the login plane when its second segment is one of these. */
const loginSeconds: ReadonlySet<string> = new Set([
  'oauth2',
  'v2.0',
  '.well-known',
  'discovery',
  'reprocess',
  'login',
  'userrealm',
])

/** Tells the planes of the own origin apart. What is none of them is the direct plane's to refuse. */
export function pathTarget(url: string): PathTarget {
  const first = segment(url, 1)
  // What Prometheus asks by default; everything below it is a region's.
  if (url === '/metrics' || url.startsWith('/metrics?')) return { surface: 'direct', name: '', url }
  const surface = byFirstSegment.get(first) ?? byFirstSegment.get(first.toLowerCase())
  if (surface) return { surface, name: '', url }
  const place = reserved.get(first)
  if (place) return belowReserved(url, first.length + 1, place)
  if (loginSeconds.has(segment(url, first.length + 2).toLowerCase())) return { surface: 'login', name: '', url }
  return { surface: 'direct', name: '', url }
}

function belowReserved(url: string, from: number, [surface, names]: readonly [Surface, 1 | 2]): PathTarget {
  const one = segment(url, from + 1)
  let end = from + 1 + one.length
  let name = one
  if (names === 2) {
    const two = segment(url, end + 1)
    // `/_score/{region}/{endpoint}`: the name is written as the host would carry it.
    name = `${two}.${one}`
    end += 1 + two.length
  }
  const rest = url.slice(end)
  return { surface, name, url: rest.startsWith('/') ? rest : `/${rest}` }
}

/** The segment that starts at `from`, up to the next slash or the query. */
function segment(url: string, from: number): string {
  if (from > url.length) return ''
  const query = url.indexOf('?', from)
  const slash = url.indexOf('/', from)
  let end = slash < 0 ? url.length : slash
  if (query >= 0 && query < end) end = query
  return url.slice(from, end)
}
