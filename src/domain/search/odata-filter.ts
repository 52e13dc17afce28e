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
  /^\s*(?<name>[\w/.-]+)\s+(?<operator>eq|ne|gt|ge|lt|le)\s+(?<value>'(?:[^']|'')*'|"[^"]*"|[\w.:+-]+)\s*(?<and>and\b|$)/i

/**
 * Parses run history's `$filter`: `Status eq 'Completed' and tags/owner eq 'ada'`.
 *
 * @throws FilterInvalid for what goes beyond comparisons joined by `and`
 */
export function parseODataFilter(text: string): readonly Comparison[] {
  const found: Comparison[] = []
  let rest = text.trim().replace(/^\((.*)\)$/s, '$1')
  while (rest.trim() !== '') {
    const groups = clause.exec(rest)?.groups
    const comparator = comparators.get(groups?.operator?.toLowerCase() ?? '')
    if (!groups?.name || groups.value === undefined || !comparator) {
      throw fault('FilterInvalid', { filter: text, reason: `'${rest.trim().slice(0, 30)}' is no comparison` })
    }
    found.push({ ...named(text, groups.name), comparator, value: literalOf(groups.value) })
    rest = rest.slice(clause.exec(rest)?.[0].length)
    if (groups.and && rest.trim() === '') throw fault('FilterInvalid', { filter: text, reason: 'it ends with and' })
  }
  return found
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
