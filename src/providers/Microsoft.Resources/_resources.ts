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
  const page = request.page(PAGE)
  const expand = expandOf(query.get('$expand') ?? '')
  const value: JsonObject[] = []
  let next = page.after
  do {
    const found = await store.resources.under(scope.key, {
      limit: page.limit - value.length,
      ...(next !== undefined && { after: next }),
    })
    for (const item of found.items) {
      if (keep(item) && (await request.allows(`${item.type}/read`, item.id))) value.push(present(item, expand))
    }
    next = found.next
  } while (next !== undefined && value.length < page.limit)
  return page.answer(value, next)
}

const EXPANDS = ['createdTime', 'changedTime', 'provisioningState'] as const
type Expand = (typeof EXPANDS)[number]

/** @throws InvalidPaging for what none of the resources could be expanded with */
function expandOf(asked: string): ReadonlySet<Expand> {
  const words = asked.split(',').flatMap((word) => (word.trim() === '' ? [] : [word.trim().toLowerCase()]))
  const found = EXPANDS.filter((one) => words.includes(one.toLowerCase()))
  if (words.every((word) => found.some((one) => one.toLowerCase() === word))) return new Set(found)
  throw fault('InvalidPaging', { name: '$expand', value: asked })
}

/** A generic listing shows the envelope alone; properties are read at the resource. */
function present(
  { id, name, type, body, system, provisioningState }: StoredResource,
  expand: ReadonlySet<Expand>,
): JsonObject {
  const { properties: _properties, ...rest } = body
  return {
    id,
    name,
    type,
    ...rest,
    ...(expand.has('createdTime') && { createdTime: system.createdAt }),
    ...(expand.has('changedTime') && { changedTime: system.lastModifiedAt }),
    ...(expand.has('provisioningState') && { provisioningState }),
  }
}
