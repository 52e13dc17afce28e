import { objectAt } from '../../json.ts'
import type { ListResources, StoredResource } from '../../store/resources.ts'

/** How assets are listed by the query that they came with: archived or not, by tags, by time. */
export function listAssets(query: URLSearchParams): ListResources & { keep: (resource: StoredResource) => boolean } {
  const view = query.get('listViewType') ?? 'ActiveOnly'
  const tags = tagPairs(query.get('$tags') ?? query.get('tags') ?? '')
  const order = (query.get('$orderBy') ?? query.get('$orderby') ?? 'createdtime desc').toLowerCase()
  return {
    newestFirst: !order.endsWith(' asc'),
    keep({ body }) {
      const properties = objectAt(body.properties)
      const archived = properties.isArchived === true
      // A client that sends an unknown word (`ListViewType.ACTIVE_ONLY`) means what it would get without one.
      if (view === 'ArchivedOnly' ? !archived : view !== 'All' && archived) return false
      const own = objectAt(properties.tags)
      return tags.every(([key, value]) => key in own && (value === undefined || own[key] === value))
    },
  }
}

/** `a=1,b` as pairs. */
const tagPairs = (text: string): readonly (readonly [string, string | undefined])[] =>
  text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const at = part.indexOf('=')
      return at < 0 ? [part.trim(), undefined] : [part.slice(0, at).trim(), part.slice(at + 1).trim()]
    })
