import type { Comparator, Comparison, Entity } from './filter.ts'
import { isLike } from './like.ts'

/** What a thing has at a field; several where one of them is enough to satisfy a comparison. */
export type FieldValue = string | number | readonly (string | number)[] | undefined

export type Read = (entity: Entity, key: string) => FieldValue

/** Whether what `read` answers for each comparison's key satisfies it. What is missing satisfies only `IS NULL`. */
export function matches(comparisons: readonly Comparison[], read: Read): boolean {
  return comparisons.every((comparison) => {
    const actual = read(comparison.entity, comparison.key)
    if (Array.isArray(actual)) return satisfied(actual, comparison)
    return satisfied(actual === undefined ? [] : [actual as string | number], comparison)
  })
}

function satisfied(actual: readonly (string | number)[], comparison: Comparison): boolean {
  if (comparison.comparator === 'IS NULL') return actual.length === 0
  return actual.some((one) => holds(one, comparison))
}

function holds(actual: string | number, { comparator, value }: Comparison): boolean {
  switch (comparator) {
    case 'IS NULL':
      return false
    case 'IS NOT NULL':
      return true
    case 'IN':
      return Array.isArray(value) && value.includes(String(actual))
    case 'NOT IN':
      return Array.isArray(value) && !value.includes(String(actual))
    case 'LIKE':
      return isLike(String(actual), String(value))
    case 'ILIKE':
      return isLike(String(actual).toLowerCase(), String(value).toLowerCase())
    default:
      return compare(comparator, ordered(actual, value))
  }
}

/** Negative, zero, positive; NaN where the two can't be ordered, which satisfies only `!=`. */
function ordered(actual: string | number, value: Comparison['value']): number {
  if (typeof actual === 'number' || typeof value === 'number') {
    const [a, b] = [Number(actual), Number(value)]
    return a === b ? 0 : a < b ? -1 : a > b ? 1 : Number.NaN
  }
  const text = String(value)
  return actual === text ? 0 : actual < text ? -1 : 1
}

function compare(comparator: Comparator, order: number): boolean {
  if (comparator === '=') return order === 0
  if (comparator === '!=') return order !== 0
  if (comparator === '>') return order > 0
  if (comparator === '>=') return order >= 0
  return comparator === '<' ? order < 0 : order <= 0
}
