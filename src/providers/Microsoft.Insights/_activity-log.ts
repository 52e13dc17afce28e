import type { ScopeOperation } from '../../arm/define-resource.ts'
import { findActivities } from '../../domain/activities/find-activities.ts'
import { fault } from '../../faults.ts'

/** A page has as many as the log gives; `$top` is none of Azure's here. */
const MOST = 200

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
    async answer({ store, now }, { scope, context: { query }, page }) {
      const { after, answer } = page(MOST)
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
      return { body: answer(value, next) }
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
