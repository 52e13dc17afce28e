import { parseResourceId, providerId, type ResourceId, TENANT } from '../resource-id.ts'
import type { ScopeOperation } from './define-resource.ts'
import type { RegisteredProvider, RegisteredType, Registry } from './registry.ts'

/** What a request's path names, whatever its verb. */
export type Address =
  | { readonly at: 'resource'; readonly id: ResourceId; readonly type: RegisteredType }
  /** All of a type below `scope`: its parent, or for a top-level type its group, subscription or tenant. */
  | { readonly at: 'collection'; readonly scope: ResourceId; readonly type: RegisteredType }
  | { readonly at: 'action'; readonly id: ResourceId; readonly type: RegisteredType; readonly action: string }
  | {
      readonly at: 'operation'
      readonly scope: ResourceId
      readonly provider: RegisteredProvider
      readonly choices: readonly ScopeMatch[]
    }
  | { readonly at: 'poll'; readonly kind: 'status' | 'result'; readonly operationId: string }
  | {
      readonly at: 'nothing'
      readonly namespace: string | undefined
      readonly type: string
      readonly scope: ResourceId
    }

export interface ScopeMatch {
  readonly operation: ScopeOperation
  readonly params: Readonly<Record<string, string>>
}

interface Pattern {
  readonly provider: RegisteredProvider
  readonly operation: ScopeOperation
  /** Folded literals, and the names of blanks behind a colon. */
  readonly segments: readonly string[]
}

const POLL = /\/(operationstatuses|operationsstatus|operationresults)\/([^/]+)$/i
/** How many paths are kept parsed: those of the hot paths come again and again. */
const KEPT = 4_096

/** Reads paths. Case never matters, a trailing slash neither. */
export function addressReader(registry: Registry): (path: string) => Address | undefined {
  const patterns = registry.operations.map(({ provider, operation }) => patternOf(provider, operation))
  const known = new Map<string, Address>()
  const bare = new Map(
    registry.providers.flatMap(({ namespace, types }) =>
      types.flatMap(({ declaration: { alsoBare } }) =>
        alsoBare === undefined ? [] : [[alsoBare, namespace] as const],
      ),
    ),
  )

  return (path) => {
    const found = known.get(path) ?? read(path)
    if (found && !known.has(path)) {
      if (known.size >= KEPT) known.clear()
      known.set(path, found)
    }
    return found
  }

  function read(path: string): Address | undefined {
    const decoded = decode(path)
    if (!decoded || decoded.includes('')) return undefined
    const segments = withProvider(decoded)
    const poll = POLL.exec(`/${segments.join('/')}`)
    if (poll?.[1] && poll[2]) {
      return { at: 'poll', kind: /results/i.test(poll[1]) ? 'result' : 'status', operationId: poll[2] }
    }
    return operation(segments) ?? resource(segments)
  }

  /** `…/resourceGroups/{g}/deployments/{d}`, as azure-ai-ml writes it, with the provider that it leaves out. */
  function withProvider(segments: readonly string[]): readonly string[] {
    const at =
      segments[0]?.toLowerCase() !== 'subscriptions' ? -1 : segments[2]?.toLowerCase() === 'resourcegroups' ? 4 : 2
    const provider = at < 0 ? undefined : bare.get(segments[at]?.toLowerCase() ?? '')
    return provider === undefined ? segments : segments.toSpliced(at, 0, 'providers', provider)
  }

  function operation(segments: readonly string[]): Address | undefined {
    const matches = patterns.flatMap((pattern) => {
      const params = match(pattern, segments)
      return params ? [{ pattern, params }] : []
    })
    const [first] = matches
    if (!first) return undefined
    const scope = scopeOf(segments, first.pattern)
    if (!scope) return undefined
    return {
      at: 'operation',
      scope,
      provider: first.pattern.provider,
      choices: matches.map(({ pattern, params }) => ({ operation: pattern.operation, params })),
    }
  }

  function resource(segments: readonly string[]): Address | undefined {
    const id = parseResourceId(segments.join('/'))
    if (id && id !== TENANT) {
      const type = registry.type(id.type)
      return type ? { at: 'resource', id, type } : nothing(id.type, id)
    }
    const last = segments.at(-1) ?? ''
    const before = segments.slice(0, -1)
    return collection(before, last) ?? action(before, last)
  }

  function collection(before: readonly string[], last: string): Address | undefined {
    const folded = last.toLowerCase()
    if (before.length === 0) return listed('Microsoft.Resources/subscriptions', folded === 'subscriptions', TENANT)
    const provider = before.at(-2)?.toLowerCase() === 'providers' ? before.at(-1) : undefined
    if (provider !== undefined) {
      const scope = before.length === 2 ? TENANT : parseResourceId(before.slice(0, -2).join('/'))
      if (!scope) return undefined
      return (
        listed(`${provider}/${last}`, true, scope) ??
        nothing(`${provider}/${last}`, providerId(scope, provider, last, ''))
      )
    }
    const scope = parseResourceId(before.join('/'))
    if (!scope) return undefined
    if (scope.type === 'Microsoft.Resources/subscriptions') {
      return listed('Microsoft.Resources/resourceGroups', folded === 'resourcegroups', scope)
    }
    return listed(`${scope.type}/${last}`, true, scope)
  }

  function listed(type: string, is: boolean, scope: ResourceId): Address | undefined {
    const found = is ? registry.type(type) : undefined
    return found && { at: 'collection', scope, type: found }
  }

  function action(before: readonly string[], last: string): Address | undefined {
    const id = before.length === 0 ? undefined : parseResourceId(before.join('/'))
    const type = id && registry.type(id.type)
    if (id && type) return { at: 'action', id, type, action: last }
    return id && nothing(`${id.type}/${last}`, id)
  }

  function nothing(type: string, scope: ResourceId): Address {
    const [namespace] = type.split('/')
    return { at: 'nothing', namespace, type: type.slice((namespace?.length ?? 0) + 1), scope }
  }
}

