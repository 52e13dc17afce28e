import type { Backing } from '../../arm/define-resource.ts'
import { fault } from '../../faults.ts'
import { type JsonObject, objectAt, textAt } from '../../json.ts'
import type { ResourceId } from '../../resource-id.ts'
import { madeBy, type StoredResource, standing } from '../../store/resources.ts'
import type { BuiltInPolicy } from './_built-in-policies.ts'

/** Definitions as they are kept: a subscription's own in the store, the built-in ones with the program. */
export function policyBacking(type: string, builtIns: readonly BuiltInPolicy[]): Backing {
  const builtIn = builtIns.map((one) => presentBuiltIn(type, one))
  const isBuiltIn = ({ parent }: ResourceId): boolean => !parent || parent.key === ''
  return {
    async get(from, id) {
      if (!isBuiltIn(id)) return from.resources.get(id.key)
      return builtIn.find(({ name }) => name.toLowerCase() === id.name.toLowerCase())
    },
    put: (into, resource) => into.resources.put(resource),
    remove: (from, id) => from.resources.remove(id.key),
    async list(from, scope, options, query) {
      const wanted = filterOf(query.get('$filter') ?? '')
      const own = scope.key === '' ? [] : (await from.resources.children(scope.key, type)).items
      const found = [...builtIn, ...own]
        .filter(wanted)
        .toSorted((a, b) => (a.id < b.id ? -1 : 1))
        .filter(({ id }) => options.after === undefined || id > options.after)
      const items = found.slice(0, options.limit ?? found.length)
      const last = items.at(-1)
      return { items, ...(last && found.length > items.length && { next: last.id }) }
    },
  }
}

/** @throws InvalidFilter */
function filterOf(filter: string): (policy: StoredResource) => boolean {
  if (filter.trim() === '') return () => true
  if (/^\s*atExactScope\(\)\s*$/i.test(filter)) return ({ body }) => propertyOf(body, 'policyType') !== 'BuiltIn'
  const [, kind] = /^\s*policyType\s+(?:eq|-eq)\s+'?(Custom|BuiltIn|Static)'?\s*$/i.exec(filter) ?? []
  if (kind !== undefined) {
    return ({ body }) => propertyOf(body, 'policyType')?.toLowerCase() === kind.toLowerCase()
  }
  const [, category] = /^\s*category\s+(?:eq|-eq)\s+'((?:[^']|'')*)'\s*$/i.exec(filter) ?? []
  if (category === undefined) throw fault('InvalidFilter', { filter })
  const asked = category.replaceAll("''", "'").toLowerCase()
  return ({ body }) => textAt(objectAt(objectAt(body.properties).metadata).category)?.toLowerCase() === asked
}

const propertyOf = (body: JsonObject, name: string): string | undefined => textAt(objectAt(body.properties)[name])

const MADE = new Date(0).toISOString()

const presentBuiltIn = (type: string, { name, properties }: BuiltInPolicy): StoredResource =>
  standing({
    id: `/providers/${type}/${name}`,
    type,
    name,
    body: { properties },
    etag: name,
    system: madeBy('Microsoft', MADE),
  })
