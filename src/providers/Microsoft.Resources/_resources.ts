import type { ScopeOperation, ScopeRequest } from '../../arm/define-resource.ts'
import type { Deps } from '../../domain/deps.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'

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
  const top = Math.min(Math.max(Number(query.get('$top')) || PAGE, 1), PAGE)
  const times = (query.get('$expand') ?? '').toLowerCase()
  const value: JsonObject[] = []
  let next = query.get('$skipToken') ?? query.get('$skiptoken') ?? undefined
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

type Test = (resource: StoredResource) => boolean

const CLAUSE = /^\s*(\w+)\s+(eq|ne)\s+'((?:[^']|'')*)'\s*/i
const SUBSTRING = /^\s*substringof\('((?:[^']|'')*)',\s*name\)\s*/i

/** Azure's filters of this listing: clauses joined by `and`, or all by `or`. @throws InvalidFilter */
function filterOf(filter: string): Test {
  const tests: Test[] = []
  const joints = new Set<string>()
  let rest = filter.trim()
  while (rest !== '') {
    const clause = CLAUSE.exec(rest)
    const substring = clause ? null : SUBSTRING.exec(rest)
    const whole = clause?.[0] ?? substring?.[0]
    if (whole === undefined) throw fault('InvalidFilter', { filter })
    rest = rest.slice(whole.length)
    if (clause) tests.push(clauseTest(filter, clause[1] ?? '', clause[2] ?? '', unquote(clause[3] ?? '')))
    else tests.push(({ name }) => name.toLowerCase().includes(unquote(substring?.[1] ?? '').toLowerCase()))
    const joint = /^(and|or)\s+/i.exec(rest)
    if (joint) {
      joints.add((joint[1] ?? '').toLowerCase())
      rest = rest.slice(joint[0].length)
    } else if (rest !== '') throw fault('InvalidFilter', { filter })
  }
  if (joints.size > 1) throw fault('InvalidFilter', { filter })
  if (joints.has('or')) return (resource) => tests.some((test) => test(resource))
  return (resource) => tests.every((test) => test(resource))
}

const unquote = (text: string): string => text.replaceAll("''", "'")
const same = (a: string | undefined, b: string): boolean => a?.toLowerCase() === b.toLowerCase()

function clauseTest(filter: string, property: string, operator: string, value: string): Test {
  const reads: Readonly<Record<string, Test>> = {
    resourcetype: ({ type }) => same(type, value),
    name: ({ name }) => same(name, value),
    resourcegroup: ({ id }) => same(parseResourceId(id)?.resourceGroup, value),
    location: ({ body }) => same(textAt(body.location), value.replaceAll(' ', '')),
    tagname: ({ body }) => Object.keys(objectAt(body.tags)).some((tag) => same(tag, value)),
    tagvalue: ({ body }) => Object.values(objectAt(body.tags)).some((tag) => tag === value),
  }
  const test = reads[property.toLowerCase()]
  if (!test) throw fault('InvalidFilter', { filter })
  return operator.toLowerCase() === 'ne' ? (resource) => !test(resource) : test
}
