import { foldId, parseResourceId } from '../../resource-id.ts'
import type { Activities, ActivityQuery, StoredActivity } from '../activities.ts'
import type { Session } from './session.ts'
import type { ActivityRow } from './tables.ts'

/** The activity log over any SQL database. */
export function sqlActivities({ db, run }: Session): Activities {
  const columns = [
    'id',
    'at',
    'subscription',
    'resource_group',
    'resource_key',
    'correlation_id',
    'caller',
    'status',
    'body',
  ]
  const blank = Object.fromEntries(columns.map((column) => [column, ''])) as unknown as Omit<ActivityRow, 'seq'>
  const insert = db.insertInto('activities').values(blank).compile()

  return {
    async add(activity) {
      const id = parseResourceId(activity.resourceId)
      await run(insert, [
        activity.id,
        activity.at,
        id?.subscriptionId?.toLowerCase() ?? '',
        id?.resourceGroup?.toLowerCase() ?? '',
        foldId(activity.resourceId),
        activity.correlationId.toLowerCase(),
        activity.caller.toLowerCase(),
        activity.status.toLowerCase(),
        JSON.stringify(activity),
      ])
    },
    async find(query) {
      const rows = await matching(query)
        .limit(query.limit + 1)
        .execute()
      const items = rows.slice(0, query.limit)
      const last = items.at(-1)
      return { items: items.map(present), ...(rows.length > items.length && last && { next: String(last.seq) }) }
    },
    async since(place, limit) {
      const rows = await db
        .selectFrom('activities')
        .select(['seq', 'body'])
        .where('seq', '>', place)
        .orderBy('seq')
        .limit(limit)
        .execute()
      return rows.map((row) => ({ place: row.seq, activity: present(row) }))
    },
    async last() {
      const row = await db.selectFrom('activities').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst()
      return row?.seq ?? 0
    },
    async forgetBefore(time) {
      await db.deleteFrom('activities').where('at', '<', time).execute()
    },
  }

  function matching(query: ActivityQuery) {
    let found = db
      .selectFrom('activities')
      .select(['seq', 'body'])
      .where('subscription', '=', query.subscriptionId.toLowerCase())
      .where('at', '>=', query.from)
      .where('at', '<=', query.to)
      .orderBy('seq', 'desc')
    if (query.resourceGroup !== undefined) found = found.where('resource_group', '=', query.resourceGroup.toLowerCase())
    if (query.correlationId !== undefined) found = found.where('correlation_id', '=', query.correlationId.toLowerCase())
    if (query.caller !== undefined) found = found.where('caller', '=', query.caller.toLowerCase())
    if (query.status !== undefined) found = found.where('status', '=', query.status.toLowerCase())
    if (query.after !== undefined) found = found.where('seq', '<', Number(query.after))
    const { resourceId } = query
    if (resourceId === undefined) return found
    const key = foldId(resourceId)
    // Itself, or keys between `key/` and `key0`, '0' being the character after '/'.
    return found.where((or) =>
      or.or([
        or('resource_key', '=', key),
        or.and([or('resource_key', '>', `${key}/`), or('resource_key', '<', `${key}0`)]),
      ]),
    )
  }
}

const present = (row: { readonly body: string }): StoredActivity => JSON.parse(row.body) as StoredActivity
