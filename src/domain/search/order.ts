import { fault } from '../../faults.ts'
import { type Entity, identifier } from './filter.ts'
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
export function parseOrder(clauses: readonly string[]): readonly OrderBy[] {
  return clauses.map((clause) => {
    const refuse = (reason: string) => fault('FilterInvalid', { filter: clause, reason })
    const [name, direction, extra] = tokensOf(clause)
    const word = direction?.text.toUpperCase() ?? 'ASC'
    if (extra || (word !== 'ASC' && word !== 'DESC')) throw refuse('an order is a name and ASC or DESC')
    return { ...identifier(name, refuse), descending: word === 'DESC' }
  })
}

export type Read<Item> = (item: Item, entity: Entity, key: string) => string | number | undefined

/** The items in that order; those without the value, or with NaN, come last whatever the direction. */
export function sorted<Item>(items: readonly Item[], order: readonly OrderBy[], read: Read<Item>): readonly Item[] {
  return items.toSorted((a, b) => {
    for (const { entity, key, descending } of order) {
      const by = compared(read(a, entity, key), read(b, entity, key), descending)
      if (by !== 0) return by
    }
    return 0
  })
}

function compared(a: string | number | undefined, b: string | number | undefined, descending: boolean): number {
  const missing = Number(absent(a)) - Number(absent(b))
  if (missing !== 0 || a === undefined || b === undefined || absent(a)) return missing
  const order = a === b ? 0 : a < b ? -1 : 1
  return descending ? -order : order
}

const absent = (value: string | number | undefined): boolean => value === undefined || Number.isNaN(value)
