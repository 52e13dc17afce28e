import { fault } from '../../faults.ts'
import { objectAt, textAt } from '../../json.ts'
import { parseResourceId } from '../../resource-id.ts'
import type { StoredResource } from '../../store/resources.ts'

type Test = (resource: StoredResource) => boolean

const CLAUSE = /^\s*([\w/]+)\s+(eq|ne)\s+'((?:[^']|'')*)'\s*/i
const SUBSTRING = /^\s*substringof\('((?:[^']|'')*)',\s*(\w+)\)\s*/i
const BEGINNING = /^\s*startswith\((\w+),\s*'((?:[^']|'')*)'\)\s*/i

const unquote = (text: string): string => text.replaceAll("''", "'")
const same = (a: string | undefined, b: string): boolean => a?.toLowerCase() === b.toLowerCase()

/** What a clause can ask of: a text of the resource. */
const reads: Readonly<Record<string, (resource: StoredResource) => string | undefined>> = {
  resourcetype: ({ type }) => type,
  name: ({ name }) => name,
  resourcegroup: ({ id }) => parseResourceId(id)?.resourceGroup,
  location: ({ body }) => textAt(body.location),
  kind: ({ body }) => textAt(body.kind),
  'identity/type': ({ body }) => textAt(objectAt(body.identity).type),
  'sku/name': ({ body }) => textAt(objectAt(body.sku).name),
}

interface Clause {
  readonly test: Test
  /** Of a tag clause: what is asked of a tag's name, or of its value. */
  readonly tag?: (name: string, value: unknown) => boolean
}

/**
 * Azure's filters of the listing of resources: clauses joined by `and`, or all by `or`. A tag's name and its value, asked
 * together, are of one tag.
 *
 * @throws InvalidFilter
 */
export function filterOf(filter: string): Test {
  const clauses: Clause[] = []
  const joints = new Set<string>()
  let rest = filter.trim()
  while (rest !== '') {
    const found = clauseOf(rest)
    if (!found) throw fault('InvalidFilter', { filter })
    clauses.push(found.clause)
    rest = rest.slice(found.length)
    const joint = /^(and|or)\s+/i.exec(rest)
    if (joint) {
      joints.add((joint[1] ?? '').toLowerCase())
      rest = rest.slice(joint[0].length)
      if (rest === '') throw fault('InvalidFilter', { filter })
    } else if (rest !== '') throw fault('InvalidFilter', { filter })
  }
  if (joints.size > 1) throw fault('InvalidFilter', { filter })
  if (joints.has('or')) return (resource) => clauses.some(({ test }) => test(resource))
  const ofTags = clauses.flatMap(({ tag }) => tag ?? [])
  const others = clauses.filter(({ tag }) => !tag)
  return (resource) =>
    others.every(({ test }) => test(resource)) &&
    (ofTags.length === 0 || tagsOf(resource).some(([name, value]) => ofTags.every((tag) => tag(name, value))))
}

const tagsOf = ({ body }: StoredResource): readonly (readonly [string, unknown])[] =>
  Object.entries(objectAt(body.tags))

function clauseOf(text: string): { readonly clause: Clause; readonly length: number } | undefined {
  const clause = CLAUSE.exec(text)
  if (clause) return made(clause[0], equality(clause[1] ?? '', clause[2] ?? '', unquote(clause[3] ?? '')))
  const substring = SUBSTRING.exec(text)
  const of = substring && reads[(substring[2] ?? '').toLowerCase()]
  if (substring && of) {
    const part = unquote(substring[1] ?? '').toLowerCase()
    return made(substring[0], { test: (one) => of(one)?.toLowerCase().includes(part) ?? false })
  }
  const beginning = BEGINNING.exec(text)
  if (!beginning || !same(beginning[1], 'tagname')) return undefined
  const start = unquote(beginning[2] ?? '').toLowerCase()
  return made(
    beginning[0],
    ofTag((name) => name.toLowerCase().startsWith(start)),
  )
}

const made = (text: string, clause: Clause | undefined) => clause && { clause, length: text.length }

function equality(property: string, operator: string, value: string): Clause | undefined {
  const isEqual = operator.toLowerCase() === 'eq'
  switch (property.toLowerCase()) {
    case 'tagname':
      return isEqual ? ofTag((name) => same(name, value)) : undefined
    case 'tagvalue':
      return isEqual ? ofTag((_name, own) => own === value) : undefined
  }
  const of = reads[property.toLowerCase()]
  const says = same(property, 'location') ? value.replaceAll(' ', '') : value
  return of && { test: (resource) => same(of(resource), says) === isEqual }
}

const ofTag = (tag: (name: string, value: unknown) => boolean): Clause => ({
  tag,
  test: (resource) => tagsOf(resource).some(([name, value]) => tag(name, value)),
})
