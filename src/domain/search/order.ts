import { fault } from '../../faults.ts'
import type { Fields } from './fields.ts'
import { type Entity, fieldOf } from './filter.ts'
import { tokensOf } from './tokens.ts'

export interface OrderBy {
  readonly entity: Entity
  readonly key: string
  readonly descending: boolean
}

/**
 * Parses `metrics.acc DESC`, one clause an item.
 *
 * @throws FilterInvalid
 */
export function parseOrder(clauses: readonly string[], fields: Fields): readonly OrderBy[] {
  return clauses.map((clause) => {
    const refuse = (reason: string) => fault('FilterInvalid', { filter: clause, reason })
    const [name, direction, extra] = tokensOf(clause)
    const word = direction?.text.toUpperCase() ?? 'ASC'
    if (extra || (word !== 'ASC' && word !== 'DESC')) throw refuse('an order is a name and ASC or DESC')
    const { entity, key } = fieldOf(name, fields, refuse)
    return { entity, key, descending: word === 'DESC' }
  })
}

/** What an item is ordered by; absent for one that has no such thing. */
export type SortValue = string | number | undefined
export type ReadSort<Item> = (item: Item, entity: Entity, key: string) => SortValue

/** The items in that order; those without the value, or with NaN, come last whatever the direction. */
export function sorted<Item>(items: readonly Item[], order: readonly OrderBy[], read: ReadSort<Item>): readonly Item[] {
  return items.toSorted((a, b) => {
    for (const { entity, key, descending } of order) {
      const by = compared(read(a, entity, key), read(b, entity, key), descending)
      if (by !== 0) return by
    }
    return 0
  })
}

/** Negative where `a` comes before `b`. */
export function compared(a: SortValue, b: SortValue, descending: boolean): number {
  const missing = Number(absent(a)) - Number(absent(b))
  if (missing !== 0 || a === undefined || b === undefined || absent(a)) return missing
  const order = a === b ? 0 : a < b ? -1 : 1
  return descending ? -order : order
}

const absent = (value: SortValue): boolean => value === undefined || Number.isNaN(value)
