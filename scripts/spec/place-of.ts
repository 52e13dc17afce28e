import type { Operation } from '../../src/arm/facts/facts.ts'

export interface Place {
  readonly namespace: string
  /** The type that an operation belongs to: actions belong to the resource that they act on. */
  readonly type: string
}

/** Where an operation's facts are kept; undefined where its path names no type. */
export function placeOf({ method, path }: Operation): Place | undefined {
  const bare = path.split('?')[0] ?? ''
  const [, namespace, below] = /.*\/providers\/([A-Za-z]+\.[A-Za-z.]+)\/(.+)$/.exec(bare) ?? []
  if (namespace === undefined || below === undefined) return rootPlace(bare)
  const segments = below.split('/')
  const types = segments.filter((_, at) => at % 2 === 0)
  const isAction = method === 'POST' && segments.length % 2 === 1 && segments.length > 1
  const own = isAction ? types.slice(0, -1) : types
  return own.length === 0 || own.some(isBlank) ? undefined : { namespace, type: own.join('/') }
}

const isBlank = (segment: string): boolean => segment.startsWith('{')

/** The resource manager's own paths, which have no provider in them. */
function rootPlace(path: string): Place | undefined {
  const namespace = 'Microsoft.Resources'
  if (/^\/subscriptions\/\{[^}]+\}\/resourcegroups(\/\{[^}]+\}(\/[A-Za-z]+)?)?$/i.test(path)) {
    return { namespace, type: 'resourceGroups' }
  }
  if (/^\/subscriptions(\/\{[^}]+\})?$/.test(path)) return { namespace, type: 'subscriptions' }
  const [, last] = /^(?:\/subscriptions\/\{[^}]+\})?\/(tenants|locations|resources|providers)(\/.*)?$/.exec(path) ?? []
  return last === undefined ? undefined : { namespace, type: last }
}
