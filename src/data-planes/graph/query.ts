import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'
import { filterOf } from './filter.ts'

const PAGE = 100
const MOST = 999
const KNOWN = new Set(['$filter', '$select', '$top', '$count', '$orderby', '$skiptoken', '$format'])

/** What a list is asked with. */
export interface GraphQuery {
  readonly keep: (object: JsonObject) => boolean
  readonly select: readonly string[] | undefined
  readonly top: number
  readonly counts: boolean
  readonly order: ((one: JsonObject, other: JsonObject) => number) | undefined
  /** How many objects of the list earlier pages have answered. */
  readonly from: number
}

/**
 * Reads a list's query; `properties` are those, folded, that its objects have, and `selectable` those that may be named.
 *
 * @throws GraphBadRequest, GraphUnsupportedQuery for `$search`, `$expand` and `$skip`, which nothing here evaluates
 */
export function graphQuery(
  query: URLSearchParams,
  properties: ReadonlySet<string>,
  selectable: ReadonlySet<string> = properties,
): GraphQuery {
  for (const name of query.keys()) {
    if (name.startsWith('$') && !KNOWN.has(name.toLowerCase())) {
      throw fault('GraphUnsupportedQuery', { reason: `The query option '${name}' is not evaluated here; use $filter` })
    }
  }
  const top = query.get('$top') ?? String(PAGE)
  if (!/^\d{1,4}$/.test(top) || Number(top) < 1 || Number(top) > MOST) {
    throw fault('GraphBadRequest', {
      reason: `Invalid page size specified: '${top}'. Must be between 1 and ${MOST} inclusive`,
    })
  }
  return {
    keep: filterOf(query.get('$filter') ?? '', properties),
    select: selectOf(query, selectable),
    top: Number(top),
    counts: query.get('$count')?.toLowerCase() === 'true',
    order: orderOf(query.get('$orderby') ?? ''),
    from: fromOf(query.get('$skiptoken')),
  }
}

/**
 * The properties that a query selects; undefined where it selects none.
 *
 * @throws GraphBadRequest for one that there is not: `known` are those that there are, folded
 */
export function selectOf(query: URLSearchParams, known: ReadonlySet<string>): readonly string[] | undefined {
  const names = (query.get('$select') ?? '').split(',').map((name) => name.trim())
  const named = names.filter((name) => name !== '')
  const odd = named.find((name) => name !== '*' && !known.has(name.toLowerCase().replace(/\/.*$/, '')))
  if (odd !== undefined) {
    const reason = `Parsing OData Select and Expand failed: Could not find a property named '${odd.slice(0, 100)}'`
    throw fault('GraphBadRequest', { reason })
  }
  return named.length === 0 || named.includes('*') ? undefined : named
}

/** One page of objects that are already in order; `next` is the address of the one after it. */
export function pageOf(
  found: readonly JsonObject[],
  asked: GraphQuery,
  { address, query }: { readonly address: string; readonly query: URLSearchParams },
): { readonly page: readonly JsonObject[]; readonly count: number; readonly next?: string } {
  const kept = found.filter(asked.keep)
  const ordered = asked.order ? kept.toSorted(asked.order) : kept
  const page = ordered.slice(asked.from, asked.from + asked.top)
  const end = asked.from + page.length
  if (end >= ordered.length) return { page, count: kept.length }
  const following = new URLSearchParams(query)
  following.set('$skiptoken', Buffer.from(`from:${end}`).toString('base64url'))
  return { page, count: kept.length, next: `${address}?${following}` }
}

function fromOf(token: string | null): number {
  if (token === null) return 0
  const [, from] = /^from:(\d{1,9})$/.exec(Buffer.from(token, 'base64url').toString('utf8')) ?? []
  if (from === undefined) throw fault('GraphBadRequest', { reason: 'The specified skip token is invalid' })
  return Number(from)
}

function orderOf(text: string): GraphQuery['order'] {
  if (text.trim() === '') return undefined
  const [, name = '', direction = 'asc'] = /^\s*([A-Za-z]\w*)(?:\s+(asc|desc))?\s*$/i.exec(text) ?? []
  if (name === '') throw fault('GraphBadRequest', { reason: `Invalid $orderby: '${text.slice(0, 100)}'` })
  const sign = direction.toLowerCase() === 'desc' ? -1 : 1
  const read = (object: JsonObject) => String(object[name] ?? '').toLowerCase()
  return (one, other) => sign * (read(one) < read(other) ? -1 : read(one) > read(other) ? 1 : 0)
}
