import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../json.ts'
import type { ResourceId } from '../../resource-id.ts'
import { member } from '../deployments/expressions/values.ts'

/** A resource as the conditions of a policy see it: without its secrets. */
export interface Subject {
  readonly id: ResourceId
  /** As Azure names it in policies: the base of its rights. */
  readonly type: string
  readonly body: JsonObject
}

const PLAIN = ['name', 'fullname', 'kind', 'type', 'location', 'id', 'identity.type', 'tags'] as const
/** Members that stand beside `properties`; an alias that begins with one means it. */
const ENVELOPE = [
  'sku',
  'identity',
  'kind',
  'zones',
  'plan',
  'tags',
  'location',
  'name',
  'extendedlocation',
  'managedby',
]
const TAG = /^tags(?:\.([^.[\]]+)|\['?(.+?)'?\])$/i

/** The tag that a field names: `tags.x`, `tags[x]`, `tags['x']`. */
export function tagOf(field: string): string | undefined {
  const [, dotted, bracketed] = TAG.exec(field) ?? []
  return dotted ?? bracketed
}

/** Whether a text can be a field at all: one of the resource's own, a tag, or an alias `Namespace/type/property`. */
export const isField = (field: string): boolean =>
  PLAIN.some((name) => name === field.toLowerCase()) ||
  tagOf(field) !== undefined ||
  /^[A-Za-z][\w.]*\.[\w]+(\/[\w-]+)+\/[\w$-]+(\[\*\])?(\.[\w$-]+(\[\*\])?)*$/.test(field)

/** The path below a resource's type that an alias means, or undefined where it is an alias of another type. */
export function aliasPath(type: string, field: string): readonly string[] | undefined {
  const folded = type.toLowerCase()
  const alias = field.toLowerCase()
  if (!alias.startsWith(`${folded}/`)) return undefined
  const rest = field.slice(type.length + 1)
  return rest.includes('/') ? undefined : rest.split(/\.|(?=\[\*\])/)
}

/** The path in the body: aliases leave `properties` out, once or (of a compute's own) twice. */
export function bodyPath(body: JsonObject, path: readonly string[]): readonly string[] {
  const first = path[0] ?? ''
  if (ENVELOPE.includes(first.toLowerCase()) && member(body, first) !== undefined) return path
  const properties = objectAt(body.properties)
  const inner = objectAt(properties.properties)
  if (member(properties, first) === undefined && member(inner, first) !== undefined) {
    return ['properties', 'properties', ...path]
  }
  return ['properties', ...path]
}

/** What a field has: one value, or with `[*]` each of a list's. */
export type Found = { readonly one: Json | undefined } | { readonly each: readonly (Json | undefined)[] }

export function fieldOf(subject: Subject, field: string): Found {
  const { id, type, body } = subject
  const tag = tagOf(field)
  if (tag !== undefined) return { one: member(objectAt(body.tags), tag) }
  switch (field.toLowerCase()) {
    case 'name':
      return { one: id.name }
    case 'fullname':
      return { one: fullName(id) }
    case 'type':
      return { one: type }
    case 'id':
      return { one: id.text }
    case 'kind':
      return { one: body.kind }
    case 'location':
      return { one: textAt(body.location)?.toLowerCase() }
    case 'tags':
      return { one: body.tags }
    case 'identity.type':
      return { one: member(objectAt(body.identity), 'type') }
  }
  const path = aliasPath(type, field)
  if (!path) return { one: undefined }
  return valuesAlong(body, bodyPath(body, path))
}

/** The values at a path whose `[*]` steps are every item of a list. */
export function valuesAlong(from: Json | undefined, path: readonly string[]): Found {
  const [first, ...rest] = path
  if (first === undefined) return { one: from }
  if (first === '[*]') {
    const items: readonly Json[] = Array.isArray(from) ? from : []
    const each = items.flatMap((item) => {
      const found = valuesAlong(item, rest)
      return 'each' in found ? found.each : [found.one]
    })
    return { each }
  }
  return valuesAlong(isObject(from) ? member(from, first) : undefined, rest)
}

function fullName(id: ResourceId): string {
  const names = [id.name]
  for (let up = id.parent; up && id.type.toLowerCase().startsWith(`${up.type.toLowerCase()}/`); up = up.parent) {
    names.unshift(up.name)
  }
  return names.join('/')
}
