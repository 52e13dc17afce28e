import type { ScopeOperation } from '../../arm/define-resource.ts'
import { findActivities } from '../../domain/activities/find-activities.ts'
import { fault } from '../../faults.ts'
import type { JsonObject } from '../../json.ts'

const CATEGORIES = [
  ['Administrative', 'Administrative'],
  ['Security', 'Security'],
  ['ServiceHealth', 'Service Health'],
  ['Alert', 'Alert'],
  ['Recommendation', 'Recommendation'],
  ['Policy', 'Policy'],
] as const

/** The activity log of a subscription. Only events of the category Administrative ever come to be here. */
export const activityLog: readonly ScopeOperation[] = [
  {
    method: 'GET',
    path: 'eventtypes/management/values',
    scope: 'subscription',
    right: 'eventtypes/values/read',
    async answer({ store, now }, { scope, context }) {
      const { query, origin } = context
      const after = query.get('$skipToken') ?? query.get('$skiptoken') ?? undefined
      if (after !== undefined && !/^\d{1,15}$/.test(after)) {
        throw fault('InvalidPaging', { name: '$skipToken', value: after })
      }
      const { value, next } = await findActivities(store, {
        subscriptionId: scope.name,
        filter: query.get('$filter') ?? '',
        select: query.get('$select') ?? '',
        now: now(),
        ...(after !== undefined && { after }),
      })
      const page = new URLSearchParams(query)
      page.delete('$skiptoken')
      page.set('$skipToken', next ?? '')
      const path = `${scope.text}/providers/Microsoft.Insights/eventtypes/management/values`
      const body: JsonObject = {
        value,
        ...(next !== undefined && { nextLink: `${origin.arm()}${path}?${page.toString().replaceAll('%24', '$')}` }),
      }
      return { body }
    },
  },
  {
    method: 'GET',
    path: 'eventcategories',
    scope: 'tenant',
    async answer() {
      return { body: { value: CATEGORIES.map(([value, localizedValue]) => ({ value, localizedValue })) } }
    },
  },
]
