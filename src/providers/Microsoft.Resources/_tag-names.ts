import type { ScopeOperation, ScopeRequest } from '../../arm/define-resource.ts'
import type { Deps } from '../../domain/deps.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt } from '../../json.ts'

/** Tag names that a subscription declares beforehand, kept in its state, and those that are in use. */
export const tagNameOperations: readonly ScopeOperation[] = [
  {
    method: 'GET',
    path: '/tagNames',
    scope: 'subscription',
    right: 'subscriptions/tagNames/read',
    answer: async (deps, request) => ({ body: { value: await list(deps, request) } }),
  },
  {
    method: 'PUT',
    path: '/tagNames/{name}',
    scope: 'subscription',
    right: 'subscriptions/tagNames/write',
    async answer(deps, request) {
      const { name } = paramsOf(request)
      const made = await change(deps, request, (names) =>
        spelling(names, name) ? undefined : { ...names, [name]: [] },
      )
      return { status: made ? 201 : 200, body: await shown(deps, request, name) }
    },
  },
  {
    method: 'DELETE',
    path: '/tagNames/{name}',
    scope: 'subscription',
    right: 'subscriptions/tagNames/delete',
    async answer(deps, request) {
      const { name } = paramsOf(request)
      if ((await usage(deps, request)).has(name.toLowerCase())) throw fault('TagInUse', { what: `tag name '${name}'` })
      const gone = await change(deps, request, (names) => {
        const known = spelling(names, name)
        if (known === undefined) return undefined
        const { [known]: _gone, ...rest } = names
        return rest
      })
      return { status: gone ? 200 : 204 }
    },
  },
  {
    method: 'PUT',
    path: '/tagNames/{name}/tagValues/{value}',
    scope: 'subscription',
    right: 'subscriptions/tagNames/tagValues/write',
    async answer(deps, request) {
      const { name, value } = paramsOf(request)
      const made = await change(deps, request, (names) => {
        const known = spelling(names, name)
        if (known === undefined) throw fault('TagNameNotFound', { name })
        const values = names[known] ?? []
        return values.includes(value) ? undefined : { ...names, [known]: [...values, value] }
      })
      const id = `${request.scope.text}/tagNames/${name}/tagValues/${value}`
      return { status: made ? 201 : 200, body: { id, tagValue: value, count: countOf(0) } }
    },
  },
  {
    method: 'DELETE',
    path: '/tagNames/{name}/tagValues/{value}',
    scope: 'subscription',
    right: 'subscriptions/tagNames/tagValues/delete',
    async answer(deps, request) {
      const { name, value } = paramsOf(request)
      if ((await usage(deps, request)).get(name.toLowerCase())?.values.has(value)) {
        throw fault('TagInUse', { what: `tag value '${value}'` })
      }
      const gone = await change(deps, request, (names) => {
        const known = spelling(names, name)
        const values = known === undefined ? undefined : names[known]
        if (known === undefined || !values?.includes(value)) return undefined
        return { ...names, [known]: values.filter((one) => one !== value) }
      })
      return { status: gone ? 200 : 204 }
    },
  },
]

type Names = Readonly<Record<string, readonly string[]>>

const paramsOf = ({ params }: ScopeRequest) => ({ name: params.name ?? '', value: params.value ?? '' })
const spelling = (names: Names, name: string): string | undefined =>
  Object.keys(names).find((one) => one.toLowerCase() === name.toLowerCase())
const countOf = (value: number): JsonObject => ({ type: 'Total', value })

const namesIn = (state: JsonObject | undefined): Names =>
  Object.fromEntries(
    Object.entries(objectAt(state?.tagNames)).map(([name, values]) => [
      name,
      Array.isArray(values) ? values.filter((value) => typeof value === 'string') : [],
    ]),
  )

/** Writes what `next` makes of the declared names; false where it leaves them as they are. */
function change({ store }: Deps, { scope }: ScopeRequest, next: (names: Names) => Names | undefined): Promise<boolean> {
  return store.write(async (within) => {
    const kept = await within.resources.get(scope.key)
    if (!kept) throw fault('SubscriptionNotFound', { subscription: scope.name })
    const names = next(namesIn(kept.state))
    if (!names) return false
    await within.resources.put({ ...kept, state: { ...kept.state, tagNames: names } })
    return true
  })
}

interface Used {
  readonly name: string
  count: number
  readonly values: Map<string, number>
}

const PAGE = 1_000

/** How often each tag stands on a resource or a group of the subscription, by its folded name. */
async function usage({ store }: Deps, { scope }: ScopeRequest): Promise<ReadonlyMap<string, Used>> {
  const found = new Map<string, Used>()
  const note = (tags: JsonObject): void => {
    for (const [name, value] of Object.entries(tags)) {
      const key = name.toLowerCase()
      const used = found.get(key) ?? { name, count: 0, values: new Map() }
      used.count++
      if (typeof value === 'string') used.values.set(value, (used.values.get(value) ?? 0) + 1)
      found.set(key, used)
    }
  }
  const groups = await store.resources.ofType(scope.key, 'Microsoft.Resources/resourceGroups')
  for (const { body } of groups.items) note(objectAt(body.tags))
  let next: string | undefined
  do {
    const page = await store.resources.under(scope.key, { limit: PAGE, ...(next !== undefined && { after: next }) })
    for (const { body } of page.items) note(objectAt(body.tags))
    next = page.next
  } while (next !== undefined)
  return found
}

async function list(deps: Deps, request: ScopeRequest): Promise<readonly JsonObject[]> {
  const used = await usage(deps, request)
  const subscription = await deps.store.resources.get(request.scope.key)
  const declared = namesIn(subscription?.state)
  const names = new Map([...used.values()].map(({ name }) => [name.toLowerCase(), name]))
  for (const name of Object.keys(declared)) names.set(name.toLowerCase(), name)
  return [...names.values()].sort().map((name) => {
    const id = `${request.scope.text}/tagNames/${name}`
    const own = used.get(name.toLowerCase())
    const values = new Set([...(declared[name] ?? []), ...(own?.values.keys() ?? [])])
    return {
      id,
      tagName: name,
      count: countOf(own?.count ?? 0),
      values: [...values].sort().map((tagValue) => ({
        id: `${id}/tagValues/${tagValue}`,
        tagValue,
        count: countOf(own?.values.get(tagValue) ?? 0),
      })),
    }
  })
}

async function shown(deps: Deps, request: ScopeRequest, name: string): Promise<JsonObject> {
  const all = await list(deps, request)
  return all.find((one) => String(one.tagName).toLowerCase() === name.toLowerCase()) ?? {}
}
