import type { ResourceId } from '../../resource-id.ts'

/** The categories of a subscription's activity log. Those beside Administrative have no events here, and archive none. */
const ACTIVITY_LOG = [
  'Administrative',
  'Security',
  'ServiceHealth',
  'Alert',
  'Recommendation',
  'Policy',
  'Autoscale',
  'ResourceHealth',
] as const

/** The log categories that a scope's diagnostic settings may name. Resources write no logs of their own here. */
export const categoriesOf = (scope: ResourceId): readonly string[] =>
  scope.type === 'Microsoft.Resources/subscriptions' ? ACTIVITY_LOG : []
