import { pageToken } from '../domain/search/page-token.ts'
import type { Origin } from '../gateway/surface.ts'
import type { Json, JsonObject } from '../json.ts'
import type { Page } from '../store/store.ts'

interface Asked {
  readonly origin: Origin
  readonly workspace: { readonly region: string }
  readonly url: string
}

/** A page of a listing that is asked for by POST: the rest is asked for with its token, in another POST. */
export const presentPosted = <Item>(page: Page<Item>, present: (item: Item) => Json): JsonObject => ({
  value: page.items.map(present),
  ...(page.next !== undefined && { continuationToken: pageToken(page.next) }),
})

/**
 * A page as the region's services answer it: a token for a client that asks again, and the URL for one that follows it.
 * `parameter` is the query parameter that takes the token.
 */
export function presentPage<Item>(
  page: Page<Item>,
  present: (item: Item) => Json,
  { asked, parameter }: { readonly asked: Asked; readonly parameter: string },
): JsonObject {
  const value = page.items.map(present)
  if (page.next === undefined) return { value }
  const continuationToken = pageToken(page.next)
  const url = new URL(asked.url, asked.origin.regional(asked.workspace.region))
  url.searchParams.set(parameter, continuationToken)
  return { value, continuationToken, nextLink: url.href }
}
