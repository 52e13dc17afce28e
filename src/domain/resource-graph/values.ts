import { Moment, Span, type Type, type Value } from './syntax.ts'

/** How values of the query language compare, and what they are as text. */

export const isNull = (value: Value | undefined): value is null | undefined => value === null || value === undefined

export function typeOf(value: Value): Type {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isInteger(value) ? 'long' : 'real'
  if (value instanceof Moment) return 'datetime'
  return value instanceof Span ? 'timespan' : 'dynamic'
}

/** As `tostring` writes it; null is the empty text. */
export function textOf(value: Value | undefined): string {
  if (isNull(value)) return ''
  if (typeof value === 'string') return value
  if (value instanceof Moment || value instanceof Span) return value.toJSON()
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

export function numberOf(value: Value | undefined): number | null {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return Number(value)
  if (typeof value !== 'string' || value.trim() === '') return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}

export function momentOf(value: Value | undefined): Moment | null {
  if (value instanceof Moment) return value
  if (typeof value !== 'string' || value.length > 60) return null
  const ms = Date.parse(
    /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(value) ? `${value.replace(' ', 'T')}Z` : value,
  )
  return Number.isNaN(ms) ? null : new Moment(ms)
}

/** Values of one kind in order; those of different kinds by kind, so that any list can be sorted. */
export function compare(a: Value | undefined, b: Value | undefined): number {
  const [one, other] = [comparable(a), comparable(b)]
  if (typeof one === 'number' && typeof other === 'number') return one - other
  if (typeof one === 'string' && typeof other === 'string') return one < other ? -1 : Number(one > other)
  return typeof one === 'number' ? -1 : 1
}

function comparable(value: Value | undefined): number | string {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return Number(value)
  if (value instanceof Moment || value instanceof Span) return value.ms
  return textOf(value)
}

/** Whether two are the same; null is never the same as null, as in the language. */
export function same(a: Value | undefined, b: Value | undefined): boolean {
  if (isNull(a) || isNull(b)) return false
  if (typeof a === typeof b && typeof a !== 'object') return a === b
  if (a instanceof Moment && typeof b === 'string') return momentOf(b)?.ms === a.ms
  if (b instanceof Moment && typeof a === 'string') return momentOf(a)?.ms === b.ms
  return typeof a === typeof b && compare(a, b) === 0
}

/** A key for groups and for `distinct`: the same for the same values, nulls included. */
export const keyOf = (values: readonly (Value | undefined)[]): string =>
  JSON.stringify(values.map((value) => (isNull(value) ? null : [typeOf(value), value])))
