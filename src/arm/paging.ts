import { fault } from '../faults.ts'

const SKIP_NAMES = ['$skipToken', '$skiptoken', '$skip'] as const
/** Tells a token of ours from anything else before it reaches a query. */
const MARK = 'lz.'

/**
 * How many items a page holds by `$top`, or undefined where the client leaves it to the server.
 *
 * @throws InvalidPaging where it is not a whole number from 1
 */
export function topOf(query: URLSearchParams): number | undefined {
  const top = query.get('$top')
  if (top === null || top === '') return undefined
  if (!/^[1-9]\d{0,8}$/.test(top)) throw fault('InvalidPaging', { name: '$top', value: top })
  return Number(top)
}

/**
 * The key after which a page begins, out of the token that an earlier page's `nextLink` carried.
 *
 * @throws InvalidPaging where the token is none of ours
 */
export function afterOf(query: URLSearchParams): string | undefined {
  const token = SKIP_NAMES.map((name) => query.get(name)).find((value) => value !== null)
  if (token === undefined || token === null || token === '') return undefined
  const clear = Buffer.from(token, 'base64url').toString()
  if (!clear.startsWith(MARK)) throw fault('InvalidPaging', { name: '$skipToken', value: token })
  return clear.slice(MARK.length)
}

/** The address of the next page. */
export function nextLink(address: string, query: URLSearchParams, next: string): string {
  const params = new URLSearchParams(query)
  for (const name of SKIP_NAMES) params.delete(name)
  params.set('$skipToken', Buffer.from(MARK + next).toString('base64url'))
  return `${address}?${params.toString().replaceAll('%24', '$')}`
}
