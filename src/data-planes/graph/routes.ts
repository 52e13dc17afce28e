import { fault } from '../../faults.ts'
import { credentialRoutes } from './credentials.ts'
import { grantRoutes } from './grants.ts'
import { linkRoutes } from './links.ts'
import { managerRoutes } from './managers.ts'
import { objectRoutes } from './objects.ts'
import { type Collection, collections, type GraphAsk, type GraphRoute } from './route.ts'
import { tenantRoutes } from './tenant.ts'

interface Compiled {
  readonly method: string
  readonly words: readonly string[]
  readonly route: GraphRoute
}

const compiled: readonly Compiled[] = Object.entries({
  ...objectRoutes,
  ...linkRoutes,
  ...managerRoutes,
  ...credentialRoutes,
  ...grantRoutes,
  ...tenantRoutes,
}).map(([key, route]) => {
  const [method = '', path = ''] = key.split(' ')
  return { method, words: path.split('/').slice(1), route }
})

/** Words that stand where an id does, and are none. */
const words = new Set(['$count', 'getbyids', 'getavailableextensionproperties', 'validateproperties', 'delta'])

interface Found {
  readonly route: GraphRoute
  readonly params: GraphAsk['params']
  readonly query: URLSearchParams
}

/**
 * The route of a request.
 *
 * @throws GraphNotImplemented for what of Graph is not there
 */
export function routeOf(method: string, url: string): Found {
  const at = url.indexOf('?')
  const path = at < 0 ? url : url.slice(0, at)
  const query = new URLSearchParams(at < 0 ? '' : url.slice(at + 1))
  const [, version = '', ...segments] = path.replace(/\/+$/, '').split('/').map(decoded)
  const asked = method === 'HEAD' ? 'GET' : method
  const spread = segments.flatMap(keyed)
  if (/^(v1\.0|beta)$/i.test(version)) {
    for (const one of compiled) {
      const params = one.method === asked ? matched(one.words, spread) : undefined
      if (params) return { route: one.route, params: { ...params, version, collection: segments[0] ?? '' }, query }
    }
  }
  throw fault('GraphNotImplemented', { method, path })
}

function matched(pattern: readonly string[], segments: readonly string[]) {
  if (pattern.length !== segments.length) return undefined
  const params = { kind: 'user' as GraphAsk['params']['kind'], id: '', other: '' }
  for (const [index, word] of pattern.entries()) {
    const segment = segments[index] ?? ''
    const folded = segment.toLowerCase()
    if (word === '{kind}') {
      if (!Object.hasOwn(collections, folded)) return undefined
      params.kind = collections[folded as Collection]
    } else if (word === '{id}' || word === '{other}') {
      if (segment === '' || words.has(folded)) return undefined
      params[word === '{id}' ? 'id' : 'other'] = segment
    } else if (word.toLowerCase() !== folded) return undefined
  }
  return params
}

/** `servicePrincipals(appId='…')` and `users('…')` are an address with a key in brackets: two words of a path. */
function keyed(segment: string): readonly string[] {
  const [, collection, key] = /^(\w+)\((.+)\)$/.exec(segment) ?? []
  if (collection === undefined || key === undefined) return [segment]
  const [, plain] = /^'((?:[^']|'')*)'$/.exec(key) ?? []
  return [collection, plain?.replaceAll("''", "'") ?? key]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
