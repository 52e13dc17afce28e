import { fault } from '../../faults.ts'
import type { Page } from '../../store/store.ts'
import type { Comparison } from './filter.ts'
import { matches, type Read } from './matches.ts'
import { compared, type OrderBy, type ReadSort, type SortValue, sorted } from './order.ts'

export interface SearchItems<Item> {
  readonly filter: readonly Comparison[]
  /** Ends with what no two items have alike, so that every item has one place. */
  readonly order: readonly OrderBy[]
  readonly read: (item: Item) => Read
  readonly limit: number
  /** A `next` of an earlier page of the same search. */
  readonly after?: string | undefined
}

/**
 * The items that satisfy a filter, in order, a page at a time. A page goes on behind the place of the last item that was
 * seen, not at a number: what is added or removed meanwhile neither repeats an item nor leaves one out.
 *
 * @throws ParameterInvalid for an `after` of another search
 */
export function searchItems<Item>(items: Iterable<Item>, search: SearchItems<Item>): Page<Item> {
  const { filter, order, read, limit, after } = search
  const value: ReadSort<Item> = (item, entity, key) => {
    const found = read(item)(entity, key)
    return typeof found === 'object' ? found[0] : found
  }
  const placeOf = (item: Item) => order.map(({ entity, key }) => value(item, entity, key))
  const found = [...items].filter((item) => matches(filter, read(item)))
  const inOrder = sorted(found, order, value)
  const seen = after === undefined ? undefined : readPlace(after, order.length)
  const rest = seen === undefined ? inOrder : inOrder.filter((item) => comparePlaces(placeOf(item), seen, order) > 0)
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  return { items: page, ...(rest.length > page.length && last !== undefined && { next: writePlace(placeOf(last)) }) }
}

function comparePlaces(a: readonly SortValue[], b: readonly SortValue[], order: readonly OrderBy[]): number {
  for (const [at, { descending }] of order.entries()) {
    const by = compared(a[at], b[at], descending)
    if (by !== 0) return by
  }
  return 0
}

/** JSON knows neither what is missing nor what is infinite. */
const writePlace = (place: readonly SortValue[]): string =>
  JSON.stringify(
    place.map((value) => {
      if (value === undefined || Number.isNaN(value)) return null
      return Number.isFinite(value) || typeof value === 'string' ? value : [String(value)]
    }),
  )

function readPlace(text: string, length: number): readonly SortValue[] {
  const refuse = () => fault('ParameterInvalid', { reason: 'The page token belongs to another search.' })
  let place: unknown
  try {
    place = JSON.parse(text)
  } catch (cause) {
    throw cause instanceof SyntaxError ? refuse() : cause
  }
  if (!Array.isArray(place) || place.length !== length) throw refuse()
  return place.map((value: unknown) => {
    if (value === null) return undefined
    if (typeof value === 'number' || typeof value === 'string') return value
    if (Array.isArray(value)) return Number(value[0])
    throw refuse()
  })
}