function decode(path: string): string[] | undefined {
  const bare = path.replace(/^\/+|\/+$/g, '')
  // Between a namespace and its type stands, in what generic clients (`az resource`) build, an empty parent.
  const segments = bare
    .split('/')
    .filter((segment, at, all) => segment !== '' || !/^providers$/i.test(all[at - 2] ?? ''))
  if (!bare.includes('%')) return segments
  try {
    const decoded = segments.map(decodeURIComponent)
    return decoded.some((segment) => segment.includes('/')) ? undefined : decoded
  } catch {
    return undefined
  }
}

const SCOPES = {
  tenant: [],
  subscription: ['subscriptions', ':'],
  resourceGroup: ['subscriptions', ':', 'resourcegroups', ':'],
  any: [],
} as const

function patternOf(provider: RegisteredProvider, operation: ScopeOperation): Pattern {
  const own = operation.path
    .replace(/^\//, '')
    .split('/')
    .map((segment) => (/^\{.*\}$/.test(segment) ? `:${segment.slice(1, -1)}` : segment.toLowerCase()))
  const below = operation.path.startsWith('/') ? [] : ['providers', provider.namespace.toLowerCase()]
  return { provider, operation, segments: [...SCOPES[operation.scope], ...below, ...own] }
}

function match({ segments, operation }: Pattern, whole: readonly string[]): Record<string, string> | undefined {
  // One at any scope is told by how its path ends.
  const path = operation.scope === 'any' ? whole.slice(-segments.length) : whole
  if (segments.length !== path.length) return undefined
  const params: Record<string, string> = {}
  for (const [at, segment] of segments.entries()) {
    const value = path[at] ?? ''
    if (segment === ':') continue
    if (segment.startsWith(':')) params[segment.slice(1)] = value
    else if (segment !== value.toLowerCase()) return undefined
  }
  return params
}

function scopeOf(segments: readonly string[], { operation, segments: own }: Pattern): ResourceId | undefined {
  const { scope } = operation
  if (scope === 'tenant') return TENANT
  if (scope === 'any') {
    const before = segments.slice(0, -own.length)
    return before.length === 0 ? TENANT : parseResourceId(before.join('/'))
  }
  return parseResourceId(segments.slice(0, scope === 'subscription' ? 2 : 4).join('/'))
}
