import type { ScopeOperation, ScopeRequest } from '../../arm/define-resource.ts'
import type { Deps } from '../../domain/deps.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import type { StoredResource } from '../../store/resources.ts'
import { filterOf } from './_resource-filter.ts'

/** Listings of resources whatever their type. */
export const resourceListings: readonly ScopeOperation[] = (['subscription', 'resourceGroup'] as const).map(
  (scope) => ({
    method: 'GET',
    path: '/resources',
    scope,
    answer: async (deps, request) => ({ body: await list(deps, request) }),
  }),
)

const PAGE = 1_000

async function list({ store }: Deps, request: ScopeRequest): Promise<JsonObject> {
  const { scope, context } = request
  const { query } = context
  const keep = filterOf(query.get('$filter') ?? '')
  const top = topOf(query)
  const times = (query.get('$expand') ?? '').toLowerCase()
  const value: JsonObject[] = []
  let next = afterOf(request)
  do {
    const page = await store.resources.under(scope.key, {
      limit: top - value.length,
      ...(next !== undefined && { after: next }),
    })
    for (const item of page.items) {
      if (keep(item) && (await request.allows(`${item.type}/read`, item.id))) value.push(present(item, times))
    }
    next = page.next
  } while (next !== undefined && value.length < top)
  return { value, ...(next !== undefined && { nextLink: linkTo(request, next) }) }
}

/** @throws InvalidPaging */
function topOf(query: URLSearchParams): number {
  const top = query.get('$top') ?? ''
  if (top !== '' && !/^[1-9]\d{0,8}$/.test(top)) throw fault('InvalidPaging', { name: '$top', value: top })
  return top === '' ? PAGE : Math.min(Number(top), PAGE)
}

/** A token is the folded id after which the page begins. @throws InvalidPaging for one of elsewhere */
function afterOf({ scope, context }: ScopeRequest): string | undefined {
  const token = context.query.get('$skipToken') ?? context.query.get('$skiptoken') ?? ''
  if (token === '') return undefined
  if (!token.startsWith(`${scope.key}/`)) throw fault('InvalidPaging', { name: '$skipToken', value: token })
  return token
}

function linkTo({ scope, context }: ScopeRequest, next: string): string {
  const query = new URLSearchParams(context.query)
  query.delete('$skiptoken')
  query.set('$skipToken', next)
  return `${context.origin.arm()}${scope.text}/resources?${query.toString().replaceAll('%24', '$')}`
}

/** A generic listing shows the envelope alone; properties are read at the resource. */
function present({ id, name, type, body, system, provisioningState }: StoredResource, expand: string): JsonObject {
  const { properties: _properties, ...rest } = body
  return {
    id,
    name,
    type,
    ...rest,
    ...(expand.includes('createdtime') && { createdTime: system.createdAt }),
    ...(expand.includes('changedtime') && { changedTime: system.lastModifiedAt }),
    ...(expand.includes('provisioningstate') && { provisioningState }),
  }
}
