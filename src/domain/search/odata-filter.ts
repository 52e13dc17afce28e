import { fault } from '../../faults.ts'
import type { Comparator, Comparison, Entity } from './filter.ts'

const comparators: ReadonlyMap<string, Comparator> = new Map<string, Comparator>([
  ['eq', '='],
  ['ne', '!='],
  ['gt', '>'],
  ['ge', '>='],
  ['lt', '<'],
  ['le', '<='],
])
const entities: ReadonlyMap<string, Entity> = new Map<string, Entity>([
  ['tags', 'tags'],
  ['parameters', 'params'],
  ['metrics', 'metrics'],
])
const clause =
  /^(?<name>[\w/.-]+)\s+(?<operator>eq|ne|gt|ge|lt|le)\s+(?<value>'(?:[^']|'')*'|"[^"]*"|[\w.:+-]+)\s*(?=and\b|or\b|\)|$)/i

/**
 * Parses run history's `$filter`: `Status eq 'Completed' and (tags/owner eq 'ada' or tags/owner eq 'eve')`, where `null`
 * is what is not there.
 *
 * @throws FilterInvalid for what goes beyond comparisons joined by `and`, and `or` between values of one field
 */
export function parseODataFilter(text: string): readonly Comparison[] {
  return text.trim() === '' ? [] : group(text.trim(), text)
}

/** Terms with one word between them; a term is a comparison, or a group in parentheses. */
function group(part: string, text: string): readonly Comparison[] {
  const refuse = (reason: string) => fault('FilterInvalid', { filter: text, reason })
  const terms: (readonly Comparison[])[] = []
  const words = new Set<string>()
  let rest = part
  for (;;) {
    const [term, behind] = rest.startsWith('(') ? inParentheses(rest, text) : comparisonAt(rest, text)
    terms.push(term)
    if (behind === '') break
    const [, word, next = ''] = /^(and|or)\b\s*(.*)$/is.exec(behind) ?? []
    if (word === undefined) throw refuse(`'${behind.slice(0, 30)}' is no comparison`)
    if (next === '') throw refuse(`it ends with ${word.toLowerCase()}`)
    words.add(word.toLowerCase())
    rest = next
  }
  if (words.size > 1) throw refuse("'and' and 'or' stand side by side: put what belongs together in parentheses")
  return words.has('or') ? [oneOf(terms, text)] : terms.flat()
}

function inParentheses(text: string, whole: string): readonly [readonly Comparison[], string] {
  let depth = 0
  // Texts are stepped over as they are: they may hold parentheses.
  for (const { 0: found, index } of text.matchAll(/'(?:[^']|'')*'|"[^"]*"|[()]/g)) {
    if (found === '(') depth++
    if (found === ')' && --depth === 0) return [group(text.slice(1, index).trim(), whole), text.slice(index + 1).trim()]
  }
  throw fault('FilterInvalid', { filter: whole, reason: 'a parenthesis is not closed' })
}

function comparisonAt(text: string, whole: string): readonly [readonly Comparison[], string] {
  const found = clause.exec(text)
  const groups = found?.groups
  const comparator = comparators.get(groups?.operator?.toLowerCase() ?? '')
  if (!found || !groups?.name || groups.value === undefined || !comparator) {
    throw fault('FilterInvalid', { filter: whole, reason: `'${text.slice(0, 30)}' is no comparison` })
  }
  const field = named(whole, groups.name)
  const rest = text.slice(found[0].length)
  if (groups.value.toLowerCase() !== 'null') return [[{ ...field, comparator, value: literalOf(groups.value) }], rest]
  const isNull = { '=': 'IS NULL', '!=': 'IS NOT NULL' } as const
  if (comparator !== '=' && comparator !== '!=') {
    throw fault('FilterInvalid', { filter: whole, reason: 'null is compared by eq and ne alone' })
  }
  return [[{ ...field, comparator: isNull[comparator], value: '' }], rest]
}

/** Values of one field, of which any will do. */
function oneOf(terms: readonly (readonly Comparison[])[], text: string): Comparison {
  const all = terms.flat()
  const [first] = all
  const same = all.every(
    ({ entity, key, comparator, value }) =>
      entity === first?.entity &&
      key === first.key &&
      (comparator === '=' || (comparator === 'IN' && Array.isArray(value))),
  )
  if (!first || !same || terms.some((term) => term.length !== 1)) {
    throw fault('FilterInvalid', { filter: text, reason: "'or' stands between values of one field, each by eq" })
  }
  const { entity, key } = first
  return {
    entity,
    key,
    comparator: 'IN',
    value: all.flatMap(({ value }) => (Array.isArray(value) ? value : [String(value)])),
  }
}

/** Parses `createdUtc desc`; clauses are separated by commas. */
export function odataOrder(text: string): readonly { entity: Entity; key: string; descending: boolean }[] {
  return text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [name = '', direction = 'asc', ...more] = part.trim().split(/\s+/)
      if (more.length > 0 || !/^(asc|desc)$/i.test(direction)) {
        throw fault('FilterInvalid', { filter: text, reason: 'an order is a name and asc or desc' })
      }
      return { ...named(text, name), descending: direction.toLowerCase() === 'desc' }
    })
}

function named(text: string, name: string): { entity: Entity; key: string } {
  const slash = name.indexOf('/')
  // Azure's states, not MLflow's.
  if (slash < 0) return { entity: 'attributes', key: name.toLowerCase() === 'status' ? 'azure_status' : name }
  const entity = entities.get(name.slice(0, slash).toLowerCase())
  if (!entity) throw fault('FilterInvalid', { filter: text, reason: `'${name}' can't be filtered by` })
  return { entity, key: name.slice(slash + 1) }
}

function literalOf(text: string): string | number {
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'")
  if (text.startsWith('"')) return text.slice(1, -1)
  return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}
